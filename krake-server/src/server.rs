//! The running server.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::{Request, Response};
use http_body::Body;
use krake_core::{Clock, Kind};
use prometheus_client::collector::Collector;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::authentication::User;
use crate::builder::BuildError;
use crate::http::{Api, ServerBody, Settings};
use crate::load::ServerLoad;
use crate::metrics::{Recorder, ServerMetrics, Sources};
use crate::registry::Writer;
use crate::security::Security;
use crate::store::{self, Store};
use crate::watch_cache::{Freshness, KindCache, Reflector};

/// A running API server.
///
/// It is a [`tower::Service`] over HTTP requests, so clients in the same process need no socket. A clone is another handle on
/// the same server; when the last one is dropped, its background task ends.
#[derive(Clone)]
pub struct Server {
    pub(crate) running: Arc<Running>,
}

/// What all handles share.
pub(crate) struct Running {
    pub(crate) api: Arc<Api>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    _stop_with_last_handle: DropGuard,
}

impl Server {
    pub(crate) async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        caches: Vec<Arc<KindCache>>,
        security: Security,
        settings: Settings,
        collectors: Vec<Box<dyn Collector>>,
    ) -> Result<Self, BuildError> {
        let load = Arc::new(ServerLoad::new(&settings.limits));
        let recorder = Arc::new(Recorder::new());
        let reflector = Reflector::new(Arc::clone(&store), caches.clone());
        let freshness = Freshness::new(
            Arc::clone(&store),
            reflector.reached(),
            settings.limits.freshness_time,
            Arc::clone(&recorder),
        );
        let gate = security.gate(&caches, &freshness)?;
        let object_bytes = settings.limits.object_bytes();
        let writer =
            Writer::new(store, clock, freshness.clone(), object_bytes, Arc::clone(&recorder));
        let sources = Sources { caches, load, recorder, freshness };
        let metrics = ServerMetrics::new(sources, collectors);
        let watch = match reflector.start().await {
            Err(error @ store::Error::Unavailable(_)) => {
                tracing::warn!(%error, "store is not there yet, requests are refused until it is");
                None
            }
            started => Some(started?),
        };
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        tasks.spawn(reflector.run(watch, stop.clone()));
        let api = Arc::new(Api::new(metrics, writer, gate, settings, stop.clone()));
        let guard = stop.clone().drop_guard();
        let running = Running { api, tasks, stop, _stop_with_last_handle: guard };
        Ok(Self { running: Arc::new(running) })
    }

    /// The kinds that it serves, in the order of their registration.
    pub fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.running.api.kinds()
    }

    /// What the server counts and measures: what `GET /metrics` shows, for exporters of this program.
    pub fn metrics(&self) -> ServerMetrics {
        self.running.api.metrics().clone()
    }

    /// The same server, for a part of this program that acts as `user`: its requests are not authenticated, only authorized.
    pub fn acting_as(&self, user: User) -> ActingAs {
        ActingAs { server: self.clone(), user }
    }

    /// Ends all watches and the background task, and waits until they have ended.
    ///
    /// Further requests are refused with 503 or see the last state.
    pub async fn shutdown(&self) {
        self.running.stop.cancel();
        self.running.tasks.close();
        self.running.tasks.wait().await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds().map(Kind::to_string).collect();
        f.debug_struct("Server")
            .field("kinds", &kinds)
            .finish_non_exhaustive()
    }
}

/// A server as one of its users: [`Server::acting_as`].
#[derive(Clone, Debug)]
pub struct ActingAs {
    server: Server,
    user: User,
}

/// The response to come.
pub struct Respond(Pin<Box<dyn Future<Output = Response<ServerBody>> + Send>>);

impl Future for Respond {
    type Output = Result<Response<ServerBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context).map(Ok)
    }
}

impl fmt::Debug for Respond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Respond").finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for Server
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: fmt::Display,
{
    type Response = Response<ServerBody>;
    type Error = Infallible;
    type Future = Respond;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Respond {
        let api = Arc::clone(&self.running.api);
        Respond(Box::pin(async move { api.respond(request).await }))
    }
}

impl<B> Service<Request<B>> for ActingAs
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: fmt::Display,
{
    type Response = Response<ServerBody>;
    type Error = Infallible;
    type Future = Respond;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Respond {
        request.extensions_mut().insert(self.user.clone());
        self.server.call(request)
    }
}
