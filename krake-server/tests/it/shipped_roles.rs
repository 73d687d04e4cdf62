//! What `config/base_roles.yaml` lets its users do.

use http::Request;
use http_body_util::Full;
use krake_server::store::MemoryStore;
use krake_server::{Existing, Server, ServerBuilder, User};
use tower::ServiceExt;

const ROLES: &str = include_str!("../../config/base_roles.yaml");

const KINDS: [&str; 14] = [
    "core/roles",
    "core/rolebindings",
    "core/globalmetrics",
    "core/metrics",
    "core/globalmetricsproviders",
    "core/metricsproviders",
    "infrastructure/globalinfrastructureproviders",
    "infrastructure/infrastructureproviders",
    "infrastructure/globalclouds",
    "infrastructure/clouds",
    "kubernetes/applications",
    "kubernetes/clusters",
    "openstack/projects",
    "openstack/magnumclusters",
];
const SUBRESOURCES: [&str; 12] = [
    "kubernetes/applications/status",
    "kubernetes/applications/binding",
    "kubernetes/applications/complete",
    "kubernetes/applications/shutdown",
    "kubernetes/applications/retry",
    "kubernetes/clusters/status",
    "kubernetes/clusters/binding",
    "infrastructure/globalclouds/status",
    "infrastructure/clouds/status",
    "openstack/projects/status",
    "openstack/magnumclusters/status",
    "openstack/magnumclusters/binding",
];
const METRICS: [&str; 4] =
    ["core/globalmetrics", "core/metrics", "core/globalmetricsproviders", "core/metricsproviders"];
const CLOUDS: [&str; 2] = ["infrastructure/globalclouds", "infrastructure/clouds"];
const INFRASTRUCTURE: [&str; 4] = [
    "infrastructure/globalinfrastructureproviders",
    "infrastructure/infrastructureproviders",
    "infrastructure/globalclouds",
    "infrastructure/clouds",
];

async fn server() -> Server {
    let builder = ServerBuilder::new(MemoryStore::new()).stock().role_based();
    let server = builder.build().await.unwrap();
    let resources = serde_saphyr::from_multiple(ROLES).unwrap();
    server.bootstrap(resources, Existing::Refuse).await.unwrap();
    server
}

/// The request for a verb; bodies are empty, so that nothing happens even where it is permitted.
fn request(verb: &str, resource: &str) -> Request<Full<&'static [u8]>> {
    let mut parts = resource.split('/');
    let (api, plural) = (parts.next().unwrap(), parts.next().unwrap());
    let is_global = plural.starts_with("global") || plural.starts_with("role");
    let collection = if is_global {
        format!("/{api}/{plural}")
    } else {
        format!("/{api}/namespaces/testing/{plural}")
    };
    let object = match parts.next() {
        None => format!("{collection}/none"),
        Some(subresource) => format!("{collection}/none/{subresource}"),
    };
    let (method, path) = match verb {
        "create" => ("POST", collection),
        "list" => ("GET", collection),
        "get" => ("GET", object),
        "update" => ("PUT", object),
        "delete" => ("DELETE", object),
        other => panic!("{other}"),
    };
    Request::builder()
        .method(method)
        .uri(path)
        .body(Full::default())
        .unwrap()
}

/// Everything that a user may do, as `verb resource`.
async fn rights(server: &Server, user: &'static str) -> Vec<String> {
    let mut rights = Vec::new();
    let verbs = ["create", "list", "get", "update", "delete"];
    let on_kinds = KINDS
        .iter()
        .flat_map(|kind| verbs.map(|verb| (verb, *kind)));
    let on_parts = SUBRESOURCES.iter().map(|part| ("update", *part));
    for (verb, resource) in on_kinds.chain(on_parts) {
        let sender = server.acting_as(User::new(user));
        let Ok(response) = sender.oneshot(request(verb, resource)).await;
        if ![401, 403].contains(&response.status().as_u16()) {
            rights.push(format!("{verb} {resource}"));
        }
    }
    rights.sort();
    rights
}

fn each<'a>(verbs: &[&str], resources: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let resources = resources.into_iter();
    resources
        .flat_map(|resource| verbs.iter().map(move |verb| format!("{verb} {resource}")))
        .collect()
}

/// The rights of a user are these, and no others.
async fn assert_rights(user: &'static str, expected: impl IntoIterator<Item = Vec<String>>) {
    let mut expected: Vec<String> = expected.into_iter().flatten().collect();
    expected.sort();
    assert_eq!(rights(&server().await, user).await, expected, "{user}");
}

const ALL: [&str; 5] = ["create", "list", "get", "update", "delete"];
const READ: [&str; 2] = ["list", "get"];
const EDIT: [&str; 3] = ["list", "get", "update"];

#[tokio::test]
async fn the_administrator_may_do_everything() {
    assert_rights("system:admin", [each(&ALL, KINDS), each(&["update"], SUBRESOURCES)]).await;
}

#[tokio::test]
async fn others_may_do_nothing() {
    for user in ["system:anonymous", "anna", "system:masters"] {
        assert_rights(user, []).await;
    }
}

#[tokio::test]
async fn the_garbage_collector_may_delete_everything() {
    assert_rights("system:gc", [each(&["list", "get", "update", "delete"], KINDS)]).await;
}

#[tokio::test]
async fn the_scheduler_may_bind_and_say_why_not() {
    let parts = [
        "kubernetes/applications/binding",
        "kubernetes/applications/status",
        "kubernetes/applications/retry",
        "kubernetes/clusters/binding",
        "kubernetes/clusters/status",
        "infrastructure/globalclouds/status",
        "infrastructure/clouds/status",
        "openstack/projects/status",
        "openstack/magnumclusters/binding",
        "openstack/magnumclusters/status",
    ];
    let rights = [
        each(&READ, METRICS),
        each(&READ, CLOUDS),
        each(&READ, ["kubernetes/applications", "openstack/projects"]),
        each(&["create", "list", "get", "delete"], ["kubernetes/clusters"]),
        each(&EDIT, ["openstack/magnumclusters"]),
        each(&["update"], parts),
    ];
    assert_rights("system:scheduler", rights).await;
}

#[tokio::test]
async fn controllers_may_do_what_they_do() {
    let parts = ["kubernetes/applications/status", "kubernetes/applications/retry"];
    let applications = [
        each(&EDIT, ["kubernetes/applications"]),
        each(&["update"], parts),
        each(&READ, ["kubernetes/clusters"]),
    ];
    assert_rights("system:kubernetes-application", applications).await;
    let clusters = || {
        let edit = each(&EDIT, ["kubernetes/clusters"]);
        [edit, each(&["update"], ["kubernetes/clusters/status"])]
    };
    assert_rights("system:kubernetes-cluster", clusters()).await;
    let infrastructure = clusters().into_iter().chain([each(&READ, INFRASTRUCTURE)]);
    assert_rights("system:infrastructure", infrastructure).await;
    let magnum = [
        each(&EDIT, ["openstack/magnumclusters"]),
        each(&["update"], ["openstack/magnumclusters/status"]),
        each(&["get"], ["openstack/projects"]),
        each(&["create", "get", "update"], ["kubernetes/clusters"]),
    ];
    assert_rights("system:magnum", magnum).await;
}

#[tokio::test]
async fn hooks_may_do_one_thing_each() {
    let hook = |name| each(&["update"], [name]);
    assert_rights("system:complete-hook", [hook("kubernetes/applications/complete")]).await;
    assert_rights("system:shutdown-hook", [hook("kubernetes/applications/shutdown")]).await;
}
