//! The store itself.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use etcd_client::CompactionOptions;
use krake_core::Revision;
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::cluster::Cluster;
use super::convert::to_etcd;
use super::failure::Failure;
use super::revision::Rounds;
use super::{EtcdOptions, EtcdOptionsError, follow, range, transaction};
use crate::store::{Commit, Error, Page, Range, Store, Transaction, Watch};

/// A store on an etcd cluster.
///
/// Several servers may use one cluster. Reads are linearizable: they see what any of them has written before. The cluster may
/// come later than the store, and go away for a while: operations answer [`Error::Unavailable`] meanwhile, open watches wait and
/// go on without gap. Dropping the store ends its watches.
///
/// Etcd keeps history until it is compacted, by [`compact`](Store::compact) or by its own `--auto-compaction-retention`.
pub struct EtcdStore {
    cluster: Arc<Cluster>,
    rounds: Rounds,
    closed: CancellationToken,
    _close_with_store: DropGuard,
}

impl EtcdStore {
    /// A store on the cluster that `options` tell of. Nothing is sent before the first operation.
    ///
    /// # Errors
    /// For options that cannot work.
    ///
    /// # Panics
    /// Outside of a tokio runtime, in which its connections live.
    pub fn connect(options: &EtcdOptions) -> Result<Self, EtcdOptionsError> {
        let cluster = Arc::new(Cluster::new(options, Handle::current())?);
        let closed = CancellationToken::new();
        let guard = closed.clone().drop_guard();
        Ok(Self { cluster, rounds: Rounds::new(), closed, _close_with_store: guard })
    }
}

#[async_trait]
impl Store for EtcdStore {
    /// Calls at the same time share a request that was sent after each of them began.
    async fn revision(&self) -> Result<Revision, Error> {
        let cluster = Arc::clone(&self.cluster);
        let ask = async move || {
            range::revision(&cluster)
                .await
                .map_err(Failure::into_read_error)
        };
        self.rounds.join(ask).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        match range::range(&self.cluster, &range).await {
            Ok(page) => Ok(page),
            Err(failure) => {
                let wanted = range.at.unwrap_or_default();
                Err(follow::explain(&self.cluster, wanted, failure).await)
            }
        }
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        transaction.validate()?;
        if transaction.guards.is_empty() && transaction.ops.is_empty() {
            return self.revision().await.map(Commit::Done);
        }
        let send = |mut kv: etcd_client::KvClient| {
            let request = transaction::request(&transaction);
            async move { kv.txn(request).await }
        };
        match self.cluster.write(send).await {
            Ok(answer) => Ok(transaction::answer(answer.0)),
            Err(failure) => Err(failure.into_write_error()),
        }
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        let cluster = Arc::clone(&self.cluster);
        follow::follow(cluster, prefix, after, self.closed.clone()).await
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        let compacted = self
            .cluster
            .read(|mut connection| async move {
                let revision = to_etcd(through).max(1);
                connection
                    .kv
                    .compact(revision, None::<CompactionOptions>)
                    .await
            })
            .await;
        match compacted {
            Ok(_) | Err(Failure::Compacted) => Ok(()),
            Err(failure) => Err(follow::explain(&self.cluster, through, failure).await),
        }
    }
}

impl fmt::Debug for EtcdStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdStore").finish_non_exhaustive()
    }
}
