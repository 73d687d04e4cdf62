use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{cluster, config_map, refusal};

fn by(manager: &str) -> PatchParams {
    PatchParams::apply(manager)
}

fn data(object: &ConfigMap) -> Value {
    serde_json::to_value(&object.data).unwrap()
}

#[tokio::test]
async fn apply_creates_and_removes_what_is_no_longer_sent() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let first = Patch::Apply(config_map("a", json!({"x": "1", "y": "2"})));
    let created = api.patch("a", &by("one"), &first).await.unwrap();
    assert_eq!(data(&created), json!({"x": "1", "y": "2"}));
    let again = api.patch("a", &by("one"), &first).await.unwrap();
    assert_eq!(
        created.metadata.resource_version, again.metadata.resource_version,
        "nothing changed"
    );
    let second = api
        .patch("a", &by("one"), &Patch::Apply(config_map("a", json!({"x": "1"}))))
        .await
        .unwrap();
    assert_eq!(data(&second), json!({"x": "1"}));
}

#[tokio::test]
async fn two_managers_own_their_fields_and_conflict_over_one() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    api.patch("a", &by("one"), &Patch::Apply(config_map("a", json!({"x": "1"}))))
        .await
        .unwrap();
    let both = api
        .patch("a", &by("two"), &Patch::Apply(config_map("a", json!({"y": "2"}))))
        .await
        .unwrap();
    assert_eq!(data(&both), json!({"x": "1", "y": "2"}));
    let managers: Vec<_> = both
        .metadata
        .managed_fields
        .unwrap()
        .into_iter()
        .filter_map(|entry| entry.manager)
        .collect();
    assert_eq!(managers, ["one", "two"]);
    let greedy = Patch::Apply(config_map("a", json!({"x": "3", "y": "2"})));
    let (code, reason, message) = refusal(api.patch("a", &by("two"), &greedy).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert_eq!(message, "Apply failed with 1 conflict: conflict with \"one\": .data.x");
    let forced = api.patch("a", &by("two").force(), &greedy).await.unwrap();
    assert_eq!(data(&forced), json!({"x": "3", "y": "2"}));
    let dropped = api
        .patch("a", &by("one"), &Patch::Apply(config_map("a", json!({}))))
        .await
        .unwrap();
    assert_eq!(
        data(&dropped),
        json!({"x": "3", "y": "2"}),
        "the field is no longer the first manager's"
    );
}

#[tokio::test]
async fn a_removed_container_goes_and_a_scaler_keeps_the_replicas() {
    let (_sim, client) = cluster().await;
    let api: Api<Deployment> = Api::default_namespaced(client);
    let wanted = |containers: Value| {
        Patch::Apply(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}},
            },
        }))
    };
    let (main, side) =
        (json!({"name": "main", "image": "a"}), json!({"name": "side", "image": "b"}));
    api.patch("web", &by("one"), &wanted(json!([main, side])))
        .await
        .unwrap();
    let scaled = Patch::Merge(json!({"spec": {"replicas": 4}}));
    api.patch_scale("web", &PatchParams::default(), &scaled)
        .await
        .unwrap();
    let live = api
        .patch("web", &by("one"), &wanted(json!([main])))
        .await
        .unwrap();
    let spec = live.spec.unwrap();
    assert_eq!(spec.template.spec.unwrap().containers.len(), 1);
    assert_eq!(spec.replicas, Some(4));
}
