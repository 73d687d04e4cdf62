//! A server to test, and a client that sees the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use krake_core::{Clock, Timestamp};
use krake_server::store::{MemoryStore, Range, Store};
use krake_server::{Limits, Server, ServerBody, ServerBuilder, UpdateEvent};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const APPLICATIONS: &str = "/kubernetes/namespaces/testing/applications";

pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// Each look at it is a second later.
#[derive(Debug, Default)]
struct TickingClock(AtomicI64);

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_700_000_000 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A server over a memory store.
pub(crate) struct Bed {
    pub(crate) server: Server,
    pub(crate) store: Arc<MemoryStore>,
}

/// An answer with its JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<()>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The JSON of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status(), 200, "{}", self.text);
        self.json()
    }

    /// Status, title and content type of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, Option<String>) {
        let problem = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json; charset=utf-8");
        assert_eq!(problem["status"], self.status());
        assert!(problem["detail"].is_string(), "{problem}");
        (self.status(), problem["title"].as_str().map(str::to_owned))
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers()[name].to_str().unwrap()
    }
}

impl Bed {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default(), UpdateEvent::default()).await
    }

    pub(crate) async fn with(limits: Limits, update_event: UpdateEvent) -> Self {
        let store = Arc::new(MemoryStore::new());
        let server = Self::builder(Arc::clone(&store));
        let server = server.limits(limits).update_event(update_event).build();
        Self { server: server.await.unwrap(), store }
    }

    /// The server of the bed, over any store.
    pub(crate) fn builder(store: impl Store) -> ServerBuilder {
        ServerBuilder::new(store)
            .stock()
            .clock(Arc::new(TickingClock::default()))
    }

    pub(crate) async fn call<B>(&self, request: Request<B>) -> Response<ServerBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: std::fmt::Display,
    {
        let Ok(response) = self.server.clone().oneshot(request).await;
        response
    }

    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: std::fmt::Display,
    {
        let (parts, body) = self.call(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { response: Response::from_parts(parts, ()), text }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.answer(request.body(Full::new(body.into())).unwrap())
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "").await
    }

    /// A PATCH in one of the two languages.
    pub(crate) async fn patch(&self, path: &str, language: &str, body: impl ToString) -> Answer {
        let request = Request::patch(path).header("content-type", language);
        self.answer(request.body(body.to_string()).unwrap()).await
    }

    /// Creates an application in the namespace `testing`.
    pub(crate) async fn create(&self, name: &str) -> Value {
        self.post(APPLICATIONS, &application(name)).await.ok()
    }

    /// Opens a watch; it is registered when this returns.
    pub(crate) async fn watch(&self, path: &str) -> Lines {
        let request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
        let response = self.call(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        Lines::of(response)
    }

    /// How many keys are stored.
    pub(crate) async fn stored(&self) -> usize {
        self.store
            .range(Range::default())
            .await
            .unwrap()
            .entries
            .len()
    }
}

/// Moves the time on, for tests that use sockets: while one waits for those, paused time would run away.
pub(crate) async fn leap(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// The path of an application.
pub(crate) fn path(name: &str) -> String {
    format!("{APPLICATIONS}/{name}")
}

/// A valid application.
pub(crate) fn application(name: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "manifest": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}],
            "constraints": {"cluster": {}},
        },
    })
}

/// The lines of a watch.
pub(crate) struct Lines {
    body: ServerBody,
    rest: String,
}

impl Lines {
    pub(crate) fn of(response: Response<ServerBody>) -> Self {
        Self { body: response.into_body(), rest: String::new() }
    }

    /// The next line, without its end; `None` at the end of the stream.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.rest.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(line);
            }
            let frame = self.body.frame().await?.unwrap();
            self.rest
                .push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    /// What arrives next, as it arrives.
    pub(crate) async fn frame(&mut self) -> Option<Bytes> {
        self.body.frame().await?.unwrap().into_data().ok()
    }

    /// The next line that is no heartbeat.
    pub(crate) async fn event(&mut self) -> Value {
        loop {
            let line = self.line().await.expect("the watch is open");
            if !line.is_empty() {
                return serde_json::from_str(&line).unwrap();
            }
        }
    }

    /// Type and name of the next event.
    pub(crate) async fn sight(&mut self) -> (String, String) {
        let event = self.event().await;
        let name = event["object"]["metadata"]["name"]
            .as_str()
            .unwrap_or_default();
        (event["type"].as_str().unwrap().to_owned(), name.to_owned())
    }

    /// Whether nothing arrives for a while, which is virtual in tests with paused time.
    pub(crate) async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(100), self.event())
            .await
            .is_err()
    }
}
