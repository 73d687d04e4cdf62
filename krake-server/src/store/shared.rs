//! A shared store is a store.

use std::sync::Arc;

use async_trait::async_trait;
use krake_core::Revision;

use super::{Commit, Error, Page, Range, Store, Transaction, Watch};

#[async_trait]
impl<T: Store + ?Sized> Store for Arc<T> {
    async fn revision(&self) -> Result<Revision, Error> {
        (**self).revision().await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        (**self).range(range).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        (**self).commit(transaction).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        (**self).watch(prefix, after).await
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        (**self).compact(through).await
    }
}
