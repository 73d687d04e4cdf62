//! The measures.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::ensure;
use bytes::Bytes;
use krake_client::Client;
use krake_core::Resource;
use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_server::store::{Commit, EmbeddedStore, Expect, MemoryStore, Op, Store, Transaction};
use krake_server::{Server, ServerBuilder};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::bare;
use crate::load::{Load, Measured};
use crate::report::Row;

pub(crate) const NAMESPACE: &str = "bench";

/// All measures, one after the other.
pub(crate) async fn all(load: &Load, rounds: usize) -> anyhow::Result<Vec<Row>> {
    Ok(vec![read_one(load, rounds).await?, durable_create(load, rounds).await?])
}

/// An application of about 1 KiB of JSON.
pub(crate) fn application(name: &str) -> Application {
    let item = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "data": {"text": "x".repeat(100)},
    });
    Application::new(name, ApplicationSpec::of_manifest(vec![item]))
}

pub(crate) async fn serve(
    store: impl Store,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<(Server, SocketAddr)> {
    let server = ServerBuilder::new(store).kubernetes().build().await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let serving = server.clone();
    tasks.spawn(async move {
        let _ = serving.serve(listener, std::future::pending()).await;
    });
    Ok((server, address))
}

/// The better of several rounds: what disturbs a machine only ever slows things down.
pub(crate) fn best(rounds: Vec<Measured>) -> Measured {
    let better = |a: Measured, b: Measured| if b.rate > a.rate { b } else { a };
    rounds.into_iter().reduce(better).unwrap_or_default()
}

/// Reading one object over and over, beside hyper answering with the same bytes.
async fn read_one(load: &Load, rounds: usize) -> anyhow::Result<Row> {
    let mut tasks = JoinSet::new();
    let (server, ours) = serve(MemoryStore::new(), &mut tasks).await?;
    let client = Client::from_service(server);
    let stored = client
        .namespace(NAMESPACE)
        .create(&application("one"))
        .await?;
    let limit = bare::serve(Bytes::from(serde_json::to_vec(&stored)?), &mut tasks).await?;
    let path = Application::KIND.path(Some(NAMESPACE), Some("one"));
    let request = move |_| format!("GET {path} HTTP/1.1\r\nhost: krake\r\n\r\n").into_bytes();
    let (mut of_ours, mut of_limit) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        of_ours.push(load.run(ours, request.clone()).await?);
        of_limit.push(load.run(limit, request.clone()).await?);
    }
    Ok(Row {
        what: "read one object (limit: bare hyper)",
        ours: best(of_ours),
        limit: best(of_limit),
        target: 0.7,
        enough: None,
    })
}

/// Creating objects that are on disk when the answer comes, beside the store alone with as many writers.
async fn durable_create(load: &Load, rounds: usize) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    let mut tasks = JoinSet::new();
    let store =
        EmbeddedStore::open(folder.path().join("server"), krake_server::store::Options::default())?;
    let (_server, ours) = serve(store, &mut tasks).await?;
    let alone =
        EmbeddedStore::open(folder.path().join("alone"), krake_server::store::Options::default())?;
    let alone: Arc<dyn Store> = Arc::new(alone);
    let path = Application::KIND.path(Some(NAMESPACE), None);
    let (mut of_ours, mut of_limit) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let path = path.clone();
        let request = move |number| post(&path, &format!("{round}-{number}"));
        of_ours.push(load.run(ours, request).await?);
        of_limit.push(put_alone(load, &alone, round).await?);
    }
    Ok(Row {
        what: "create, durable (limit: the embedded store alone)",
        ours: best(of_ours),
        limit: best(of_limit),
        target: 0.5,
        enough: Some(10_000.0),
    })
}

pub(crate) fn post(path: &str, name: &str) -> Vec<u8> {
    let body = serde_json::to_string(&application(name)).expect("an application is JSON");
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: krake\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The same writes without server.
async fn put_alone(load: &Load, store: &Arc<dyn Store>, round: usize) -> anyhow::Result<Measured> {
    let value = Bytes::from(serde_json::to_vec(&application("alone"))?);
    let store = Arc::clone(store);
    load.repeat(move |number| {
        let (store, value) = (Arc::clone(&store), value.clone());
        async move {
            let key = format!("/bench/{round}-{number}");
            let guards = vec![(key.clone(), Expect::Absent)];
            let ops = vec![Op::Put { key, value }];
            let commit = store.commit(Transaction { guards, ops }).await?;
            ensure!(matches!(commit, Commit::Done(_)), "a new key was refused");
            Ok(())
        }
    })
    .await
}
