//! The server on etcd, beside etcd alone.

use anyhow::ensure;
use etcd_client::{Client, Compare, CompareOp, Txn, TxnOp};
use krake_core::Resource;
use krake_core::kubernetes::Application;
use krake_server::store::{EtcdOptions, EtcdStore};
use tokio::task::JoinSet;

use crate::compare::{NAMESPACE, application, best, post, serve};
use crate::load::{Load, Measured};
use crate::report::Row;

/// Creating and reading through the server on an etcd that has nothing else to do, and without it.
pub(crate) async fn all(load: &Load, rounds: usize, endpoint: &str) -> anyhow::Result<Vec<Row>> {
    let mut tasks = JoinSet::new();
    let store = EtcdStore::connect(&EtcdOptions::new([endpoint]))?;
    let (_server, ours) = serve(store, &mut tasks).await?;
    let client = Client::connect([endpoint], None).await?;
    let path = Application::KIND.path(Some(NAMESPACE), None);
    // Keys of an earlier run are still there.
    let run = uuid::Uuid::new_v4();
    let (mut creates, mut raw_creates) = (Vec::new(), Vec::new());
    let (mut reads, mut raw_reads) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let collection = path.clone();
        let create = move |number| post(&collection, &format!("{run}-{round}-{number}"));
        creates.push(load.run(ours, create).await?);
        raw_creates.push(create_alone(load, &client, format!("/bench/{run}-{round}")).await?);
        let object = format!("{path}/{run}-{round}-0");
        let read = move |_| format!("GET {object} HTTP/1.1\r\nhost: krake\r\n\r\n").into_bytes();
        reads.push(load.run(ours, read).await?);
        raw_reads.push(read_alone(load, &client, format!("/bench/{run}-{round}-0")).await?);
    }
    let row = |what, ours, limit, target| Row {
        what,
        ours: best(ours),
        limit: best(limit),
        target,
        enough: None,
    };
    Ok(vec![
        row("create on etcd (limit: etcd alone)", creates, raw_creates, 0.8),
        row("read one object on etcd (limit: etcd alone)", reads, raw_reads, 1.0),
    ])
}

async fn create_alone(load: &Load, client: &Client, prefix: String) -> anyhow::Result<Measured> {
    let (kv, value) = (client.kv_client(), serde_json::to_vec(&application("alone"))?);
    load.repeat(move |number| {
        let (mut kv, key, value) = (kv.clone(), format!("{prefix}-{number}"), value.clone());
        async move {
            let is_absent = Compare::create_revision(key.as_str(), CompareOp::Equal, 0);
            let put = TxnOp::put(key, value, None);
            let created = kv.txn(Txn::new().when([is_absent]).and_then([put])).await?;
            ensure!(created.succeeded(), "a new key was refused");
            Ok(())
        }
    })
    .await
}

async fn read_alone(load: &Load, client: &Client, key: String) -> anyhow::Result<Measured> {
    let kv = client.kv_client();
    load.repeat(move |_| {
        let (mut kv, key) = (kv.clone(), key.clone());
        async move {
            let found = kv.get(key, None).await?;
            ensure!(found.kvs().len() == 1, "the key is gone");
            Ok(())
        }
    })
    .await
}
