//! Between the clients and the server: passes requests on, unless something is to go wrong.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyStream, Full, StreamBody};
use krake_client::BoxError;
use krake_core::{Problem, ProblemTitle, Revision};
use krake_server::Server;
use tower::{Service, ServiceExt};

use super::faults::Faults;
use super::watches::{Frames, Target, fated};
use crate::lock::lock;

/// The body of an answer.
pub(super) type GatewayBody = StreamBody<Frames>;

/// Passes requests on to the server that is running at the moment.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    server: Arc<Mutex<Option<Server>>>,
    faults: Faults,
}

impl Gateway {
    pub(super) fn new(faults: Faults) -> Self {
        Self { server: Arc::default(), faults }
    }

    /// Puts another server, or none, in place; answers the one before.
    pub(super) fn replace(&self, server: Option<Server>) -> Option<Server> {
        std::mem::replace(&mut *lock(&self.server), server)
    }

    /// The way to the same server on which nothing goes wrong.
    pub(super) fn without_faults(&self) -> Self {
        Self { server: Arc::clone(&self.server), faults: Faults::default() }
    }

    async fn pass(self, request: Request<Full<Bytes>>) -> Response<GatewayBody> {
        tokio::time::sleep(self.faults.current_delay()).await;
        let watch = Watch::of(&request);
        let refusal = match &watch {
            Some(watch) => self.faults.judge_watch(&watch.target, watch.after),
            None => self.faults.judge(request.method()),
        };
        if let Some(status) = refusal {
            return refused(status);
        }
        let Some(server) = lock(&self.server).clone() else { return refused(503) };
        let response = match server.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        response.map(|body| {
            let frames = BodyStream::new(body)
                .map(|frame| frame.map_err(BoxError::from))
                .boxed();
            StreamBody::new(match watch {
                Some(watch) => fated(frames, watch.target, self.faults),
                None => frames,
            })
        })
    }
}

/// What a request wants to watch.
struct Watch {
    target: Target,
    after: Option<Revision>,
}

impl Watch {
    fn of<B>(request: &Request<B>) -> Option<Self> {
        let query = request.uri().query()?;
        let mut pairs = query.split('&');
        let revision = pairs
            .clone()
            .find_map(|pair| pair.strip_prefix("resource_version="));
        let after = revision.and_then(|revision| revision.parse().ok());
        pairs
            .any(|pair| pair == "watch")
            .then(|| Self { target: Target::of(request.uri().path()), after })
    }
}

fn refused(status: u16) -> Response<GatewayBody> {
    let problem = match status {
        410 => Problem::titled(status, ProblemTitle::Gone, "Gone, says the test."),
        409 => Problem::titled(status, ProblemTitle::TransactionError, "Refused by the test."),
        _ => Problem::new(status, "Refused by the test."),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let frames = futures::stream::iter([Ok(Frame::data(body.into()))]).boxed();
    let mut response = Response::new(StreamBody::new(frames));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let kind = http::HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

impl Service<Request<Full<Bytes>>> for Gateway {
    type Response = Response<GatewayBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let gateway = self.clone();
        Box::pin(async move { Ok(gateway.pass(request).await) })
    }
}
