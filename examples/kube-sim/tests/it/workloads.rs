use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Endpoints, Event, PersistentVolumeClaim, Pod, Service};
use krake_kube_sim::Sim;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::support::{cluster, create, deployment, object, ready, until, until_empty};

fn template(app: &str) -> Value {
    json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}})
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|conditions| {
        conditions
            .iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
}

async fn names(pods: &Api<Pod>) -> Vec<String> {
    let list = pods.list(&ListParams::default()).await.unwrap();
    list.items
        .into_iter()
        .filter_map(|pod| pod.metadata.name)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_deployment_becomes_available_and_rolls_over() {
    let (_sim, client) = cluster().await;
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    create(&deployments, &deployment("web", 3, "nginx:1")).await;
    until(&deployments, |deployment| ready(deployment, 3)).await;
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}}}});
    deployments
        .patch("web", &PatchParams::default(), &Patch::Strategic(image))
        .await
        .unwrap();
    let done = until(&deployments, |deployment| {
        ready(deployment, 3) && deployment.metadata.generation == Some(2)
    })
    .await;
    assert_eq!(done.metadata.annotations.unwrap()["deployment.kubernetes.io/revision"], "2");
    let sets: Api<ReplicaSet> = Api::default_namespaced(client.clone());
    assert_eq!(
        sets.list(&ListParams::default()).await.unwrap().items.len(),
        2,
        "the old one is kept for a rollback"
    );
    let pods: Api<Pod> = Api::default_namespaced(client);
    for pod in pods.list(&ListParams::default()).await.unwrap() {
        if pod.metadata.deletion_timestamp.is_none() {
            assert_eq!(pod.spec.unwrap().containers[0].image.as_deref(), Some("nginx:2"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_pods() {
    let run = async || {
        let (_sim, client) = cluster().await;
        let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
        create(&deployments, &deployment("web", 4, "nginx:1")).await;
        until(&deployments, |deployment| ready(deployment, 4)).await;
        names(&Api::default_namespaced(client)).await
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test(start_paused = true)]
async fn a_service_leads_to_ready_pods_and_a_balancer_gets_an_address() {
    let (_sim, client) = cluster().await;
    create(&Api::<Deployment>::default_namespaced(client.clone()), &deployment("web", 2, "nginx"))
        .await;
    let services: Api<Service> = Api::default_namespaced(client.clone());
    let service = object(json!({
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 8080, "targetPort": 80}]},
    }));
    create(&services, &service).await;
    until(&services, |service| {
        let status = service
            .status
            .as_ref()
            .and_then(|status| status.load_balancer.as_ref());
        status.is_some_and(|status| {
            status
                .ingress
                .as_ref()
                .is_some_and(|ingress| ingress[0].ip.is_some())
        })
    })
    .await;
    until(&Api::<Endpoints>::default_namespaced(client), |endpoints| {
        let subsets = endpoints.subsets.as_deref().unwrap_or_default();
        subsets.iter().any(|subset| {
            subset
                .addresses
                .as_ref()
                .is_some_and(|addresses| addresses.len() == 2)
        })
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stateful_set_numbers_its_pods_and_gives_each_a_claim() {
    let (_sim, client) = cluster().await;
    let sets: Api<StatefulSet> = Api::default_namespaced(client.clone());
    let set = object(json!({
        "metadata": {"name": "db"},
        "spec": {
            "replicas": 3, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template("db"),
            "volumeClaimTemplates": [{
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }],
        },
    }));
    create(&sets, &set).await;
    let is_up = |set: &StatefulSet| {
        set.status
            .as_ref()
            .is_some_and(|status| status.ready_replicas == Some(3))
    };
    until(&sets, is_up).await;
    assert_eq!(names(&Api::default_namespaced(client.clone())).await, ["db-0", "db-1", "db-2"]);
    let claims: Api<PersistentVolumeClaim> = Api::default_namespaced(client);
    let bound = claims.list(&ListParams::default()).await.unwrap();
    let is_bound = |claim: &PersistentVolumeClaim| {
        claim
            .status
            .as_ref()
            .is_some_and(|status| status.phase.as_deref() == Some("Bound"))
    };
    assert_eq!(bound.items.iter().filter(|claim| is_bound(claim)).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_daemon_set_runs_on_each_node_and_a_job_to_its_end() {
    let (sim, client) = cluster().await;
    let sets: Api<DaemonSet> = Api::default_namespaced(client.clone());
    let set = object(json!({
        "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template("agent")},
    }));
    create(&sets, &set).await;
    until(&sets, |set| {
        set.status
            .as_ref()
            .is_some_and(|status| status.number_ready == 2)
    })
    .await;
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let on: Vec<_> = pods
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|pod| pod.spec?.node_name)
        .collect();
    assert!(
        sim.node_names()
            .await
            .unwrap()
            .iter()
            .all(|node| on.contains(node))
    );
    let jobs: Api<Job> = Api::default_namespaced(client);
    let mut job = template("once");
    job["spec"]["restartPolicy"] = "Never".into();
    create(&jobs, &object(json!({"metadata": {"name": "once"}, "spec": {"completions": 3, "parallelism": 2, "template": job}}))).await;
    let done = until(&jobs, |job| {
        job.status
            .as_ref()
            .is_some_and(|status| status.completion_time.is_some())
    })
    .await;
    assert_eq!(done.status.unwrap().succeeded, Some(3));
}

#[tokio::test(start_paused = true)]
async fn pods_leave_a_node_that_stays_silent() {
    let (sim, client) = cluster().await;
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    create(&deployments, &deployment("web", 2, "nginx")).await;
    until(&deployments, |deployment| ready(deployment, 2)).await;
    let nodes = sim.node_names().await.unwrap();
    sim.set_node_condition(&nodes[0], "Ready", "False")
        .await
        .unwrap();
    until(&deployments, |deployment| {
        deployment
            .status
            .as_ref()
            .is_some_and(|status| status.available_replicas == Some(1))
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    until(&deployments, |deployment| ready(deployment, 2)).await;
    let pods: Api<Pod> = Api::default_namespaced(client);
    let elsewhere = pods
        .list(&ListParams::default().fields(&format!("spec.nodeName={}", nodes[1])))
        .await
        .unwrap();
    assert_eq!(elsewhere.items.iter().filter(|pod| is_ready(pod)).count(), 2);
    sim.set_node_condition(&nodes[0], "Ready", "True")
        .await
        .unwrap();
    until_only(&pods, 2).await;
    assert!(
        sim.set_node_condition("nobody", "Ready", "True")
            .await
            .is_err()
    );
}

async fn until_only(pods: &Api<Pod>, count: usize) {
    for _ in 0..1_000 {
        if names(pods).await.len() == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the pods of the silent node never went");
}

#[tokio::test(start_paused = true)]
async fn without_a_fitting_node_a_pod_waits_and_says_why() {
    let sim = Sim::builder()
        .nodes(1_usize)
        .pods_per_node(1_usize)
        .start()
        .await
        .unwrap();
    let client = Client::new(sim.service(), "default");
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    create(&Api::<Deployment>::default_namespaced(client.clone()), &deployment("web", 2, "nginx"))
        .await;
    let waiting = until(&pods, |pod| {
        let conditions = pod
            .status
            .as_ref()
            .and_then(|status| status.conditions.as_ref());
        conditions
            .is_some_and(|conditions| conditions[0].reason.as_deref() == Some("Unschedulable"))
    })
    .await;
    let message = waiting.status.unwrap().conditions.unwrap()[0]
        .message
        .clone()
        .unwrap();
    assert_eq!(message, "0/1 nodes are available: 1 Too many pods.");
    let running = until(&pods, is_ready).await;
    pods.delete(&running.metadata.name.unwrap(), &kube::api::DeleteParams::default())
        .await
        .unwrap();
    // Whoever comes next takes the place.
    let name = waiting.metadata.name;
    until(&pods, |pod| {
        is_ready(pod) && (pod.metadata.name == name || pod.metadata.deletion_timestamp.is_none())
    })
    .await;
    let events: Api<Event> = Api::default_namespaced(client);
    let reasons: Vec<_> = events
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|event| event.reason)
        .collect();
    for reason in
        ["ScalingReplicaSet", "SuccessfulCreate", "Scheduled", "FailedScheduling", "Started"]
    {
        assert!(reasons.iter().any(|present| present == reason), "{reason} in {reasons:?}");
    }
    let none: Api<Pod> = Api::namespaced(events.into_client(), "kube-system");
    until_empty(&none).await;
}
