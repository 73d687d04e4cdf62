//! Resources that are there before anybody may create them.

use krake_core::base::{Role, RoleBinding};
use krake_server::store::MemoryStore;
use krake_server::{BootstrapError, Existing, ServerBuilder};
use serde_json::{Value, json};

use crate::bed::Bed;

fn role(name: &str) -> Value {
    let rule = json!({"api": "", "resources": [""], "namespaces": [""], "verbs": ["get"]});
    json!({"api": "core", "kind": "Role", "metadata": {"name": name}, "rules": [rule]})
}

fn metric(namespace: &str) -> Value {
    json!({
        "api": "core", "kind": "Metric", "metadata": {"name": "load", "namespace": namespace},
        "spec": {"allowed_values": [], "min": 0, "max": 1, "provider": {"name": "p", "metric": "m"}},
    })
}

/// What was refused: the place in the list, and the status.
fn refused(answer: Result<Vec<krake_server::Bootstrapped>, BootstrapError>) -> Vec<(usize, u16)> {
    match answer.unwrap_err() {
        BootstrapError::Refused(refused) => {
            let each = refused.iter();
            each.map(|resource| (resource.index, resource.problem.status))
                .collect()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn resources_of_all_kinds_are_created_in_one_write() {
    let bed = Bed::start().await;
    let resources = vec![role("a"), metric("testing")];
    let created = bed
        .server
        .bootstrap(resources, Existing::Refuse)
        .await
        .unwrap();
    let places: Vec<_> = created
        .iter()
        .map(|created| (&*created.kind.kind, created.namespace.as_deref(), &*created.name))
        .collect();
    assert_eq!(places, [("Role", None, "a"), ("Metric", Some("testing"), "load")]);
    let role = bed.get("/core/roles/a").await.ok();
    let metric = bed.get("/core/namespaces/testing/metrics/load").await.ok();
    assert_eq!(role["metadata"]["resource_version"], metric["metadata"]["resource_version"]);
    assert!(role["metadata"]["uid"].is_string() && role["metadata"]["created"].is_string());
}

#[tokio::test]
async fn one_wrong_resource_and_nothing_is_created() {
    let bed = Bed::start().await;
    let mut nameless = role("-");
    nameless["rules"][0]["verbs"] = json!(["fly"]);
    let mut unknown = role("b");
    unknown["kind"] = json!("Roll");
    let mut nowhere = metric("testing");
    nowhere["metadata"] = json!({"name": "load"});
    let resources = vec![role("a"), nameless, unknown, json!(5), nowhere, metric("a/b"), role("a")];
    let answer = bed.server.bootstrap(resources, Existing::Refuse).await;
    let expected = [(1, 422), (2, 422), (3, 422), (4, 422), (5, 422), (6, 409)];
    assert_eq!(refused(answer), expected);
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn what_exists_is_refused_kept_or_replaced() {
    let bed = Bed::start().await;
    bed.server
        .bootstrap(vec![role("b")], Existing::Refuse)
        .await
        .unwrap();
    let before = bed.get("/core/roles/b").await.ok();
    let both = || vec![role("a"), role("b")];
    assert_eq!(refused(bed.server.bootstrap(both(), Existing::Refuse).await), [(1, 409)]);
    assert_eq!(bed.stored().await, 1);
    let created = bed.server.bootstrap(both(), Existing::Keep).await.unwrap();
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].name, "a");
    assert_eq!(bed.get("/core/roles/b").await.ok(), before);
    let created = bed
        .server
        .bootstrap(both(), Existing::Replace)
        .await
        .unwrap();
    assert_eq!(created.len(), 2);
    assert_ne!(bed.get("/core/roles/b").await.ok()["metadata"]["uid"], before["metadata"]["uid"]);
}

#[tokio::test]
async fn nothing_to_create_is_no_mistake() {
    let bed = Bed::start().await;
    assert_eq!(
        bed.server
            .bootstrap(vec![], Existing::Refuse)
            .await
            .unwrap(),
        []
    );
    let kept = bed
        .server
        .bootstrap(vec![role("a")], Existing::Keep)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        bed.server
            .bootstrap(vec![role("a")], Existing::Keep)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn only_kinds_that_are_served_can_be_created() {
    let builder = ServerBuilder::new(MemoryStore::new())
        .kind::<Role>()
        .kind::<RoleBinding>();
    let server = builder.role_based().build().await.unwrap();
    assert_eq!(refused(server.bootstrap(vec![metric("a")], Existing::Refuse).await), [(0, 422)]);
    server
        .bootstrap(vec![role("a")], Existing::Refuse)
        .await
        .unwrap();
}
