//! Whole requests to a server in this process.

use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use krake_server::store::MemoryStore;
use krake_server::{Server, ServerBody, ServerBuilder};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use crate::cases;
use crate::mutation::{Text, examples, mutated_text, odd_text};

#[derive(Clone, Debug)]
struct Call {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Text,
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
            .prop_map(str::to_owned),
        1 => "[A-Za-z!*]{1,8}",
    ]
}

/// What is in a path beside the paths of kinds.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "core", "kubernetes", "openstack", "infrastructure", "namespaces", "testing", "roles", "applications", "clusters",
            "magnumclusters", "status", "binding", "complete", "shutdown", "retry", "a", "", ".", "..", "%2F", "%00", "%ff",
            "%", "healthz", "readyz", "me", "release", "openapi.json",
        ])
        .prop_map(str::to_owned),
        1 => "[!-~]{0,6}",
    ]
}

/// A path that often leads somewhere.
fn path() -> impl Strategy<Value = String> {
    let known: Vec<String> = examples().iter().map(known_path).collect();
    let known = (prop::sample::select(known), prop::collection::vec(segment(), 0..3))
        .prop_map(|(start, rest)| [vec![start], rest].concat().join("/"));
    let any =
        prop::collection::vec(segment(), 0..6).prop_map(|parts| format!("/{}", parts.join("/")));
    prop_oneof![3 => known, 1 => any]
}

/// The collection of an example.
fn known_path(example: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let plural = text(&example["kind"]).to_lowercase() + "s";
    let api = text(&example["api"]);
    match &example["metadata"]["namespace"] {
        Value::String(namespace) => format!("/{api}/namespaces/{namespace}/{plural}"),
        _ => format!("/{api}/{plural}"),
    }
}

fn query() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "watch",
        "heartbeat",
        "limit",
        "continue",
        "resource_version",
        "label_selector",
        "field_selector",
        "bookmarks",
        "initial_events",
        "update_event",
        "force",
        "blocking",
        "dry_run",
        "x",
        "",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "",
            "0",
            "1",
            "-1",
            "True",
            "False",
            "true",
            "deleted",
            "running",
            "18446744073709551616",
            "MODIFIED",
            "a=b",
            "a%20in%20(b,c)",
            "!",
            "1.testing~a",
            "9999999999.x",
            "%ff",
            "%",
            "+",
        ])
        .prop_map(str::to_owned),
        "[!-~]{0,8}",
    ];
    let pair = (name, prop::option::of(value)).prop_map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    });
    prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop::sample::select(vec![
        "if-match",
        "content-type",
        "content-length",
        "accept",
        "authorization",
        "x-request-id",
        "expect",
        "origin",
        "x",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "*",
            "\"1\"",
            "1",
            "\"",
            "application/json",
            "application/json-patch+json",
            "application/merge-patch+json",
            "99999999999999999999",
            "Bearer x",
        ])
        .prop_map(|text: &str| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    (name.prop_map(str::to_owned), value)
}

fn body() -> impl Strategy<Value = Text> {
    let plain = prop_oneof![
        1 => prop::sample::select(examples()).prop_map(|example| example.to_string().into_bytes()),
        1 => odd_text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"{\"cluster\": {\"api\": \"a\", \"kind\": \"k\", \"name\": \"n\"}, \"token\": null}".to_vec()),
    ];
    prop_oneof![mutated_text(), plain.prop_map(Text)]
}

fn call() -> impl Strategy<Value = Call> {
    let target = (path(), query())
        .prop_map(|(path, query)| if query.is_empty() { path } else { format!("{path}?{query}") });
    let headers = prop::collection::vec(header(), 0..3);
    (method(), target, headers, body()).prop_map(|(method, target, headers, body)| Call {
        method,
        target,
        headers,
        body,
    })
}

/// The request, unless HTTP itself has no such.
fn request(call: Call) -> Option<Request<Full<Bytes>>> {
    let method = Method::from_bytes(call.method.as_bytes()).ok()?;
    let uri: Uri = call.target.parse().ok()?;
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in call.headers {
        request = request.header(name, http::HeaderValue::from_bytes(&value).ok()?);
    }
    request.body(Full::new(call.body.0.into())).ok()
}

async fn server() -> Server {
    ServerBuilder::new(MemoryStore::new())
        .stock()
        .build()
        .await
        .unwrap()
}

/// An answer has a status that no defect explains, and a body of the type that it says.
async fn check(method: &Method, response: Response<ServerBody>) -> Result<(), TestCaseError> {
    let status = response.status().as_u16();
    prop_assert_ne!(status, 500);
    let content_type = response.headers().get("content-type");
    let content_type = content_type
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    match content_type.as_str() {
        "application/x-ndjson" => return Ok(()),
        "application/json; charset=utf-8" => prop_assert!(status < 400, "{}", status),
        "application/problem+json; charset=utf-8" => prop_assert!(status >= 400, "{}", status),
        other => prop_assert!(false, "{} has type {:?}", status, other),
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    if method == Method::HEAD {
        prop_assert!(body.is_empty());
        return Ok(());
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    if status >= 400 {
        prop_assert_eq!(&body["status"], status);
        prop_assert!(body["detail"].is_string());
        prop_assert!(body.to_string().len() < 50_000);
    }
    Ok(())
}

fn run(calls: Vec<Call>) -> Result<(), TestCaseError> {
    // Nothing here waits for the clock, except for what is asked to wait: that takes virtual time.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = server().await;
        for request in calls.into_iter().filter_map(request) {
            let method = request.method().clone();
            let Ok(response) = server.clone().oneshot(request).await;
            check(&method, response).await?;
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn every_request_is_answered(calls in prop::collection::vec(call(), 1..12)) {
        run(calls)?;
    }
}

proptest! {
    #![proptest_config(cases(100))]

    /// An object that was accepted can be read, replaced by itself, changed, and deleted.
    #[test]
    fn what_is_created_can_be_written_back(body in mutated_text(), example in prop::sample::select(examples())) {
        let collection = known_path(&example);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let server = server().await;
            let send = async |method: &str, path: &str, body: Vec<u8>| {
                let request = Request::builder().method(method).uri(path).body(Full::<Bytes>::new(body.into()));
                let Ok(response) = server.clone().oneshot(request.unwrap()).await;
                let status = response.status().as_u16();
                let body = response.into_body().collect().await.unwrap().to_bytes();
                (status, serde_json::from_slice::<Value>(&body).unwrap())
            };
            let (status, mut object) = send("POST", &collection, body.0).await;
            if status != 200 {
                return Ok(());
            }
            let path = format!("{collection}/{}", object["metadata"]["name"].as_str().unwrap());
            let (status, _) = send("GET", &path, Vec::new()).await;
            prop_assert_eq!(status, 200);
            let (status, answer) = send("PUT", &path, object.to_string().into_bytes()).await;
            let expected = if object["kind"] == "GlobalMetricsProvider" { 200 } else { 400 };
            prop_assert_eq!(status, expected, "{}", answer);
            object["metadata"]["labels"]["added"] = "x".into();
            let (status, answer) = send("PUT", &path, object.to_string().into_bytes()).await;
            prop_assert_eq!(status, 200, "{}", answer);
            let (status, answer) = send("DELETE", &path, Vec::new()).await;
            prop_assert_eq!(status, 200, "{}", answer);
            Ok(())
        })?;
    }
}
