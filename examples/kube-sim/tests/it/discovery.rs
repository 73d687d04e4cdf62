use http::Request;
use krake_kube_sim::Sim;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::discovery::{ApiGroup, Discovery, Scope};
use kube::{Client, Config};
use serde_json::Value;

use crate::support::cluster;

#[tokio::test]
async fn all_groups_and_kinds_are_discoverable() {
    let (_sim, client) = cluster().await;
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let apps = discovery.get("apps").unwrap();
    let (deployment, capabilities) = apps.recommended_kind("Deployment").unwrap();
    assert_eq!(deployment.plural, "deployments");
    assert_eq!(capabilities.scope, Scope::Namespaced);
    assert!(
        capabilities
            .subresources
            .iter()
            .any(|(resource, _)| resource.plural == "deployments/scale"
                || resource.plural == "scale")
    );
    let core = discovery.get("").unwrap();
    assert_eq!(core.recommended_kind("Node").unwrap().1.scope, Scope::Cluster);
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.32.0");
}

#[tokio::test]
async fn one_document_says_the_same_as_many() {
    let (_sim, client) = cluster().await;
    let many = Discovery::new(client.clone()).run().await.unwrap();
    let one = Discovery::new(client).run_aggregated().await.unwrap();
    let kinds = |discovery: &Discovery| {
        let mut kinds: Vec<String> = discovery
            .groups()
            .flat_map(ApiGroup::recommended_resources)
            .map(|(resource, capabilities)| {
                format!("{} {} {:?}", resource.api_version, resource.plural, capabilities.scope)
            })
            .collect();
        kinds.sort();
        kinds
    };
    assert!(kinds(&one).len() > 30);
    assert_eq!(kinds(&many), kinds(&one));
}

#[tokio::test]
async fn the_kubeconfig_has_one_of_each_and_leads_to_the_socket() {
    let sim = Sim::builder().name("edge").start().await.unwrap();
    let kubeconfig = sim.kubeconfig();
    for list in ["clusters", "contexts", "users"] {
        assert_eq!(kubeconfig[list].as_array().unwrap().len(), 1, "{list}");
    }
    let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    let client = Client::try_from(config).unwrap();
    assert_eq!(client.apiserver_version().await.unwrap().major, "1");
    sim.shutdown().await;
    assert!(client.apiserver_version().await.is_err(), "nobody listens after shutdown");
}

#[tokio::test]
async fn an_unknown_path_is_a_status_object() {
    let (_sim, client) = cluster().await;
    let request = Request::get("/apis/nothing.example.org/v1/things")
        .body(Vec::new())
        .unwrap();
    let error = client.request::<Value>(request).await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("{error:?}") };
    assert_eq!((status.code, status.reason.as_str()), (404, "NotFound"));
    for path in ["/healthz", "/livez", "/readyz"] {
        let request = Request::get(path).body(Vec::new()).unwrap();
        assert_eq!(client.request_text(request).await.unwrap(), "ok");
    }
}
