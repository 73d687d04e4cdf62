//! Serving sockets.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::stall::Stalling;
use super::{Api, Drain, ServerBody, head};
use crate::Server;
use crate::tls::{Peer, Shaken, Tls, handshake};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Pause after a failed accept, which mostly means that there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    /// Serves HTTP/1.1 on `listener` until `shutdown` completes, then drains: no new connections, open requests may finish
    /// within [`Limits::drain_time`](crate::Limits::drain_time), watches end, with a last bookmark if they asked for bookmarks.
    ///
    /// The server itself runs on; [`shutdown`](Self::shutdown) ends it.
    ///
    /// # Errors
    /// When the listener can no longer accept, after the same drain. Failures of single connections are not errors, and a lack of
    /// file descriptors is waited out.
    ///
    /// # Cancel safety
    /// Dropping the future closes the listener and all its connections at once.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        self.serve_connections(listener, None, shutdown).await
    }

    /// As [`serve`](Self::serve), over TLS 1.2 or 1.3.
    ///
    /// A client has [`Limits::handshake_time`](crate::Limits::handshake_time) to prove what it has to; one that shows a bad
    /// certificate is sent away, one that speaks plain HTTP is told so.
    ///
    /// # Errors
    /// As [`serve`](Self::serve). Failed handshakes are not errors.
    ///
    /// # Cancel safety
    /// As [`serve`](Self::serve).
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        tls: Tls,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        self.serve_connections(listener, Some(tls), shutdown).await
    }

    async fn serve_connections(
        &self,
        listener: TcpListener,
        tls: Option<Tls>,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let drain = self.running.stop.child_token();
        let mut connections = Connections::new(Arc::clone(&self.running.api), tls, drain.clone());
        let mut shutdown = std::pin::pin!(shutdown);
        let served = loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break Ok(()),
                () = drain.cancelled() => break Ok(()),
                accepted = connections.accept(&listener) => if accepted.is_err() { break accepted },
            }
        };
        drop(listener);
        drain.cancel();
        connections.drain().await;
        served
    }

    /// Binds `address`, such as `127.0.0.1:8080`, and [serves](Self::serve) it.
    ///
    /// # Errors
    /// When the address cannot be bound, and as [`serve`](Self::serve).
    pub async fn bind_and_serve(
        &self,
        address: impl tokio::net::ToSocketAddrs,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        self.serve(listener, shutdown).await
    }
}

/// The open connections of one listener.
struct Connections {
    api: Arc<Api>,
    /// Missing where connections are not encrypted.
    tls: Option<Tls>,
    drain: CancellationToken,
    tasks: JoinSet<()>,
    graceful: GracefulShutdown,
    free: Arc<Semaphore>,
}

impl Connections {
    fn new(api: Arc<Api>, tls: Option<Tls>, drain: CancellationToken) -> Self {
        let free = Arc::new(Semaphore::new(api.limits().connections.min(Semaphore::MAX_PERMITS)));
        let (tasks, graceful) = (JoinSet::new(), GracefulShutdown::new());
        Self { api, tls, drain, tasks, graceful, free }
    }

    /// Accepts one connection, when there is room for it.
    ///
    /// Cancel safe: a connection that was accepted is served.
    async fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, peer)) => self.admit(stream, peer.ip(), permit),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "connection cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while self.tasks.try_join_next().is_some() {}
        Ok(())
    }

    /// Serves a connection, unless its address has too many: that one is closed.
    fn admit(&mut self, stream: TcpStream, address: IpAddr, permit: OwnedSemaphorePermit) {
        let recorder = self.api.recorder();
        let Some(share) = self.api.load().connection(address) else {
            recorder.refused_connection();
            tracing::debug!(%address, "connection closed, its address has too many");
            return;
        };
        let counted = recorder.connection();
        self.serve(stream, (permit, share, counted));
    }

    /// Serves a connection; `place` is what it takes of the limits.
    fn serve(&mut self, stream: TcpStream, place: impl Send + 'static) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "delay of small packets stays on");
        }
        let connection = Connection {
            api: Arc::clone(&self.api),
            drain: self.drain.clone(),
            watcher: self.graceful.watcher(),
        };
        let tls = self.tls.clone();
        self.tasks.spawn(async move {
            if let Err(error) = connection.run(stream, tls).await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }

    /// Lets open requests finish, for a while.
    async fn drain(mut self) {
        let limit = self.api.limits().drain_time;
        if tokio::time::timeout(limit, self.graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!(?limit, "connections cut off at shutdown");
        }
        self.tasks.shutdown().await;
    }
}

/// One connection.
struct Connection {
    api: Arc<Api>,
    drain: CancellationToken,
    watcher: Watcher,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<Tls>) -> Result<(), BoxError> {
        let Self { api, drain, watcher } = self;
        let limits = api.limits().clone();
        let wrap = |stream| Stalling::new(stream, limits.write_time);
        let shaken = handshake(stream, tls, limits.handshake_time, wrap);
        let Some(shaken) = drain.run_until_cancelled(shaken).await else { return Ok(()) };
        let Shaken { stream, peer } = shaken?;
        let service = service_fn(move |request| {
            answer(Arc::clone(&api), drain.clone(), peer.clone(), request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(head::room(&limits))
            .serve_connection(TokioIo::new(stream), service);
        Ok(watcher.watch(connection).await?)
    }
}

async fn answer(
    api: Arc<Api>,
    drain: CancellationToken,
    peer: Peer,
    mut request: Request<Incoming>,
) -> Result<Response<ServerBody>, Infallible> {
    request.extensions_mut().insert(Drain(drain));
    request.extensions_mut().insert(peer);
    Ok(api.respond(request).await)
}
