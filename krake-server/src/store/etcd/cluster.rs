//! The members of a cluster, of which one is talked to at a time.

use std::time::Duration;

use etcd_client::{Client, ConnectOptions, KvClient, TxnResponse, WatchClient};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::failure::Failure;
use super::{EtcdOptions, EtcdOptionsError};

/// The largest message that is taken from etcd: an event of the largest transaction with the value before it, and its frame.
const MESSAGE_BYTES: usize = 64 << 20;
/// How long to wait before a cluster that has no leader is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// What is needed to talk to one member. A clone shares the connection.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) kv: KvClient,
    pub(super) watch: WatchClient,
}

struct Member {
    endpoint: String,
    connection: OnceCell<Connection>,
}

/// The members, and which of them is talked to.
pub(super) struct Cluster {
    members: Vec<Member>,
    current: watch::Sender<usize>,
    options: ConnectOptions,
    attempt_time: Duration,
    time: Duration,
    /// Where connections live: they outlast the task that first needed them.
    runtime: Handle,
}

impl Cluster {
    pub(super) fn new(options: &EtcdOptions, runtime: Handle) -> Result<Self, EtcdOptionsError> {
        options.validate()?;
        let member =
            |endpoint: &String| Member { endpoint: endpoint.clone(), connection: OnceCell::new() };
        Ok(Self {
            members: options.endpoints.iter().map(member).collect(),
            current: watch::Sender::new(0),
            options: options.connect_options(),
            attempt_time: options.attempt_time,
            time: options.time,
            runtime,
        })
    }

    /// The index of the member that is talked to; who has a connection of its own follows it.
    pub(super) fn current(&self) -> watch::Receiver<usize> {
        self.current.subscribe()
    }

    /// How long one member may take.
    pub(super) const fn attempt_time(&self) -> Duration {
        self.attempt_time
    }

    /// Leaves a member that has failed, unless somebody else has already.
    pub(super) fn leave(&self, member: usize, reason: &str) {
        let next = (member + 1) % self.members.len();
        let has_left = self.current.send_if_modified(|current| {
            let leaves = *current == member && next != member;
            if leaves {
                *current = next;
            }
            leaves
        });
        if has_left {
            let (from, to) = (&self.members[member].endpoint, &self.members[next].endpoint);
            tracing::warn!(%from, %to, reason, "etcd member failed, going on with another");
        }
    }

    /// The connection to a member. It is made with the first request, and made again by itself when it is lost; only a user is
    /// authenticated here.
    pub(super) async fn connection(&self, member: usize) -> Result<Connection, Failure> {
        let Member { endpoint, connection } = &self.members[member];
        let connect = || async {
            let (endpoint, options) = (endpoint.clone(), self.options.clone());
            let task = self
                .runtime
                .spawn(async move { Client::connect([endpoint], Some(options)).await });
            match AbortOnDropHandle::new(task).await {
                Ok(Ok(client)) => Ok(Connection {
                    kv: client.kv_client().max_decoding_message_size(MESSAGE_BYTES),
                    watch: client
                        .watch_client()
                        .max_decoding_message_size(MESSAGE_BYTES),
                }),
                Ok(Err(error)) => Err(Failure::of(&error).before_sending()),
                Err(_) => Err(Failure::Doubtful("the store is closed".into()).before_sending()),
            }
        };
        match timeout(self.attempt_time, connection.get_or_try_init(connect)).await {
            Ok(connection) => connection.cloned(),
            Err(_) => Err(Failure::silence().before_sending()),
        }
    }

    /// Asks for something that may be asked for twice.
    pub(super) async fn read<T, A>(&self, ask: impl Fn(Connection) -> A) -> Result<T, Failure>
    where
        A: Future<Output = Result<T, etcd_client::Error>>,
    {
        let mut attempts = Attempts::new(self);
        loop {
            let member = *self.current.borrow();
            let attempt = async {
                let connection = self.connection(member).await?;
                ask(connection).await.map_err(|error| Failure::of(&error))
            };
            let failure = match timeout(self.attempt_time, attempt).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::silence(),
            };
            attempts.fail(member, failure.for_a_read()).await?;
        }
    }

    /// Sends something that must not be carried out twice.
    pub(super) async fn write<A>(
        &self,
        send: impl Fn(KvClient) -> A,
    ) -> Result<TxnResponse, Failure>
    where
        A: Future<Output = Result<TxnResponse, etcd_client::Error>>,
    {
        let mut attempts = Attempts::new(self);
        loop {
            let member = *self.current.borrow();
            let failure = match self.connection(member).await {
                Ok(Connection { kv, .. }) => match timeout_at(attempts.end, send(kv)).await {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(error)) => Failure::of(&error),
                    Err(_) => Failure::silence(),
                },
                Err(failure) => failure,
            };
            attempts.fail(member, failure).await?;
        }
    }
}

/// The attempts that one operation has made.
struct Attempts<'a> {
    cluster: &'a Cluster,
    end: Instant,
    unreachable: usize,
}

impl<'a> Attempts<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        Self { cluster, end: Instant::now() + cluster.time, unreachable: 0 }
    }

    /// Leaves the member that has failed; the answer is whether another attempt makes sense.
    async fn fail(&mut self, member: usize, failure: Failure) -> Result<(), Failure> {
        let (Failure::Undone { reason, .. } | Failure::Doubtful(reason)) = &failure else {
            return Err(failure);
        };
        self.cluster.leave(member, reason);
        let failure = failure.at(&self.cluster.members[member].endpoint);
        let Failure::Undone { is_unreachable, .. } = failure else { return Err(failure) };
        if is_unreachable {
            // Once for each member, and once because a connection is only found broken when it is used.
            self.unreachable += 1;
            return if self.unreachable > self.cluster.members.len() {
                Err(failure)
            } else {
                Ok(())
            };
        }
        if Instant::now() + PAUSE > self.end {
            return Err(failure);
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}
