//! Watching etcd for as long as somebody listens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use etcd_client::{WatchOptions, WatchStream};
use futures::stream;
use krake_core::Revision;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::batches::Batches;
use super::cluster::Cluster;
use super::convert::{from_etcd, to_etcd};
use super::failure::Failure;
use super::range;
use crate::store::{Batch, Error, Watch};

/// Delay before a lost watch is opened again; it doubles with each failure in a row.
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// Follows the changes under `prefix` after `after`, from one connection to the next, until `closed`.
pub(super) async fn follow(
    cluster: Arc<Cluster>,
    prefix: &str,
    after: Revision,
    closed: CancellationToken,
) -> Result<Watch, Error> {
    let stream = open(&cluster, after).await?;
    let batches = Batches::new(prefix, after);
    let follower =
        Follower { cluster, batches, stream: Some(stream), ready: VecDeque::new(), closed };
    Ok(Box::pin(stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await? {
            Ok(batch) => Some((Ok(batch), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    })))
}

/// The first revision of history that is left, when the one that was asked for is not.
pub(super) async fn oldest(cluster: &Cluster, compacted: i64) -> Revision {
    let told = async {
        let member = *cluster.current().borrow();
        let mut stream = watch(cluster, member, compacted).await.ok()?;
        while let Some(message) = stream.message().await.ok()? {
            if message.compact_revision() > 0 {
                return Some(from_etcd(message.compact_revision()));
            }
        }
        None
    };
    let told = timeout(cluster.attempt_time(), told).await;
    told.ok()
        .flatten()
        .unwrap_or_else(|| from_etcd(compacted).next())
}

/// A failure of a request for `wanted` as it is told.
pub(super) async fn explain(cluster: &Cluster, wanted: Revision, failure: Failure) -> Error {
    match failure {
        Failure::Compacted => {
            Error::Compacted { oldest: oldest(cluster, to_etcd(wanted).max(1)).await }
        }
        Failure::Future => match range::revision(cluster).await {
            Ok(current) => Error::Future { current },
            Err(failure) => failure.into_read_error(),
        },
        other => other.into_read_error(),
    }
}

/// The events of one connection to a member.
struct Opened {
    member: usize,
    stream: WatchStream,
}

struct Follower {
    cluster: Arc<Cluster>,
    batches: Batches,
    /// `None` while there is no connection.
    stream: Option<Opened>,
    ready: VecDeque<Batch>,
    closed: CancellationToken,
}

impl Follower {
    /// The next batch; `None` when the store is closed.
    async fn next(&mut self) -> Option<Result<Batch, Error>> {
        let closed = self.closed.clone();
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            match closed.run_until_cancelled(self.advance()).await? {
                Ok(batches) => self.ready.extend(batches),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Waits for one message, on a new connection if the old one is lost.
    async fn advance(&mut self) -> Result<Vec<Batch>, Error> {
        let opened = match &mut self.stream {
            Some(opened) => opened,
            none => {
                self.batches.restart();
                none.insert(open_again(&self.cluster, self.batches.told()).await?)
            }
        };
        let mut current = self.cluster.current();
        let (member, stream) = (opened.member, &mut opened.stream);
        let message = tokio::select! {
            biased;
            message = stream.message() => message,
            _ = current.wait_for(|current| *current != member) => {
                self.stream = None;
                return Ok(Vec::new());
            }
        };
        match message {
            Ok(Some(message)) if message.compact_revision() > 0 => {
                Err(Error::Compacted { oldest: from_etcd(message.compact_revision()) })
            }
            Ok(Some(message)) if message.canceled() => self.lose(message.cancel_reason()),
            Ok(Some(message)) => self.batches.take(message.0.events, message.0.fragment),
            Ok(None) => self.lose("the stream has ended"),
            Err(error) => self.lose(&error.to_string()),
        }
    }

    /// Gives up the connection.
    #[expect(clippy::unnecessary_wraps, reason = "it is what a message comes to")]
    fn lose(&mut self, reason: &str) -> Result<Vec<Batch>, Error> {
        tracing::info!(reason, "watch of etcd lost, opening it again");
        if let Some(Opened { member, .. }) = self.stream.take() {
            self.cluster.leave(member, reason);
        }
        Ok(Vec::new())
    }
}

/// Opens a watch after `after` once etcd is there.
async fn open_again(cluster: &Cluster, after: Revision) -> Result<Opened, Error> {
    let mut delay = FIRST_DELAY;
    loop {
        match open(cluster, after).await {
            Err(Error::Unavailable(reason)) => {
                if delay == FIRST_DELAY {
                    tracing::warn!(reason, "etcd cannot be watched, trying again");
                }
                tokio::time::sleep(delay).await;
                delay = (delay * 2).min(LONGEST_DELAY);
            }
            opened => return opened,
        }
    }
}

/// Opens a watch after `after`, which must be a revision that the cluster has reached and not compacted.
async fn open(cluster: &Cluster, after: Revision) -> Result<Opened, Error> {
    // Nothing is stored at etcd's first revision, so a watch after 0 is one after 1.
    let start = to_etcd(after).max(1);
    if let Err(failure) = range::check(cluster, start).await {
        return Err(explain(cluster, after, failure).await);
    }
    let member = *cluster.current().borrow();
    let opening = async {
        let mut stream = watch(cluster, member, start).await?;
        match stream.message().await {
            Ok(Some(message)) if message.canceled() => {
                Err(Failure::cancelled(message.cancel_reason()))
            }
            Ok(Some(_)) => Ok(stream),
            Ok(None) => Err(Failure::Doubtful("the stream has ended".into())),
            Err(error) => Err(Failure::of(&error)),
        }
    };
    let opened = timeout(cluster.attempt_time(), opening).await;
    match opened.unwrap_or_else(|_| Err(Failure::silence())) {
        Ok(stream) => Ok(Opened { member, stream }),
        Err(failure) => {
            let error = failure.into_read_error();
            cluster.leave(member, &error.to_string());
            Err(error)
        }
    }
}

/// Asks a member for all changes from a revision on.
async fn watch(cluster: &Cluster, member: usize, start: i64) -> Result<WatchStream, Failure> {
    let mut connection = cluster.connection(member).await?;
    let options = WatchOptions::new()
        .with_all_keys()
        .with_start_revision(start)
        .with_prev_key()
        .with_fragment();
    let opened = connection.watch.watch("", Some(options)).await;
    opened.map_err(|error| Failure::of(&error))
}
