//! A whole control plane in this process: server, controllers, and somebody who tells what happens.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, anyhow};
use krake_client::Client;
use krake_controllers::{StockOptions, stock};
use krake_core::kubernetes::{Application, Cluster};
use krake_runtime::{CancellationToken, Manager};
use krake_server::store::EmbeddedStore;
use krake_server::{Server, ServerBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::narrator::narrate;
use crate::terminal::Terminal;

/// The running parts.
#[derive(Debug)]
pub(crate) struct Plane {
    /// To the server, without a socket.
    pub(crate) client: Client,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    server: Server,
    controllers: JoinSet<anyhow::Result<()>>,
    /// The server's sockets, and the narrators.
    tasks: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Plane {
    /// Starts everything; the server keeps its data in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written to or no port is free.
    pub(crate) async fn start(
        folder: &Path,
        listen: SocketAddr,
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        let store = EmbeddedStore::open(folder, krake_server::store::Options::default())?;
        let server = ServerBuilder::new(store).stock().build().await?;
        let listener = bind(listen).await?;
        let mut plane = Self {
            client: Client::from_service(server.clone()),
            address: listener.local_addr()?,
            server,
            controllers: JoinSet::new(),
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        plane.spawn_server(listener);
        plane.spawn_controllers();
        plane.spawn_narrators(terminal);
        Ok(plane)
    }

    fn spawn_server(&mut self, listener: TcpListener) {
        let (server, stop) = (self.server.clone(), self.stop.clone());
        self.tasks
            .spawn(async move { Ok(server.serve(listener, stop.cancelled_owned()).await?) });
    }

    fn spawn_controllers(&mut self) {
        let manager = stock(&StockOptions::default())
            .into_iter()
            .fold(Manager::new(self.client.clone()), Manager::add);
        let stop = self.stop.clone();
        self.controllers
            .spawn(async move { Ok(manager.run(stop.cancelled_owned()).await?) });
    }

    fn spawn_narrators(&mut self, terminal: &Terminal) {
        let (client, to) = (self.client.clone(), terminal.clone());
        self.tasks
            .spawn(async move { narrate::<Cluster>(&client, &to).await });
        let (client, to) = (self.client.clone(), terminal.clone());
        self.tasks
            .spawn(async move { narrate::<Application>(&client, &to).await });
    }

    /// Waits until a part ends that should not.
    pub(crate) async fn broken(&mut self) -> anyhow::Error {
        let ended = tokio::select! {
            Some(ended) = self.controllers.join_next() => ended,
            Some(ended) = self.tasks.join_next() => ended,
            else => return anyhow!("nothing of the control plane runs"),
        };
        let cause = match ended {
            Ok(Ok(())) => anyhow!("it ended early"),
            Ok(Err(error)) => error,
            Err(panic) => panic.into(),
        };
        cause.context("a part of the control plane failed")
    }

    /// Stops everything: the controllers finish what they do while the server still answers.
    pub(crate) async fn shutdown(mut self) {
        self.stop.cancel();
        while self.controllers.join_next().await.is_some() {}
        self.server.shutdown().await;
        while self.tasks.join_next().await.is_some() {}
    }
}

/// The wanted address, or any free port when it is taken.
async fn bind(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    if let Ok(listener) = TcpListener::bind(wanted).await {
        return Ok(listener);
    }
    let any = SocketAddr::new(wanted.ip(), 0);
    TcpListener::bind(any)
        .await
        .with_context(|| format!("cannot listen on {any}"))
}
