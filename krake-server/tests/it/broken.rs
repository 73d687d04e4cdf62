//! A store that closes itself after a failed write.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use krake_core::Revision;
use krake_server::store::{Commit, Error, MemoryStore, Page, Range, Store, Transaction, Watch};

use crate::bed::{APPLICATIONS, Bed, application};

/// A store that can be read but not written.
struct Closed(Arc<MemoryStore>);

#[async_trait]
impl Store for Closed {
    async fn revision(&self) -> Result<Revision, Error> {
        self.0.revision().await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.0.range(range).await
    }

    async fn commit(&self, _transaction: Transaction) -> Result<Commit, Error> {
        let source = Arc::new(io::Error::other("the disk is gone"));
        Err(Error::Io { subject: "/secret/log".into(), source })
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.0.watch(prefix, after).await
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        self.0.compact(through).await
    }
}

#[tokio::test]
async fn a_server_that_can_never_write_again_asks_for_its_restart() {
    let store = Arc::new(MemoryStore::new());
    let server = Bed::builder(Closed(Arc::clone(&store))).build();
    let bed = Bed { server: server.await.unwrap(), store };
    for probe in ["/healthz", "/readyz"] {
        bed.get(probe).await.ok();
    }
    let answer = bed.post(APPLICATIONS, &application("a")).await;
    assert_eq!(answer.problem(), (500, None));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    for probe in ["/healthz", "/readyz"] {
        let answer = bed.get(probe).await;
        assert_eq!(answer.problem(), (503, None), "{probe}");
        assert!(answer.text.contains("restart"), "{}", answer.text);
    }
    bed.get(APPLICATIONS).await.ok();
}
