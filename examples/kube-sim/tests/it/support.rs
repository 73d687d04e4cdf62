//! What the tests share.

use std::time::Duration;

use futures::TryStreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use krake_kube_sim::Sim;
use kube::api::{Api, DynamicObject, PostParams, WatchEvent, WatchParams};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A cluster and a client that reaches it in process.
pub(crate) async fn cluster() -> (Sim, Client) {
    let sim = Sim::builder()
        .nodes(2_usize)
        .seed(1_u64)
        .start()
        .await
        .unwrap();
    let client = Client::new(sim.service(), "default");
    (sim, client)
}

/// A typed object from JSON.
pub(crate) fn object<K: DeserializeOwned>(json: Value) -> K {
    serde_json::from_value(json).unwrap()
}

pub(crate) fn config_map(name: &str, data: impl Into<Value>) -> ConfigMap {
    object(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data.into()}),
    )
}

pub(crate) fn deployment(name: &str, replicas: i32, image: &str) -> Deployment {
    object(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image, "ports": [{"containerPort": 80}]}]},
            },
        },
    }))
}

pub(crate) async fn create<K>(api: &Api<K>, object: &K) -> K
where
    K: Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
{
    api.create(&PostParams::default(), object).await.unwrap()
}

/// Watches the objects until the last seen state of one fulfils the claim, and answers it.
pub(crate) async fn until<K>(api: &Api<K>, claim: impl Fn(&K) -> bool) -> K
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Resource + 'static,
{
    let wait = async {
        let mut events = Box::pin(api.watch(&WatchParams::default(), "0").await.unwrap());
        while let Some(event) = events.try_next().await.unwrap() {
            if let WatchEvent::Added(object) | WatchEvent::Modified(object) = event
                && claim(&object)
            {
                return object;
            }
        }
        panic!("the watch ended");
    };
    tokio::time::timeout(Duration::from_mins(2), wait)
        .await
        .expect("the claim never held")
}

/// Watches the objects until none is left.
pub(crate) async fn until_empty<K>(api: &Api<K>)
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Resource + 'static,
{
    let wait = async {
        loop {
            let list = api.list(&kube::api::ListParams::default()).await.unwrap();
            if list.items.is_empty() {
                return;
            }
            let version = list.metadata.resource_version.unwrap();
            let mut events = Box::pin(api.watch(&WatchParams::default(), &version).await.unwrap());
            while let Some(event) = events.try_next().await.unwrap() {
                if matches!(event, WatchEvent::Deleted(_)) {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(2), wait)
        .await
        .expect("something is left");
}

pub(crate) fn ready(deployment: &Deployment, replicas: i32) -> bool {
    let status = deployment.status.as_ref();
    status.is_some_and(|status| {
        status.available_replicas == Some(replicas)
            && status.updated_replicas == Some(replicas)
            && status.replicas == Some(replicas)
            && status.observed_generation == deployment.metadata.generation
    })
}

/// The code and reason of the refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String, String) {
    match result.unwrap_err() {
        kube::Error::Api(status) => (status.code, status.reason.clone(), status.message.clone()),
        other => panic!("not an answer of the API: {other:?}"),
    }
}

/// A dynamic object's member.
pub(crate) fn at<'a>(object: &'a DynamicObject, pointer: &str) -> &'a Value {
    object.data.pointer(pointer).unwrap_or(&Value::Null)
}
