//! Users by tokens: in a file, of Keystone, of Keycloak.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use http::Request;
use http_body_util::Full;
use krake_server::store::MemoryStore;
use krake_server::{
    Authentication, Authenticator, IdentityError, IdentityOptions, Keycloak, Keystone, Limits,
    TokenFile,
};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

use crate::bed::{Answer, Bed, leap};
use crate::certificates::Authority;
use crate::identity_service::{Asked, IdentityService, Reply};

/// A server that knows its users in these ways.
async fn bed(authentication: Authentication) -> Bed {
    let store = Arc::new(MemoryStore::new());
    let mut limits = Limits::default();
    // No other limit than those of identity services is to end a request.
    limits.request_time = Duration::from_hours(1);
    let server = Bed::builder(Arc::clone(&store))
        .limits(limits)
        .authentication(authentication);
    Bed { server: server.build().await.unwrap(), store }
}

async fn only(authenticator: impl Authenticator) -> Bed {
    bed(Authentication::closed().with(authenticator)).await
}

fn keystone(service: &IdentityService) -> Keystone {
    keystone_with(service, |_| {})
}

fn keystone_with(service: &IdentityService, change: impl FnOnce(&mut IdentityOptions)) -> Keystone {
    let mut options = IdentityOptions::default();
    change(&mut options);
    Keystone::new(&format!("http://{}/v3", service.address), &options).unwrap()
}

/// Knows `token-NAME` as `NAME`, as Keystone.
fn known_as_keystone(asked: &Asked) -> Reply {
    let header = |name: &str| {
        asked
            .headers
            .iter()
            .find_map(|header| header.strip_prefix(name))
    };
    let token = header("x-subject-token: ").unwrap();
    match token.strip_prefix("token-") {
        _ if header("x-auth-token: ") != Some(token) => Reply::new("400 Bad Request", "{}"),
        Some(user) => Reply::keystone(user),
        None => Reply::new("401 Unauthorized", r#"{"error": {"code": 401}}"#),
    }
}

async fn me(bed: &Bed, authorization: &str) -> Answer {
    let request = Request::get("/me").header("authorization", authorization);
    bed.answer(request.body(Full::<&[u8]>::default()).unwrap())
        .await
}

async fn user(bed: &Bed, authorization: &str) -> String {
    let answer = me(bed, authorization).await.ok();
    answer["user"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn keystone_is_asked_with_the_token_as_proof_and_subject() {
    let service = IdentityService::start(known_as_keystone).await;
    let bed = only(keystone(&service)).await;
    assert_eq!(user(&bed, "token-ann").await, "ann");
    assert_eq!(user(&bed, "Bearer token-bob").await, "bob");
    let asked = service.asked();
    assert_eq!(asked.len(), 2);
    for (asked, token) in asked.iter().zip(["token-ann", "token-bob"]) {
        assert_eq!(asked.line, "GET /v3/auth/tokens HTTP/1.1");
        for name in ["x-auth-token", "x-subject-token"] {
            assert!(asked.headers.contains(&format!("{name}: {token}")), "{asked:?}");
        }
        assert_eq!(asked.body, "");
    }
}

#[tokio::test]
async fn keycloak_is_asked_for_the_user_of_the_token() {
    let service = IdentityService::start(|asked| match &*asked.body {
        "access_token=a%2Bb%2Fc%3D%3D" => {
            Reply::new("200 OK", r#"{"sub": "0", "preferred_username": "ann"}"#)
        }
        _ => Reply::new("401 Unauthorized", r#"{"error": "invalid_token"}"#),
    })
    .await;
    let endpoint = format!("http://{}/", service.address);
    let keycloak = Keycloak::new(&endpoint, "krake", &IdentityOptions::default()).unwrap();
    let bed = only(keycloak).await;
    assert_eq!(user(&bed, "a+b/c==").await, "ann");
    assert_eq!(user(&bed, "bearer a+b/c==").await, "ann");
    let refused = me(&bed, "a+b/c").await;
    assert_eq!(refused.problem(), (401, Some("INVALID_KEYCLOAK_TOKEN".into())));
    assert_eq!(refused.json()["detail"], "Invalid Keycloak token (HTTP 401 Unauthorized)");
    let asked = &service.asked()[0];
    let line = "POST /auth/realms/krake/protocol/openid-connect/userinfo HTTP/1.1";
    assert_eq!(asked.line, line);
    let form = "content-type: application/x-www-form-urlencoded".to_owned();
    assert!(asked.headers.contains(&form), "{asked:?}");
}

#[tokio::test]
async fn a_refused_token_is_no_anonymous_user_but_no_token_is() {
    let service = IdentityService::start(known_as_keystone).await;
    let bed = bed(Authentication::closed()
        .with(keystone(&service))
        .or_anonymous())
    .await;
    assert_eq!(bed.get("/me").await.ok()["user"], "system:anonymous");
    assert_eq!(user(&bed, "").await, "system:anonymous");
    assert_eq!(service.calls(), 0);
    let refused = me(&bed, "nonsense").await;
    assert_eq!(refused.problem(), (401, Some("INVALID_KEYSTONE_TOKEN".into())));
    assert_eq!(refused.json()["detail"], "Invalid Keystone token (HTTP 401 Unauthorized)");
    let link = refused.json()["type"].as_str().unwrap().to_owned();
    assert!(link.ends_with("#invalid-keystone-token"), "{link}");
}

#[tokio::test]
async fn passwords_are_not_passed_on() {
    let service = IdentityService::start(known_as_keystone).await;
    let bed = only(keystone(&service)).await;
    let refused = me(&bed, "Basic YTpi").await;
    assert_eq!(refused.problem(), (401, Some("INVALID_KEYSTONE_TOKEN".into())));
    assert_eq!(service.calls(), 0);
}

#[tokio::test]
async fn probes_need_no_token() {
    let service = IdentityService::start(|_| Reply::Silence).await;
    let bed = only(keystone(&service)).await;
    bed.get("/healthz").await.ok();
    assert_eq!(service.calls(), 0);
}

#[tokio::test]
async fn an_answer_that_settles_nothing_asks_to_try_again() {
    let padded = format!(r#"{{"token": {{"user": {{"name": "ann"}}}}}}{}"#, " ".repeat(2 << 20));
    let endless = "200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let replies = [
        Reply::Silence,
        Reply::new("500 Internal Server Error", "{}"),
        Reply::new("429 Too Many Requests", "{}"),
        Reply::new("302 Found\r\nlocation: /elsewhere", ""),
        Reply::new("204 No Content", ""),
        Reply::new("200 OK", ""),
        Reply::new("200 OK", r#"{"token": {}}"#),
        Reply::new("200 OK", r#"{"token": {"user": {"name": ""}}}"#),
        Reply::new("200 OK", &padded),
        Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".into()),
        Reply::Raw("nonsense\r\n\r\n".into()),
        Reply::Raw(format!("HTTP/1.1 {endless}")),
        Reply::Endless("HTTP/1.1 200 OK\r\n".into()),
        Reply::Endless("x".repeat(1 << 16)),
    ];
    for (number, reply) in replies.into_iter().enumerate() {
        let service = IdentityService::start(move |_| reply.clone()).await;
        let patience = |options: &mut IdentityOptions| {
            options.call_time = Duration::from_millis(300);
        };
        let bed = only(keystone_with(&service, patience)).await;
        let answer = me(&bed, "token-secret").await;
        assert_eq!(answer.problem(), (503, None), "reply {number}: {}", answer.text);
        assert_eq!(answer.header("retry-after"), "1", "reply {number}");
        assert!(!answer.text.contains("127.0.0.1"), "reply {number}: {}", answer.text);
        assert_eq!(service.calls(), 1, "reply {number}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_asks_to_try_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v3", listener.local_addr().unwrap());
    drop(listener);
    let bed = only(Keystone::new(&endpoint, &IdentityOptions::default()).unwrap()).await;
    assert_eq!(me(&bed, "token-ann").await.problem(), (503, None));
}

#[tokio::test]
async fn an_accepted_token_is_asked_about_every_ten_seconds() {
    let service = IdentityService::start(known_as_keystone).await;
    let bed = only(keystone(&service)).await;
    for authorization in ["token-ann", "Bearer token-ann", "token-ann"] {
        assert_eq!(user(&bed, authorization).await, "ann");
    }
    assert_eq!(service.calls(), 1);
    leap(Duration::from_secs(10)).await;
    assert_eq!(user(&bed, "token-ann").await, "ann");
    assert_eq!(service.calls(), 2);
}

#[tokio::test]
async fn a_revoked_token_works_no_longer_than_the_cache_time() {
    let revoked = Arc::new(Mutex::new(false));
    let is_revoked = Arc::clone(&revoked);
    let service = IdentityService::start(move |asked| {
        if *is_revoked.lock().unwrap() {
            Reply::new("404 Not Found", "{}")
        } else {
            known_as_keystone(asked)
        }
    })
    .await;
    let bed = only(keystone(&service)).await;
    assert_eq!(user(&bed, "token-ann").await, "ann");
    *revoked.lock().unwrap() = true;
    leap(Duration::from_secs(10)).await;
    let refused = me(&bed, "token-ann").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json()["detail"], "Invalid Keystone token (HTTP 404 Not Found)");
}

#[tokio::test]
async fn requests_at_once_make_one_call_a_token() {
    let service = IdentityService::start(known_as_keystone).await;
    let bed = only(keystone(&service)).await;
    let tokens = ["token-ann", "token-bob", "nonsense"];
    let answers = join_all((0..60).map(|number| me(&bed, tokens[number % 3]))).await;
    for (number, answer) in answers.iter().enumerate() {
        match number % 3 {
            0 => assert_eq!(answer.ok()["user"], "ann"),
            1 => assert_eq!(answer.ok()["user"], "bob"),
            _ => assert_eq!(answer.status(), 401),
        }
    }
    assert_eq!(service.calls(), 3);
}

#[tokio::test]
async fn the_service_must_prove_who_it_is() {
    let (authority, stranger) = (Authority::new("an authority"), Authority::new("another"));
    let service = IdentityService::start_secure(&authority.server(), known_as_keystone).await;
    let directory = tempfile::tempdir().unwrap();
    let endpoint = format!("https://{}/v3", service.address);
    let trusting = async |authority: &Authority| {
        let ca = directory.path().join("ca.pem");
        std::fs::write(&ca, &authority.pem).unwrap();
        let mut options = IdentityOptions::default();
        options.ca = Some(ca);
        only(Keystone::new(&endpoint, &options).unwrap()).await
    };
    assert_eq!(user(&trusting(&authority).await, "token-ann").await, "ann");
    assert_eq!(me(&trusting(&stranger).await, "token-ann").await.status(), 503);
    assert_eq!(service.calls(), 1);
    let mut options = IdentityOptions::default();
    options.ca = Some(directory.path().join("missing.pem"));
    let error = Keystone::new(&endpoint, &options).unwrap_err();
    assert!(matches!(error, IdentityError::Ca(_)), "{error}");
}

/// A file with tokens, and a server that takes them.
struct Listed {
    file: tempfile::NamedTempFile,
    tokens: TokenFile,
}

impl Listed {
    fn new(text: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let tokens = TokenFile::open(file.path()).unwrap();
        Self { file, tokens }
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file.path(), text).unwrap();
    }
}

#[tokio::test]
async fn a_listed_token_names_its_user() {
    let listed = Listed::new("# machines\ngood,system:gc\n");
    let bed = only(listed.tokens.clone()).await;
    for authorization in ["good", "Bearer good", "BEARER good"] {
        assert_eq!(user(&bed, authorization).await, "system:gc");
    }
    for authorization in ["goo", "good2", "Bearer bad", "Basic good", "Bearer good good"] {
        let refused = me(&bed, authorization).await;
        assert_eq!(refused.problem(), (401, None), "{authorization}");
        assert!(!refused.text.contains("bad"), "{}", refused.text);
    }
    let missing = bed.get("/me").await;
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"krake\"");
}

#[tokio::test]
async fn a_changed_list_counts_within_a_second() {
    let listed = Listed::new("one,ann\n");
    let bed = only(listed.tokens.clone()).await;
    assert_eq!(user(&bed, "one").await, "ann");
    listed.write("two,ann\n");
    leap(Duration::from_secs(1)).await;
    assert_eq!(me(&bed, "one").await.status(), 401);
    assert_eq!(user(&bed, "two").await, "ann");
    listed.write("three\n");
    leap(Duration::from_secs(1)).await;
    assert_eq!(user(&bed, "two").await, "ann");
    let error = listed.tokens.reload().await.unwrap_err().to_string();
    assert!(error.ends_with(": line 1: write TOKEN,USER"), "{error}");
    listed.write("three,ann\n");
    listed.tokens.reload().await.unwrap();
    assert_eq!(user(&bed, "three").await, "ann");
}

#[tokio::test]
async fn each_way_in_is_tried_before_anybody_is_refused() {
    let service = IdentityService::start(known_as_keystone).await;
    let listed = Listed::new("listed,gc\n");
    let chain = Authentication::closed().with(listed.tokens.clone());
    let bed = bed(chain.with(keystone(&service))).await;
    assert_eq!(user(&bed, "listed").await, "gc");
    assert_eq!(service.calls(), 0);
    assert_eq!(user(&bed, "token-ann").await, "ann");
    let refused = me(&bed, "nonsense").await;
    assert_eq!(refused.problem(), (401, Some("INVALID_KEYSTONE_TOKEN".into())));
}

#[tokio::test]
async fn a_token_is_not_refused_while_a_service_cannot_be_asked() {
    let service = IdentityService::start(|_| Reply::new("503 Busy", "")).await;
    let listed = Listed::new("listed,gc\n");
    let chain = Authentication::closed().with(listed.tokens.clone());
    let bed = bed(chain.with(keystone(&service)).or_anonymous()).await;
    assert_eq!(user(&bed, "listed").await, "gc");
    assert_eq!(me(&bed, "token-ann").await.status(), 503);
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn tokens_are_in_no_log_and_no_answer() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone());
    let logging = tracing::subscriber::set_default(subscriber.finish());
    let service = IdentityService::start(|asked| match &asked.headers {
        headers if format!("{headers:?}").contains("hunter-down") => Reply::new("500 Down", ""),
        headers if format!("{headers:?}").contains("hunter-odd") => Reply::Raw("x".into()),
        headers if format!("{headers:?}").contains("hunter-bad") => {
            Reply::new("401 Unauthorized", "")
        }
        _ => Reply::keystone("ann"),
    })
    .await;
    let listed = Listed::new("hunter-listed,gc\n");
    let keystone = keystone_with(&service, |options| {
        options.call_time = Duration::from_millis(300);
    });
    let shown = format!("{keystone:?} {:?}", listed.tokens);
    let bed = bed(Authentication::closed()
        .with(listed.tokens.clone())
        .with(keystone))
    .await;
    let mut answers = shown;
    for token in ["listed", "good", "bad", "down", "odd"] {
        answers += &me(&bed, &format!("Bearer hunter-{token}")).await.text;
    }
    listed.write("hunter-without-user\n");
    answers += &listed.tokens.reload().await.unwrap_err().to_string();
    drop(logging);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in ["request failed", "HTTP 500", "invalid HTTP version"] {
        assert!(log.contains(expected), "{expected} is missing: {log}");
    }
    assert!(!log.contains("hunter"), "{log}");
    assert!(!answers.contains("hunter"), "{answers}");
}
