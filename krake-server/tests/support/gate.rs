//! A way to a server that can be cut, blocked in one direction, and led elsewhere.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where a gate leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// To a port.
    Open(u16),
    /// To a port, but answers wait.
    OneWay(u16),
    /// Connections are cut.
    Closed,
}

impl Passage {
    const fn port(self) -> Option<u16> {
        match self {
            Self::Open(port) | Self::OneWay(port) => Some(port),
            Self::Closed => None,
        }
    }
}

/// A port that leads to another port.
pub(crate) struct Gate {
    address: SocketAddr,
    passage: watch::Sender<Passage>,
    _tasks: JoinSet<()>,
}

impl Gate {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let passage = watch::Sender::new(Passage::Open(port));
        let mut tasks = JoinSet::new();
        tasks.spawn(admit(listener, passage.subscribe()));
        Self { address, passage, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts the connections that lead elsewhere.
    pub(crate) fn set(&self, passage: Passage) {
        self.passage.send_replace(passage);
    }
}

async fn admit(listener: TcpListener, passage: watch::Receiver<Passage>) {
    let mut pumps = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Some(port) = passage.borrow().port() else { continue };
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        let (mut cut, answers) = (passage.clone(), passage.clone());
        pumps.spawn(async move {
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            tokio::select! {
                () = pump(client_in, server_out, None) => {}
                () = pump(server_in, client_out, Some(answers)) => {}
                _ = cut.wait_for(|passage| passage.port() != Some(port)) => {}
            }
        });
    }
}

/// Passes bytes on; those of an answer only while the gate is open.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut passage: Option<watch::Receiver<Passage>>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if let Some(passage) = &mut passage {
            let _ = passage
                .wait_for(|passage| matches!(passage, Passage::Open(_)))
                .await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
