use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions};
use serde_json::json;

use crate::support::{
    cluster, config_map, create, deployment, object, ready, refusal, until, until_empty,
};

#[tokio::test(start_paused = true)]
async fn deleting_a_deployment_takes_its_pods_along() {
    let (_sim, client) = cluster().await;
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    create(&deployments, &deployment("web", 3, "nginx")).await;
    until(&deployments, |deployment| ready(deployment, 3)).await;
    deployments
        .delete("web", &DeleteParams::background())
        .await
        .unwrap();
    assert!(deployments.get_opt("web").await.unwrap().is_none(), "background: it goes first");
    until_empty(&Api::<ReplicaSet>::default_namespaced(client.clone())).await;
    until_empty(&Api::<Pod>::default_namespaced(client)).await;
}

#[tokio::test(start_paused = true)]
async fn foreground_waits_for_the_dependents_and_orphan_spares_them() {
    let (_sim, client) = cluster().await;
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let sets: Api<ReplicaSet> = Api::default_namespaced(client);
    create(&deployments, &deployment("web", 1, "nginx")).await;
    until(&deployments, |deployment| ready(deployment, 1)).await;
    let marked = deployments
        .delete("web", &DeleteParams::foreground())
        .await
        .unwrap();
    assert!(marked.left().unwrap().metadata.deletion_timestamp.is_some());
    until_empty(&deployments).await;
    assert!(
        sets.list(&ListParams::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    create(&deployments, &deployment("web", 1, "nginx")).await;
    until(&deployments, |deployment| ready(deployment, 1)).await;
    deployments
        .delete("web", &DeleteParams::orphan())
        .await
        .unwrap();
    until_empty(&deployments).await;
    let left = sets.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].metadata.owner_references, None);
}

#[tokio::test]
async fn finalizers_hold_an_object() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let held = object(json!({"metadata": {"name": "a", "finalizers": ["example.org/hold"]}}));
    create(&api, &held).await;
    let marked = api
        .delete("a", &DeleteParams::default())
        .await
        .unwrap()
        .left()
        .unwrap();
    assert!(marked.metadata.deletion_timestamp.is_some());
    let release = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch("a", &PatchParams::default(), &release)
        .await
        .unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn preconditions_protect_a_namesake() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    create(&api, &config_map("a", json!({}))).await;
    let other = Preconditions { uid: Some("another".into()), resource_version: None };
    let params = DeleteParams { preconditions: Some(other), ..DeleteParams::default() };
    assert_eq!(refusal(api.delete("a", &params).await).0, 409);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_with_everything_in_it() {
    let (_sim, client) = cluster().await;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    create(&namespaces, &object(json!({"metadata": {"name": "demo"}}))).await;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "demo");
    create(&deployments, &deployment("web", 2, "nginx")).await;
    until(&deployments, |deployment| ready(deployment, 2)).await;
    let marked = namespaces
        .delete("demo", &DeleteParams::default())
        .await
        .unwrap()
        .left()
        .unwrap();
    assert_eq!(marked.status.unwrap().phase.as_deref(), Some("Terminating"));
    let configs: Api<ConfigMap> = Api::namespaced(client.clone(), "demo");
    let late = configs
        .create(&kube::api::PostParams::default(), &config_map("late", json!({})))
        .await;
    assert_eq!(refusal(late).0, 403);
    until_empty(&Api::<Pod>::namespaced(client, "demo")).await;
    until_empty(&configs).await;
    while namespaces.get_opt("demo").await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
}
