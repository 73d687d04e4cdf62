//! A store that fails for a while.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use krake_core::Revision;
use krake_server::store::{Commit, Error, MemoryStore, Op, Page, Range, Store, Transaction, Watch};
use serde_json::Value;
use tokio::sync::watch;

use crate::bed::{APPLICATIONS, Bed, application, path};

/// A memory store whose watches break, and which cannot be read, while it is broken.
struct Flaky {
    inner: Arc<MemoryStore>,
    broken: watch::Receiver<bool>,
}

impl Flaky {
    fn check(&self) -> Result<(), Error> {
        if *self.broken.borrow() {
            return Err(Error::Unavailable("it is broken".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Flaky {
    async fn revision(&self) -> Result<Revision, Error> {
        self.inner.revision().await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.check()?;
        self.inner.range(range).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        self.check()?;
        self.inner.commit(transaction).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.check()?;
        let mut broken = self.broken.clone();
        let breaks = async move {
            let _ = broken.wait_for(|broken| *broken).await;
        };
        Ok(self
            .inner
            .watch(prefix, after)
            .await?
            .take_until(Box::pin(breaks))
            .boxed())
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        self.inner.compact(through).await
    }
}

struct FlakyBed {
    bed: Bed,
    broken: watch::Sender<bool>,
}

impl FlakyBed {
    async fn start() -> Self {
        let store = Arc::new(MemoryStore::new());
        let broken = watch::Sender::new(false);
        let flaky = Flaky { inner: Arc::clone(&store), broken: broken.subscribe() };
        let server = Bed::builder(flaky).build().await.unwrap();
        Self { bed: Bed { server, store }, broken }
    }

    /// Writes past the server.
    async fn commit(&self, op: Op) {
        self.bed
            .store
            .commit(Transaction { guards: vec![], ops: vec![op] })
            .await
            .unwrap();
    }
}

fn key(name: &str) -> String {
    format!("/kubernetes/applications/testing/{name}")
}

fn put(name: &str, object: &Value) -> Op {
    let mut object = object.clone();
    object["metadata"]["name"] = name.into();
    Op::Put { key: key(name), value: object.to_string().into() }
}

#[tokio::test(start_paused = true)]
async fn watchers_see_what_happened_while_the_store_was_out_of_reach() {
    let flaky = FlakyBed::start().await;
    let bed = &flaky.bed;
    let object = bed.create("kept").await;
    for name in ["changed", "removed", "replaced"] {
        bed.create(name).await;
    }
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    flaky.broken.send_replace(true);
    assert!(watch.is_silent().await);
    flaky.commit(put("changed", &object)).await;
    flaky.commit(Op::Delete { key: key("removed") }).await;
    flaky.commit(Op::Delete { key: key("replaced") }).await;
    flaky.commit(put("replaced", &object)).await;
    flaky.commit(put("new", &object)).await;
    assert_eq!(bed.get(APPLICATIONS).await.problem(), (503, None));
    assert_eq!(bed.get("/readyz").await.header("retry-after"), "1");
    flaky.broken.send_replace(false);
    let mut versions = Vec::new();
    for (event, name) in [
        ("UPDATED", "changed"),
        ("DELETED", "replaced"),
        ("ADDED", "replaced"),
        ("ADDED", "new"),
        ("DELETED", "removed"),
    ] {
        let line = watch.event().await;
        assert_eq!(
            (&line["type"], &line["object"]["metadata"]["name"]),
            (&event.into(), &name.into())
        );
        let version = line["object"]["metadata"]["resource_version"]
            .as_str()
            .unwrap();
        versions.push(version.parse::<u64>().unwrap());
    }
    assert!(versions.is_sorted(), "{versions:?}");
    bed.create("after").await;
    assert_eq!(watch.sight().await, ("ADDED".to_owned(), "after".to_owned()));
    assert_eq!(
        bed.get(APPLICATIONS).await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_store_refuses_is_no_success() {
    let flaky = FlakyBed::start().await;
    let created = flaky.bed.create("a").await;
    flaky.broken.send_replace(true);
    let mut body = created.clone();
    body["metadata"]["labels"] = serde_json::json!({"a": "b"});
    let answer = flaky.bed.put(&path("a"), &body).await;
    assert_eq!(answer.problem(), (503, None));
    assert!(!answer.text.contains("broken"), "{}", answer.text);
    flaky.broken.send_replace(false);
    assert_eq!(flaky.bed.get(&path("a")).await.ok(), created);
}

#[tokio::test(start_paused = true)]
async fn a_server_may_be_there_before_its_store() {
    let store = Arc::new(MemoryStore::new());
    let broken = watch::Sender::new(true);
    let flaky = Flaky { inner: Arc::clone(&store), broken: broken.subscribe() };
    let bed = Bed { server: Bed::builder(flaky).build().await.unwrap(), store };
    bed.get("/healthz").await.ok();
    for target in ["/readyz", APPLICATIONS, &path("a")] {
        assert_eq!(bed.get(target).await.problem(), (503, None), "{target}");
    }
    assert_eq!(bed.post(APPLICATIONS, &application("a")).await.problem(), (503, None));
    broken.send_replace(false);
    let created = bed.create("a").await;
    assert_eq!(bed.get(&path("a")).await.ok(), created);
    bed.get("/readyz").await.ok();
}
