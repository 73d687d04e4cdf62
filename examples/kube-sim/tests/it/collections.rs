use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use serde_json::json;

use crate::support::{cluster, create, object, refusal};

fn labelled(name: &str, tier: &str) -> ConfigMap {
    object(json!({"metadata": {"name": name, "labels": {"tier": tier}}}))
}

#[tokio::test]
async fn selectors_choose_and_pages_show_one_state() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    for index in 0..7 {
        create(&api, &labelled(&format!("c{index}"), if index % 2 == 0 { "web" } else { "db" }))
            .await;
    }
    let web = api
        .list(&ListParams::default().labels("tier in (web)"))
        .await
        .unwrap();
    assert_eq!(web.items.len(), 4);
    let one = api
        .list(&ListParams::default().fields("metadata.name=c3"))
        .await
        .unwrap();
    assert_eq!(one.items.len(), 1);
    let (code, _, _) = refusal(api.list(&ListParams::default().fields("data.x=1")).await);
    assert_eq!(code, 400);
    let mut params = ListParams::default().labels("tier").limit(3);
    let (mut names, mut version) = (Vec::new(), None);
    loop {
        let page = api.list(&params).await.unwrap();
        names.extend(page.items.into_iter().filter_map(|item| item.metadata.name));
        assert!(version.is_none() || version == page.metadata.resource_version);
        version = page.metadata.resource_version;
        create(&api, &labelled(&format!("c0{}", names.len()), "late")).await;
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => break,
        }
    }
    assert_eq!(names, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
}

#[tokio::test]
async fn pods_are_selected_by_node_and_phase() {
    let (sim, client) = cluster().await;
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let nodes = sim.node_names().await.unwrap();
    let pod = |name: &str, node: &str| -> Pod {
        object(json!({
            "metadata": {"name": name},
            "spec": {"nodeName": node, "containers": [{"name": "main", "image": "nginx"}]},
        }))
    };
    create(&pods, &pod("a", &nodes[0])).await;
    create(&pods, &pod("b", &nodes[1])).await;
    crate::support::until(&pods, |pod| {
        pod.metadata.name.as_deref() == Some("b")
            && pod
                .status
                .as_ref()
                .is_some_and(|status| status.phase.as_deref() == Some("Running"))
    })
    .await;
    let here = pods
        .list(&ListParams::default().fields(&format!("spec.nodeName={}", nodes[1])))
        .await
        .unwrap();
    assert_eq!(here.items[0].metadata.name.as_deref(), Some("b"));
    let running = pods
        .list(&ListParams::default().fields("status.phase!=Running"))
        .await
        .unwrap();
    assert!(
        running
            .items
            .iter()
            .all(|pod| pod.metadata.name.as_deref() != Some("b"))
    );
    let all: Api<Node> = Api::all(client);
    assert_eq!(all.list(&ListParams::default()).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn a_collection_can_be_deleted() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    create(&api, &labelled("a", "web")).await;
    create(&api, &labelled("b", "db")).await;
    let chosen = ListParams::default().labels("tier=web");
    api.delete_collection(&DeleteParams::default(), &chosen)
        .await
        .unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
    assert!(api.get_opt("b").await.unwrap().is_some());
}
