//! Over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use krake_server::{Limits, UpdateEvent};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bed::{APPLICATIONS, Bed, application, path};
use crate::raw::Raw;

/// A server on a free port.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

pub(crate) async fn serve(limits: Limits) -> Served {
    let bed = Bed::with(limits, UpdateEvent::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    #[expect(clippy::disallowed_methods, reason = "every test awaits it")]
    let ended = tokio::spawn(async move {
        bed.server
            .serve(listener, async {
                let _ = stopped.await;
            })
            .await
            .unwrap();
        bed.server.shutdown().await;
    });
    Served { address, stop, ended }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_request_after_request() {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    blocking(move || {
        let mut client = Raw::open(address).unwrap();
        let created = client
            .send("POST", APPLICATIONS, &application("a").to_string())
            .unwrap();
        assert_eq!(created.status, 200, "{}", created.body);
        let read = client.send("GET", &path("a"), "").unwrap();
        assert_eq!(read.body, created.body);
        assert!(read.head.contains("x-request-id: "), "{}", read.head);
        assert_eq!(client.send("GET", "/nowhere", "").unwrap().status, 404);
        let head =
            "POST /kubernetes/applications HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999\r\n\r\n";
        client.write(head).unwrap();
        assert_eq!(client.response().unwrap().status, 405);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_a_watch_precede_its_events() {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    blocking(move || {
        let mut watcher = Raw::open(address).unwrap();
        let head = format!("GET {APPLICATIONS}?watch&bookmarks HTTP/1.1\r\nhost: x\r\n\r\n");
        watcher.write(&head).unwrap();
        let head = watcher.head().unwrap();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        assert!(head.contains("content-type: application/x-ndjson\r\n"), "{head}");
        let mut writer = Raw::open(address).unwrap();
        let created = writer
            .send("POST", APPLICATIONS, &application("a").to_string())
            .unwrap();
        let line = watcher.chunk().unwrap();
        assert_eq!(line, format!("{{\"type\":\"ADDED\",\"object\":{}}}\n", created.body));
        stop.send(()).unwrap();
        let mark: Value = serde_json::from_str(&watcher.chunk().unwrap()).unwrap();
        assert_eq!(mark["type"], "BOOKMARK");
        assert_eq!(watcher.chunk().unwrap(), "");
        assert_eq!(watcher.rest().unwrap(), "");
    })
    .await;
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_are_sent_away() {
    let mut limits = Limits::default();
    limits.header_time = Duration::from_millis(200);
    limits.body_time = Duration::from_millis(200);
    let Served { address, stop, ended } = serve(limits).await;
    blocking(move || {
        let mut slow_head = Raw::open(address).unwrap();
        slow_head.write("GET / HTTP/1.1\r\nhost").unwrap();
        let mut slow_body = Raw::open(address).unwrap();
        let head =
            format!("POST {APPLICATIONS} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{");
        slow_body.write(&head).unwrap();
        assert_eq!(slow_body.response().unwrap().status, 408);
        assert_eq!(slow_head.rest().unwrap_or_default(), "");
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off() {
    let mut limits = Limits::default();
    limits.write_time = Duration::from_millis(200);
    limits.connections = 1;
    let Served { address, stop, ended } = serve(limits).await;
    blocking(move || {
        let mut stuck = Raw::open(address).unwrap();
        let mut body = application("a");
        body["metadata"]["annotations"]["x"] = "x".repeat(1_000_000).into();
        let created = stuck.send("POST", APPLICATIONS, &body.to_string());
        assert_eq!(created.unwrap().status, 200);
        // More than the sockets at both ends hold.
        let get = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path("a"));
        stuck.write(&get.repeat(64)).unwrap();
        let next = Raw::open(address).unwrap().send("GET", "/", "");
        assert_eq!(next.unwrap().status, 200);
        drop(stuck);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_beyond_what_can_be_are_taken_as_the_nearest_that_can() {
    let mut limits = Limits::default();
    limits.header_bytes = 1;
    limits.connections = usize::MAX;
    let Served { address, stop, ended } = serve(limits).await;
    let answer = blocking(move || Raw::open(address).unwrap().send("GET", "/", "")).await;
    assert_eq!(answer.unwrap().status, 200);
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait_their_turn() {
    let mut limits = Limits::default();
    limits.connections = 1;
    let Served { address, stop, ended } = serve(limits).await;
    blocking(move || {
        let mut first = Raw::open(address).unwrap();
        assert_eq!(first.send("GET", "/", "").unwrap().status, 200);
        let mut second = Raw::open(address).unwrap();
        second.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert_eq!(first.send("GET", "/", "").unwrap().status, 200);
        drop(first);
        assert_eq!(second.response().unwrap().status, 200);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_cuts_off_who_does_not_finish() {
    let mut limits = Limits::default();
    limits.drain_time = Duration::from_millis(200);
    let Served { address, stop, ended } = serve(limits).await;
    let stuck = blocking(move || {
        let mut stuck = Raw::open(address).unwrap();
        let head = format!("POST {APPLICATIONS} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n");
        stuck.write(&head).unwrap();
        assert_eq!(
            Raw::open(address)
                .unwrap()
                .send("GET", "/", "")
                .unwrap()
                .status,
            200
        );
        stuck
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
    drop(stuck);
    assert!(blocking(move || Raw::open(address)).await.is_err());
}
