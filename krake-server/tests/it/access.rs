//! Who may come in, and what they may do.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body_util::Full;
use krake_core::Problem;
use krake_core::base::{Role, RoleBinding, RoleRule, Verb};
use krake_server::store::MemoryStore;
use krake_server::{
    AlwaysDeny, Authentication, AuthenticationError, Authenticator, BuildError, CorsOrigin,
    FixedUser, ServerBuilder, User,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::bed::{APPLICATIONS, Answer, Bed, application, path};

/// Believes what the header `user` says, unless it says `nobody`.
struct Claim;

#[async_trait]
impl Authenticator for Claim {
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
        let claim = request
            .headers
            .get("user")
            .map(|value| value.to_str().unwrap());
        match claim {
            Some("nobody") => {
                Err(AuthenticationError::Refused(Problem::new(401, "Nobody is nobody.")))
            }
            claim => Ok(claim.map(User::new)),
        }
    }
}

async fn bed(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Bed {
    let store = Arc::new(MemoryStore::new());
    let server = configure(Bed::builder(Arc::clone(&store))).build();
    Bed { server: server.await.unwrap(), store }
}

/// Roles decide, users say who they are, and `admin` may do everything.
async fn role_based() -> Bed {
    let bed = bed(|server| {
        server
            .role_based()
            .authentication(Authentication::closed().with(Claim).or_anonymous())
    })
    .await;
    let everything =
        rule("", "", &[Verb::Create, Verb::List, Verb::Get, Verb::Update, Verb::Delete]);
    let role = Role::new("everything", vec![everything]);
    let binding = RoleBinding::new("admins", vec!["admin".into()], vec!["everything".into()]);
    store(&bed, "/core/roles/everything", &role).await;
    store(&bed, "/core/rolebindings/admins", &binding).await;
    bed
}

/// Puts an object into the store, past the server.
async fn store<K: serde::Serialize>(bed: &Bed, key: &str, object: &K) {
    use krake_server::store::{Op, Store, Transaction};
    let value = serde_json::to_vec(object).unwrap().into();
    let ops = vec![Op::Put { key: key.into(), value }];
    bed.store
        .commit(Transaction { guards: Vec::new(), ops })
        .await
        .unwrap();
}

fn rule(resource: &str, namespace: &str, verbs: &[Verb]) -> RoleRule {
    RoleRule {
        api: String::new(),
        resources: vec![resource.into()],
        namespaces: vec![namespace.into()],
        verbs: verbs.to_vec(),
    }
}

async fn as_user(bed: &Bed, user: &str, method: &str, path: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("user", user);
    let body = Full::new(Bytes::from(body.to_string()));
    bed.answer(request.body(body).unwrap()).await
}

/// Gives `user` one role with one rule.
async fn grant(bed: &Bed, user: &str, rule: RoleRule) -> Value {
    let role = json!({"metadata": {"name": user}, "rules": [rule]});
    let binding = json!({"metadata": {"name": user}, "users": [user], "roles": [user]});
    as_user(bed, "admin", "POST", "/core/rolebindings", &binding)
        .await
        .ok();
    as_user(bed, "admin", "POST", "/core/roles", &role)
        .await
        .ok()
}

async fn status(bed: &Bed, user: &str, method: &str, path: &str) -> u16 {
    as_user(bed, user, method, path, &json!({})).await.status()
}

#[tokio::test]
async fn roles_decide_before_the_body_is_looked_at() {
    let bed = role_based().await;
    as_user(&bed, "admin", "POST", APPLICATIONS, &application("a"))
        .await
        .ok();
    grant(&bed, "reader", rule("applications", "testing", &[Verb::Get, Verb::List])).await;
    assert_eq!(status(&bed, "reader", "GET", &path("a")).await, 200);
    assert_eq!(status(&bed, "reader", "GET", APPLICATIONS).await, 200);
    let refused = as_user(&bed, "reader", "POST", APPLICATIONS, &json!("nonsense")).await;
    assert_eq!(refused.problem(), (403, None));
    for (method, path) in [
        ("PUT", path("a")),
        ("DELETE", path("missing")),
        ("PUT", path("a") + "/status"),
        ("GET", "/kubernetes/namespaces/other/applications".to_owned()),
        ("GET", "/kubernetes/namespaces/testing/clusters".to_owned()),
        ("GET", "/core/roles".to_owned()),
    ] {
        assert_eq!(status(&bed, "reader", method, &path).await, 403, "{method} {path}");
    }
    assert_eq!(status(&bed, "reader", "GET", "/nowhere").await, 404);
    assert_eq!(status(&bed, "reader", "POST", &path("a")).await, 405);
}

#[tokio::test]
async fn a_patch_needs_the_permission_to_update() {
    let bed = role_based().await;
    as_user(&bed, "admin", "POST", APPLICATIONS, &application("a"))
        .await
        .ok();
    grant(&bed, "writer", rule("applications", "testing", &[Verb::Update])).await;
    grant(&bed, "reporter", rule("applications/status", "testing", &[Verb::Update])).await;
    grant(&bed, "reader", rule("applications", "testing", &[Verb::Get, Verb::List])).await;
    let status_path = path("a") + "/status";
    // Who may patch is told that this is no patch.
    for (user, of_resource, of_status) in
        [("writer", 405, 403), ("reporter", 403, 405), ("reader", 403, 403)]
    {
        assert_eq!(status(&bed, user, "PATCH", &path("a")).await, of_resource, "{user}");
        assert_eq!(status(&bed, user, "PATCH", &status_path).await, of_status, "{user}");
    }
}

#[tokio::test]
async fn a_list_or_watch_of_all_namespaces_needs_a_permission_for_all() {
    let bed = role_based().await;
    grant(&bed, "one", rule("applications", "testing", &[Verb::List])).await;
    grant(&bed, "all", rule("applications", "", &[Verb::List])).await;
    for query in ["", "?watch", "?limit=1"] {
        let path = format!("/kubernetes/applications{query}");
        assert_eq!(status(&bed, "one", "GET", &path).await, 403, "{path}");
    }
    assert_eq!(status(&bed, "one", "GET", APPLICATIONS).await, 200);
    assert_eq!(status(&bed, "all", "GET", "/kubernetes/applications").await, 200);
}

#[tokio::test]
async fn a_change_of_roles_counts_for_the_next_request() {
    let bed = role_based().await;
    for round in 0..20 {
        let user = format!("user-{round}");
        assert_eq!(status(&bed, &user, "GET", APPLICATIONS).await, 403);
        let mut role = grant(&bed, &user, rule("applications", "", &[Verb::List])).await;
        assert_eq!(status(&bed, &user, "GET", APPLICATIONS).await, 200);
        role["rules"] = json!([]);
        let path = format!("/core/roles/{user}");
        as_user(&bed, "admin", "PUT", &path, &role).await.ok();
        assert_eq!(status(&bed, &user, "GET", APPLICATIONS).await, 403);
    }
}

#[tokio::test]
async fn a_retry_needs_the_permission_for_the_status() {
    let bed = role_based().await;
    grant(&bed, "named", rule("applications/retry", "", &[Verb::Update])).await;
    grant(&bed, "status", rule("applications/status", "", &[Verb::Update])).await;
    let retry = path("missing") + "/retry";
    assert_eq!(status(&bed, "named", "PUT", &retry).await, 403);
    assert_eq!(status(&bed, "status", "PUT", &retry).await, 404);
}

#[tokio::test]
async fn users_are_told_who_they_are_and_which_roles_they_have() {
    let bed = role_based().await;
    let binding =
        json!({"metadata": {"name": "b"}, "users": ["u", "v"], "roles": ["z", "gone", "z"]});
    as_user(&bed, "admin", "POST", "/core/rolebindings", &binding)
        .await
        .ok();
    let me = as_user(&bed, "u", "GET", "/me", &json!({})).await.ok();
    assert_eq!(me, json!({"user": "u", "roles": ["gone", "z"]}));
    let anonymous = bed.get("/me").await.ok();
    assert_eq!(anonymous, json!({"user": "system:anonymous", "roles": []}));
    let released = as_user(&bed, "u", "GET", "/release", &json!({})).await;
    assert_eq!((released.status(), released.json()), (202, json!("You released the Krake.")));
}

#[tokio::test]
async fn strangers_are_refused_before_the_path_is_looked_at() {
    let bed = bed(|server| server.authentication(Authentication::closed().with(Claim))).await;
    for path in ["/", "/me", "/nowhere", APPLICATIONS, "/openapi.json"] {
        let answer = bed.get(path).await;
        assert_eq!(answer.problem(), (401, None), "{path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"krake\"");
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(bed.get(probe).await.status(), 200, "{probe}");
    }
    let refused = as_user(&bed, "nobody", "GET", "/", &json!({})).await;
    assert_eq!(refused.json()["detail"], "Nobody is nobody.");
    assert_eq!(status(&bed, "somebody", "GET", "/").await, 200);
}

#[tokio::test]
async fn anonymous_users_are_asked_who_they_are_instead_of_being_forbidden() {
    let bed = role_based().await;
    assert_eq!(bed.get(APPLICATIONS).await.problem(), (401, None));
    assert_eq!(bed.get("/").await.status(), 200);
    let closed = self::bed(|server| server.authorizer(AlwaysDeny)).await;
    assert_eq!(closed.get(APPLICATIONS).await.problem(), (403, None));
    assert_eq!(closed.get("/me").await.status(), 200);
}

#[tokio::test]
async fn a_part_of_the_program_acts_as_a_user() {
    let bed = role_based().await;
    let get = || {
        Request::get("/core/roles")
            .body(Full::<Bytes>::default())
            .unwrap()
    };
    let admin = bed.server.acting_as(User::new("admin"));
    assert_eq!(admin.oneshot(get()).await.unwrap().status(), 200);
    let other = bed.server.acting_as(User::new("other"));
    assert_eq!(other.oneshot(get()).await.unwrap().status(), 403);
}

#[tokio::test]
async fn roles_cannot_decide_where_none_are_kept() {
    let store = MemoryStore::new();
    let built = ServerBuilder::new(store)
        .kubernetes()
        .role_based()
        .build()
        .await;
    assert!(matches!(built, Err(BuildError::NoRoles)), "{built:?}");
}

#[tokio::test]
async fn only_allowed_pages_may_read_answers() {
    let bed = bed(|server| server.cors(CorsOrigin::One("https://ui.example.org".into()))).await;
    let from = |origin: &str| {
        let request = Request::get(APPLICATIONS).header("origin", origin);
        bed.answer(request.body(Full::<Bytes>::default()).unwrap())
    };
    let allowed = from("https://ui.example.org").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://ui.example.org");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert_eq!(allowed.header("vary"), "Origin");
    let other = from("https://evil.example.org").await;
    assert_eq!(other.status(), 200);
    assert!(
        !other
            .response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn browsers_are_told_what_they_may_send_without_authentication() {
    let bed = bed(|server| {
        server
            .cors(CorsOrigin::Any)
            .authentication(Authentication::closed())
    })
    .await;
    let ask = |path: &str, headers: &[(&str, &str)]| {
        let request = Request::options(path);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        bed.answer(request.body(Full::<Bytes>::default()).unwrap())
    };
    let wish = [
        ("origin", "https://ui.example.org"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type, x-a"),
    ];
    let told = ask(APPLICATIONS, &wish).await;
    assert_eq!((told.status(), told.text.as_str()), (200, ""));
    assert_eq!(told.header("access-control-allow-methods"), "PUT");
    assert_eq!(told.header("access-control-allow-headers"), "CONTENT-TYPE, X-A");
    assert_eq!(told.header("access-control-allow-origin"), "https://ui.example.org");
    assert_eq!(ask("/nowhere", &wish).await.status(), 404);
    let odd = [wish[0], ("access-control-request-method", "BREW")];
    let refused = ask(APPLICATIONS, &odd).await;
    assert_eq!(refused.problem(), (403, None));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("CORS") && detail.contains("BREW"), "{detail}");
    assert_eq!(ask(APPLICATIONS, &wish[1..]).await.status(), 403);
}

#[tokio::test]
async fn problems_are_explained_where_the_operator_says() {
    let bed = bed(|server| {
        server
            .problem_base_url("https://docs.example.org/problem")
            .authentication(Authentication::closed().with(FixedUser(User::new("x"))))
    })
    .await;
    let missing = bed.get(&path("missing")).await.json();
    assert_eq!(missing["type"], "https://docs.example.org/problem#not-found-error");
    assert_eq!(bed.get("/nowhere").await.json()["type"], "about:blank");
}
