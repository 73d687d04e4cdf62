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
    state: watch::Sender<State>,
    _tasks: JoinSet<()>,
}

#[derive(Clone, Copy)]
struct State {
    passage: Passage,
    /// How often all connections were cut.
    cuts: u32,
}

impl Gate {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = watch::Sender::new(State { passage: Passage::Open(port), cuts: 0 });
        let mut tasks = JoinSet::new();
        tasks.spawn(admit(listener, state.subscribe()));
        Self { address, state, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads elsewhere; connections stay, unless the gate is closed.
    pub(crate) fn set(&self, passage: Passage) {
        self.state.send_modify(|state| state.passage = passage);
    }

    /// Leads elsewhere after all connections are cut, with what they hold.
    pub(crate) fn cut(&self, passage: Passage) {
        self.state
            .send_modify(|state| *state = State { passage, cuts: state.cuts + 1 });
    }
}

async fn admit(listener: TcpListener, state: watch::Receiver<State>) {
    let mut pumps = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let State { passage, cuts } = *state.borrow();
        let Some(port) = passage.port() else { continue };
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        let (mut cut, answers) = (state.clone(), state.clone());
        let is_cut = move |state: &State| state.cuts != cuts || state.passage == Passage::Closed;
        pumps.spawn(async move {
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            tokio::select! {
                biased;
                _ = cut.wait_for(is_cut) => {}
                () = pump(client_in, server_out, None) => {}
                () = pump(server_in, client_out, Some((answers, cuts))) => {}
            }
        });
    }
}

/// Passes bytes on; those of an answer only while the gate is open.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: Option<(watch::Receiver<State>, u32)>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if let Some((state, cuts)) = &mut state {
            // After a cut it waits for ever: another part of this task ends it.
            let passes =
                |state: &State| state.cuts == *cuts && matches!(state.passage, Passage::Open(_));
            let _ = state.wait_for(passes).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
