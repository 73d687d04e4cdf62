use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

use crate::support::{cluster, config_map, create, deployment, object, refusal};

#[tokio::test]
async fn a_created_object_has_what_the_server_gives() {
    let (_sim, client) = cluster().await;
    let api: Api<Deployment> = Api::default_namespaced(client);
    let created = create(&api, &deployment("web", 1, "nginx")).await;
    assert_eq!(created.metadata.uid.as_deref().map(str::len), Some(36));
    assert!(created.metadata.creation_timestamp.is_some());
    assert_eq!(created.metadata.generation, Some(1));
    assert_eq!(created.metadata.namespace.as_deref(), Some("default"));
    assert_eq!(created.spec.unwrap().strategy.unwrap().type_.as_deref(), Some("RollingUpdate"));
}

#[tokio::test]
async fn refusals_are_worded_as_in_kubernetes() {
    let (_sim, client) = cluster().await;
    let api: Api<Deployment> = Api::default_namespaced(client.clone());
    let missing = refusal(api.get("web").await);
    assert_eq!(missing, (404, "NotFound".into(), "deployments.apps \"web\" not found".into()));
    create(&api, &deployment("web", 1, "nginx")).await;
    let taken = refusal(
        api.create(&PostParams::default(), &deployment("web", 1, "nginx"))
            .await,
    );
    assert_eq!(
        taken,
        (409, "AlreadyExists".into(), "deployments.apps \"web\" already exists".into())
    );
    let elsewhere: Api<ConfigMap> = Api::namespaced(client, "nowhere");
    let nowhere = refusal(
        elsewhere
            .create(&PostParams::default(), &config_map("a", json!({})))
            .await,
    );
    assert_eq!(nowhere, (404, "NotFound".into(), "namespaces \"nowhere\" not found".into()));
    let mut wrong = deployment("wrong", 1, "nginx");
    wrong.spec.as_mut().unwrap().selector.match_labels =
        Some([("app".to_owned(), "other".to_owned())].into());
    let (code, reason, message) = refusal(api.create(&PostParams::default(), &wrong).await);
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    assert!(
        message.starts_with(
            "Deployment.apps \"wrong\" is invalid: spec.template.metadata.labels: Invalid value"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn a_name_can_be_generated() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let unnamed: ConfigMap = object(json!({"metadata": {"generateName": "cfg-"}}));
    let (first, second) = (create(&api, &unnamed).await, create(&api, &unnamed).await);
    let (first, second) = (first.metadata.name.unwrap(), second.metadata.name.unwrap());
    assert!(first.starts_with("cfg-") && first.len() == 9, "{first}");
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_stale_update_is_a_conflict_and_an_unconditional_one_is_not() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let first = create(&api, &config_map("a", json!({"x": "1"}))).await;
    let mut next = first.clone();
    next.data.as_mut().unwrap().insert("x".into(), "2".into());
    api.replace("a", &PostParams::default(), &next)
        .await
        .unwrap();
    let (code, reason, _) = refusal(api.replace("a", &PostParams::default(), &next).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    next.metadata.resource_version = None;
    api.replace("a", &PostParams::default(), &next)
        .await
        .unwrap();
}

#[tokio::test]
async fn writing_what_is_there_makes_no_new_version() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let first = create(&api, &config_map("a", json!({"x": "1"}))).await;
    let same = Patch::Merge(json!({"data": {"x": "1"}}));
    let second = api
        .patch("a", &PatchParams::default(), &same)
        .await
        .unwrap();
    assert_eq!(first.metadata.resource_version, second.metadata.resource_version);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    api.create(&dry, &config_map("a", json!({}))).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn all_patches_without_ownership_do_what_they_say() {
    let (_sim, client) = cluster().await;
    let api: Api<Deployment> = Api::default_namespaced(client);
    create(&api, &deployment("web", 0, "nginx:1")).await;
    let strategic = json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}});
    let patched = api
        .patch("web", &PatchParams::default(), &Patch::Strategic(strategic))
        .await
        .unwrap();
    let containers = patched.spec.unwrap().template.spec.unwrap().containers;
    assert_eq!(containers.len(), 2, "lists of containers merge by name");
    let json_patch = http::Request::patch("/apis/apps/v1/namespaces/default/deployments/web")
        .header("content-type", "application/json-patch+json")
        .body(br#"[{"op": "test", "path": "/spec/replicas", "value": 0}, {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]"#.to_vec())
        .unwrap();
    let patched: Deployment = api.clone().into_client().request(json_patch).await.unwrap();
    assert_eq!(patched.metadata.labels.unwrap()["a"], "b");
    let merge = json!({"metadata": {"labels": null}, "spec": {"paused": true}});
    let patched = api
        .patch("web", &PatchParams::default(), &Patch::Merge(merge))
        .await
        .unwrap();
    assert_eq!(patched.metadata.labels, None);
    assert_eq!(patched.metadata.generation, Some(3), "labels are not spec");
}

#[tokio::test]
async fn services_get_addresses_and_secrets_are_encoded() {
    let (_sim, client) = cluster().await;
    let services: Api<Service> = Api::default_namespaced(client.clone());
    let service = object(json!({
        "metadata": {"name": "web"},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]},
    }));
    let spec = create(&services, &service).await.spec.unwrap();
    assert!(spec.cluster_ip.unwrap().starts_with("10.96."));
    assert!(spec.ports.unwrap()[0].node_port.unwrap() >= 30_000);
    let secrets: Api<Secret> = Api::default_namespaced(client);
    let secret = create(
        &secrets,
        &object(json!({"metadata": {"name": "s"}, "stringData": {"key": "wert"}})),
    )
    .await;
    assert_eq!(secret.data.unwrap()["key"].0, b"wert");
    assert_eq!(secret.type_.as_deref(), Some("Opaque"));
}
