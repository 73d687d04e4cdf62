//! Whether a cluster can run an application.

use krake_core::kubernetes::{Application, Cluster, ClusterState};

/// Why `cluster` cannot run `application`, for a person; `None` if it can.
///
/// A cluster that the application is on already only has to answer: what runs there keeps running while a node is in
/// trouble, and moving it would be the greater harm.
pub(super) fn obstacle(
    application: &Application,
    cluster: &Cluster,
    is_current: bool,
) -> Option<String> {
    availability(cluster, is_current)
        .or_else(|| label(application, cluster))
        .or_else(|| custom_resource(application, cluster))
        .or_else(|| metric(application))
}

fn availability(cluster: &Cluster, is_current: bool) -> Option<String> {
    if cluster.metadata.is_deleting() {
        return Some("is being deleted".to_owned());
    }
    let answers = match cluster.status.state {
        ClusterState::Online => true,
        ClusterState::Connecting
        | ClusterState::Unhealthy
        | ClusterState::NotReady
        | ClusterState::FailingMetrics => is_current,
        _ => false,
    };
    (!answers).then(|| format!("is {}", state_name(cluster.status.state)))
}

/// The state as users know it from the API.
fn state_name(state: ClusterState) -> String {
    let name = serde_json::to_value(state).ok();
    let name = name.as_ref().and_then(serde_json::Value::as_str);
    name.unwrap_or("in an unknown state").to_owned()
}

fn label(application: &Application, cluster: &Cluster) -> Option<String> {
    let wanted = application.spec.constraints.cluster.labels.iter().flatten();
    let labels = &cluster.metadata.labels;
    let unmet = wanted
        .into_iter()
        .find(|constraint| !constraint.matches(labels))?;
    let key = unmet.key();
    Some(match labels.get(key) {
        Some(value) => format!("label {key} is {value}, wanted: {unmet}"),
        None => format!("has no label {key}, wanted: {unmet}"),
    })
}

fn custom_resource(application: &Application, cluster: &Cluster) -> Option<String> {
    let wanted = &application.spec.constraints.cluster.custom_resources;
    let missing = wanted
        .iter()
        .find(|name| !cluster.spec.custom_resources.contains(name))?;
    Some(format!("lacks custom resource {missing}"))
}

/// Clusters have no metrics yet, and a demand on an unknown value is not met.
fn metric(application: &Application) -> Option<String> {
    let unmet = application
        .spec
        .constraints
        .cluster
        .metrics
        .iter()
        .flatten()
        .next()?;
    Some(format!("metric {} is unknown, wanted: {unmet}", unmet.key()))
}
