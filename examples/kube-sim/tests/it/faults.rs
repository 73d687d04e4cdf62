use std::time::Duration;

use futures::StreamExt;
use http::StatusCode;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use krake_kube_sim::{Outage, Sim};
use kube::api::{Api, ListParams, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::support::{cluster, config_map, create, refusal};

async fn over_socket(sim: &Sim) -> Client {
    let kubeconfig: Kubeconfig = serde_json::from_value(sim.kubeconfig()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    Client::try_from(config).unwrap()
}

#[tokio::test]
async fn a_refusing_api_breaks_requests_and_watches_until_it_is_back() {
    let (sim, in_process) = cluster().await;
    for client in [in_process, over_socket(&sim).await] {
        let api: Api<ConfigMap> = Api::default_namespaced(client);
        let mut events = Box::pin(
            api.watch(&WatchParams::default().fields("metadata.name=none"), "0")
                .await
                .unwrap(),
        );
        sim.set_outage(Outage::Refuse);
        assert!(api.list(&ListParams::default()).await.is_err());
        let broken = events.next().await;
        assert!(broken.is_none_or(|event| event.is_err()), "the watch must not go on");
        sim.set_outage(Outage::None);
        api.list(&ListParams::default()).await.unwrap();
    }
}

#[tokio::test]
async fn an_unavailable_api_answers_503() {
    let (sim, client) = cluster().await;
    let api: Api<Namespace> = Api::all(client);
    sim.set_outage(Outage::Unavailable);
    let (code, reason, _) = refusal(api.list(&ListParams::default()).await);
    assert_eq!((code, reason.as_str()), (503, "ServiceUnavailable"));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_api_holds_requests_and_events_back() {
    let (sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let params = WatchParams::default().fields("metadata.name=a");
    let mut events = Box::pin(api.watch(&params, "0").await.unwrap());
    sim.set_outage(Outage::Hang);
    assert!(
        timeout(Duration::from_mins(10), api.list(&ListParams::default()))
            .await
            .is_err()
    );
    let object = config_map("a", json!({}));
    let write = create(&api, &object);
    tokio::pin!(write);
    assert!(timeout(Duration::from_mins(10), &mut write).await.is_err());
    assert!(
        timeout(Duration::from_mins(10), events.next())
            .await
            .is_err()
    );
    sim.set_outage(Outage::None);
    write.await;
    assert!(events.next().await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn failures_and_delays_come_as_ordered() {
    let (sim, client) = cluster().await;
    let api: Api<Namespace> = Api::all(client);
    sim.fail_next(2, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..2 {
        assert_eq!(refusal(api.list(&ListParams::default()).await).0, 429);
    }
    api.list(&ListParams::default()).await.unwrap();
    sim.set_error_rate(1.0);
    assert_eq!(refusal(api.list(&ListParams::default()).await).0, 500);
    sim.set_error_rate(0.0);
    sim.set_latency(Duration::from_secs(3));
    let start = Instant::now();
    api.list(&ListParams::default()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3));
}
