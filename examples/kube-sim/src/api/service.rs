//! The API as a tower service.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use tokio::time::sleep;
use tower::{BoxError, Service};

use super::answer::{answer, refusal};
use super::body::SimBody;
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::faults::Outage;

/// The largest request body, as in Kubernetes.
const BODY_LIMIT: usize = 3 << 20;

/// The API of a simulated cluster, callable in process; cheap to clone.
///
/// `kube::Client::new(sim.service(), "default")` makes a client of it. It fails only while an outage refuses connections.
/// Dropping a returned future is safe; a write that was under way may still happen, but never partly.
#[derive(Clone)]
pub struct SimService {
    cluster: Arc<Cluster>,
}

impl SimService {
    pub(crate) const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }
}

impl fmt::Debug for SimService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimService").finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for SimService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<SimBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<SimBody>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let cluster = Arc::clone(&self.cluster);
        Box::pin(async move {
            if let Some(failure) = meet_faults(&cluster).await? {
                return Ok(failure);
            }
            let (parts, body) = request.into_parts();
            let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
                return Ok(refusal(&ApiError::too_large(BODY_LIMIT)));
            };
            let request: Request<Bytes> = Request::from_parts(parts, body.to_bytes());
            Ok(answer(&cluster, request).await)
        })
    }
}

/// Lets the request through, delays it, or answers the failure it meets.
async fn meet_faults(cluster: &Cluster) -> io::Result<Option<Response<SimBody>>> {
    let mut outage = cluster.faults.outage();
    // The sender lives as long as the cluster, so the wait ends only with the outage.
    let Ok(outage) = outage
        .wait_for(|outage| *outage != Outage::Hang)
        .await
        .map(|outage| *outage)
    else {
        return Err(io::ErrorKind::ConnectionRefused.into());
    };
    match outage {
        Outage::Refuse => return Err(io::ErrorKind::ConnectionRefused.into()),
        Outage::Unavailable => {
            return Ok(Some(refusal(&ApiError::injected(StatusCode::SERVICE_UNAVAILABLE))));
        }
        Outage::None | Outage::Hang => {}
    }
    let latency = cluster.faults.latency();
    if !latency.is_zero() {
        sleep(latency).await;
    }
    let failure = cluster.faults.next_failure();
    Ok(failure.map(|code| refusal(&ApiError::injected(code))))
}
