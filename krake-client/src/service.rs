//! Requests to a service in the same process.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyDataStream, Full};
use tower::{Service, ServiceExt};

use crate::{BoxError, ResponseBody, Transport};

/// Calls a tower service directly.
#[derive(Clone)]
pub(crate) struct InProcess<S>(pub(crate) S);

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait]
impl<S, B> Transport for InProcess<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn send(&self, request: Request<Bytes>) -> Result<Response<ResponseBody>, BoxError> {
        let service = self.0.clone();
        let response = service
            .oneshot(request.map(Full::new))
            .await
            .map_err(Into::into)?;
        Ok(response.map(|body| {
            BodyDataStream::new(body)
                .map(|chunk| chunk.map_err(Into::into))
                .boxed()
        }))
    }
}
