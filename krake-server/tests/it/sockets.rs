//! Over real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use krake_server::{Limits, UpdateEvent};
use serde_json::{Value, json};
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

const WRITERS: usize = 100;

/// Lets many writers, each on its own connection, do their work at once; the answers, and the object afterwards.
async fn meet<T: Send + 'static>(
    write: impl Fn(usize, &mut Raw) -> T + Clone + Send + 'static,
) -> (Vec<T>, Value) {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    let answers = blocking(move || {
        let mut first = Raw::open(address).unwrap();
        let body = application("a").to_string();
        assert_eq!(first.send("POST", APPLICATIONS, &body).unwrap().status, 200);
        let start = Arc::new(Barrier::new(WRITERS));
        let writers = (0..WRITERS).map(|index| {
            let (write, start) = (write.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                let mut connection = Raw::open(address).unwrap();
                start.wait();
                write(index, &mut connection)
            })
        });
        let writers: Vec<_> = writers.collect();
        let answers = writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect();
        let object = first.send("GET", &path("a"), "").unwrap().body;
        (answers, serde_json::from_str(&object).unwrap())
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn of_conditional_writers_at_once_each_counts_who_is_told_so() {
    const TRIES: usize = 5;
    let (successes, object) = meet(|index, connection| {
        let mut successes = 0;
        for _ in 0..TRIES {
            let body = connection.send("GET", &path("a"), "").unwrap().body;
            let mut body: Value = serde_json::from_str(&body).unwrap();
            let count = body["metadata"]["annotations"]["count"].as_str();
            let count: usize = count.map_or(0, |text| text.parse().unwrap());
            let metadata = body["metadata"].as_object_mut().unwrap();
            let version = metadata.remove("resource_version").unwrap();
            let condition = format!("if-match: {version}\r\n");
            let count = json!({"count": (count + 1).to_string()});
            let answer = if index % 2 == 0 {
                metadata.insert("annotations".into(), count);
                connection.send_with(&condition, "PUT", &path("a"), &body.to_string())
            } else {
                let patch = json!({"metadata": {"annotations": count}}).to_string();
                let headers = format!("{condition}content-type: application/merge-patch+json\r\n");
                connection.send_with(&headers, "PATCH", &path("a"), &patch)
            };
            match answer.unwrap().status {
                200 => successes += 1,
                status => assert_eq!(status, 409),
            }
        }
        successes
    })
    .await;
    let successes: usize = successes.into_iter().sum();
    assert_eq!(object["metadata"]["annotations"]["count"], successes.to_string());
    assert_eq!(object["metadata"]["resource_version"], (successes + 1).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn unconditional_writers_at_once_all_land() {
    let (answers, object) = meet(|index, connection| {
        let label = json!({"metadata": {"labels": {format!("l{index}"): "x"}}}).to_string();
        let headers = "content-type: application/merge-patch+json\r\n";
        let patch = connection.send_with(headers, "PATCH", &path("a"), &label);
        let mut body: Value = serde_json::from_str(&patch.as_ref().unwrap().body).unwrap();
        body["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("resource_version");
        body["status"]["state"] = json!("RUNNING");
        let put = connection.send("PUT", &(path("a") + "/status"), &body.to_string());
        (patch.unwrap().status, put.unwrap().status)
    })
    .await;
    assert_eq!(answers, [(200, 200); WRITERS]);
    assert_eq!(object["metadata"]["labels"].as_object().unwrap().len(), WRITERS);
    assert_eq!(object["metadata"]["resource_version"], (2 * WRITERS + 1).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_right_after_the_headers_of_a_watch_is_seen() {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    blocking(move || {
        let mut writer = Raw::open(address).unwrap();
        for index in 0..100 {
            let mut watcher = Raw::open(address).unwrap();
            let head = format!("GET {APPLICATIONS}?watch HTTP/1.1\r\nhost: x\r\n\r\n");
            watcher.write(&head).unwrap();
            watcher.head().unwrap();
            let body = application(&format!("a{index}")).to_string();
            let created = writer.send("POST", APPLICATIONS, &body).unwrap();
            let line = watcher.chunk().unwrap();
            assert_eq!(line, format!("{{\"type\":\"ADDED\",\"object\":{}}}\n", created.body));
        }
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waits_ends_with_the_server() {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    blocking(move || {
        let mut waiting = Raw::open(address).unwrap();
        let body = application("a").to_string();
        let length = body.len();
        let url = format!("{APPLICATIONS}?blocking=running");
        let head = format!("POST {url} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        waiting.write(&(head + &body)).unwrap();
        let mut other = Raw::open(address).unwrap();
        let created = loop {
            let read = other.send("GET", &path("a"), "").unwrap();
            if read.status == 200 {
                break read.body;
            }
        };
        stop.send(()).unwrap();
        let answer = waiting.response().unwrap();
        assert_eq!((answer.status, answer.body), (200, created));
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
        body["metadata"]["annotations"]["x"] = "x".repeat(900_000).into();
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
