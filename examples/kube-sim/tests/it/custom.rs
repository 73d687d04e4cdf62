use futures::TryStreamExt;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, WatchEvent, WatchParams,
};
use kube::core::{ApiResource, GroupVersionKind};
use kube::discovery;
use serde_json::json;

use crate::support::{at, cluster, create, object, until_empty};

fn definition() -> CustomResourceDefinition {
    object(json!({
        "metadata": {"name": "shops.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"kind": "Shop", "plural": "shops", "shortNames": ["sh"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"doors": {
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": {"type": "object"},
                    }}},
                }}},
            }],
        },
    }))
}

fn resource() -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.org", "v1", "Shop"), "shops")
}

#[tokio::test]
async fn a_definition_makes_its_kind_served_until_it_is_deleted() {
    let (_sim, client) = cluster().await;
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let shops: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &resource());
    assert!(shops.list(&ListParams::default()).await.is_err(), "not served yet");
    let created = create(&definitions, &definition()).await;
    let conditions = created.status.unwrap().conditions.unwrap();
    assert!(
        conditions
            .iter()
            .any(|condition| condition.type_ == "Established" && condition.status == "True")
    );
    let group = discovery::group(&client, "example.org").await.unwrap();
    assert_eq!(group.recommended_kind("Shop").unwrap().0.plural, "shops");

    let mut events = Box::pin(shops.watch(&WatchParams::default(), "0").await.unwrap());
    let shop: DynamicObject = object(json!({
        "apiVersion": "example.org/v1", "kind": "Shop", "metadata": {"name": "corner"}, "spec": {"size": 1},
        "status": {"open": true},
    }));
    let created = create(&shops, &shop).await;
    assert_eq!((created.metadata.generation, at(&created, "/status").is_null()), (Some(1), true));
    let seen = events.try_next().await.unwrap().unwrap();
    assert!(
        matches!(seen, WatchEvent::Added(shop) if shop.metadata.name.as_deref() == Some("corner"))
    );
    let open = Patch::Merge(json!({"spec": {"size": 9}, "status": {"open": true}}));
    let opened = shops
        .patch_status("corner", &PatchParams::default(), &open)
        .await
        .unwrap();
    assert_eq!((at(&opened, "/status/open"), at(&opened, "/spec/size")), (&json!(true), &json!(1)));

    definitions
        .delete("shops.example.org", &DeleteParams::default())
        .await
        .unwrap();
    until_empty(&definitions).await;
    assert!(shops.list(&ListParams::default()).await.is_err(), "no longer served");
}

#[tokio::test]
async fn the_schema_says_how_lists_merge() {
    let (_sim, client) = cluster().await;
    create(&Api::<CustomResourceDefinition>::all(client.clone()), &definition()).await;
    let shops: Api<DynamicObject> = Api::default_namespaced_with(client, &resource());
    let wanted = |doors: serde_json::Value| {
        Patch::Apply(json!({
            "apiVersion": "example.org/v1", "kind": "Shop", "metadata": {"name": "corner"}, "spec": {"doors": doors},
        }))
    };
    let front = wanted(json!([{"name": "front", "width": 2}]));
    shops
        .patch("corner", &PatchParams::apply("one"), &front)
        .await
        .unwrap();
    let back = wanted(json!([{"name": "back"}]));
    let both = shops
        .patch("corner", &PatchParams::apply("two"), &back)
        .await
        .unwrap();
    assert_eq!(*at(&both, "/spec/doors"), json!([{"name": "front", "width": 2}, {"name": "back"}]));
}
