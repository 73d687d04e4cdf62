//! More than the server may do at once.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use http::Request;
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use krake_server::{BuildError, Limits, User};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::bed::{APPLICATIONS, Answer, Bed, application, path};
use crate::gated::Gated;
use crate::raw::Raw;

async fn bed(store: &Arc<Gated>, change: impl FnOnce(&mut Limits)) -> Arc<Bed> {
    let mut limits = Limits::default();
    change(&mut limits);
    let server = Bed::builder(Arc::clone(store)).limits(limits).build();
    Arc::new(Bed { server: server.await.unwrap(), store: Arc::clone(&store.inner) })
}

/// How often other tasks are let run before a test gives up.
const PATIENCE: usize = 10_000;

/// Lets other tasks run until `is_reached` holds.
async fn until(is_reached: impl Fn() -> bool) {
    for _ in 0..PATIENCE {
        if is_reached() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not come to that");
}

fn creating(bed: &Arc<Bed>, names: impl Iterator<Item = String>) -> JoinSet<(String, Answer)> {
    let mut creating = JoinSet::new();
    for name in names {
        let bed = Arc::clone(bed);
        creating.spawn(async move {
            let answer = bed.post(APPLICATIONS, &application(&name)).await;
            (name, answer)
        });
    }
    creating
}

#[track_caller]
fn is_told_to_come_back(answer: &Answer, seconds: &str) {
    assert_eq!(answer.problem(), (429, None), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), seconds);
}

#[tokio::test(start_paused = true)]
async fn writes_beyond_the_limit_are_refused_at_once_and_the_others_are_done() {
    let store = Gated::new();
    let bed = bed(&store, |limits| limits.writes = 4).await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&heartbeat=0"))
        .await;
    store.commits.set(false);
    let mut writers = creating(&bed, (0..20).map(|index| format!("a{index}")));
    for _ in 0..16 {
        let (_, answer) = writers.join_next().await.unwrap().unwrap();
        is_told_to_come_back(&answer, "1");
    }
    assert_eq!(store.commits.waiting(), 4);
    for free in ["/healthz", "/readyz", "/metrics", APPLICATIONS] {
        assert_eq!(bed.get(free).await.status(), 200, "{free}");
    }
    store.commits.set(true);
    let mut acknowledged = BTreeSet::new();
    while let Some(written) = writers.join_next().await {
        let (name, answer) = written.unwrap();
        answer.ok();
        acknowledged.insert(name);
    }
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        seen.insert(watch.sight().await.1);
    }
    assert_eq!(seen, acknowledged);
    assert!(watch.is_silent().await);
    bed.create("after").await;
    assert_eq!(bed.stored().await, 5);
}

#[tokio::test(start_paused = true)]
async fn reads_beyond_the_limit_are_refused_and_probes_are_not() {
    let store = Gated::new();
    let bed = bed(&store, |limits| limits.reads = 2).await;
    store.reads.set(false);
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let bed = Arc::clone(&bed);
        readers.spawn(async move { bed.get(APPLICATIONS).await });
    }
    until(|| store.reads.waiting() == 2).await;
    for busy in [APPLICATIONS, &path("a"), "/", "/me", "/nowhere", "/kubernetes/clusters?watch"] {
        is_told_to_come_back(&bed.get(busy).await, "1");
    }
    assert_eq!(bed.get("/healthz").await.status(), 200);
    assert_eq!(bed.get("/metrics").await.status(), 200);
    let probe = Arc::clone(&bed);
    readers.spawn(async move { probe.get("/readyz").await });
    bed.create("a").await;
    store.reads.set(true);
    assert!(
        readers
            .join_all()
            .await
            .iter()
            .all(|answer| answer.status() == 200)
    );
    bed.get(APPLICATIONS).await.ok();
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_in_time_gives_its_place_back() {
    let store = Gated::new();
    let bed = bed(&store, |limits| {
        (limits.reads, limits.writes) = (1, 1);
        limits.request_time = Duration::from_secs(2);
    })
    .await;
    store.commits.set(false);
    store.reads.set(false);
    assert_eq!(bed.get(APPLICATIONS).await.problem(), (503, None));
    assert_eq!(bed.post(APPLICATIONS, &application("a")).await.problem(), (503, None));
    let given_up = tokio::time::timeout(Duration::from_secs(1), bed.get(APPLICATIONS));
    given_up.await.unwrap_err();
    let abandoned = "krake_server_store_commit_duration_seconds_count{outcome=\"abandoned\"} 1\n";
    assert!(bed.server.metrics().text().unwrap().contains(abandoned));
    store.commits.set(true);
    store.reads.set(true);
    bed.create("b").await;
    bed.get(APPLICATIONS).await.ok();
}

#[tokio::test(start_paused = true)]
async fn open_watches_are_limited_for_each_user_and_for_all() {
    let store = Gated::new();
    let bed = bed(&store, |limits| {
        (limits.watches, limits.watches_per_user) = (3, 2);
    })
    .await;
    let watch = async |user: &str| {
        let request = Request::get(format!("{APPLICATIONS}?watch"));
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let server = bed.server.acting_as(User::new(user.to_owned()));
        server.oneshot(request).await.unwrap()
    };
    let mut of_a = vec![watch("a").await, watch("a").await];
    let refused = watch("a").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"] == "10"), (429, true));
    let of_b = watch("b").await;
    assert_eq!(of_b.status(), 200);
    assert_eq!(watch("b").await.status(), 429);
    of_a.pop();
    let of_b = [of_b, watch("b").await];
    assert!(of_b.iter().all(|watch| watch.status() == 200));
    assert_eq!(watch("a").await.status(), 429);
    drop(of_b);
    assert_eq!(watch("a").await.status(), 200);
    bed.get(APPLICATIONS).await.ok();
}

type Piece = Result<Frame<Bytes>, std::io::Error>;

/// A POST whose body arrives as it is sent into the channel.
fn trickling() -> (mpsc::Sender<Piece>, Request<StreamBody<mpsc::Receiver<Piece>>>) {
    let (sender, receiver) = mpsc::channel(16);
    (
        sender,
        Request::post(APPLICATIONS)
            .body(StreamBody::new(receiver))
            .unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn slow_senders_keep_no_writer_out_and_bodies_have_limited_room() {
    let store = Gated::new();
    let text = application("slow").to_string();
    let room = text.len() + 1_000;
    let bed = bed(&store, |limits| (limits.writes, limits.bodies_bytes) = (1, room)).await;
    let (mut sender, request) = trickling();
    let slow = Arc::clone(&bed);
    let slow = async move { slow.answer(request).await };
    let others = async {
        let piece = |text: &str| Ok(Frame::data(Bytes::from(text.to_owned())));
        sender.try_send(piece(&text[..text.len() - 1])).unwrap();
        let held = format!("krake_server_request_bodies_held_bytes {}\n", text.len() - 1);
        until(|| bed.server.metrics().text().unwrap().contains(&held)).await;
        bed.create("quick").await;
        let mut large = application("large");
        large["metadata"]["annotations"]["x"] = "x".repeat(900).into();
        is_told_to_come_back(&bed.post(APPLICATIONS, &large).await, "1");
        sender.try_send(piece(&text[text.len() - 1..])).unwrap();
        drop(sender);
        large
    };
    let (slow, large) = tokio::join!(slow, others);
    slow.ok();
    bed.post(APPLICATIONS, &large).await.ok();
}

#[tokio::test]
async fn a_limit_that_lets_nothing_through_is_refused() {
    let refused = async |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Bed::builder(Gated::new())
            .limits(limits)
            .build()
            .await
            .unwrap_err()
    };
    let error = refused(|limits| limits.writes = 0).await;
    assert_eq!(error.to_string(), "the limit `writes` is zero; it must be greater");
    let error = refused(|limits| limits.request_time = Duration::ZERO).await;
    assert!(matches!(error, BuildError::ZeroLimit { name: "request_time" }), "{error}");
}

const CLIENTS: usize = 32;
const EACH: usize = 20;
const AT_ONCE: usize = 4;

/// Creates as fast as it can, one after the other; answers the names that were acknowledged, and how often it was refused.
fn hammer(address: SocketAddr, client: usize, store: &Gated) -> (BTreeSet<String>, usize) {
    let (mut acknowledged, mut refused) = (BTreeSet::new(), 0);
    let mut connection = Raw::open(address).unwrap();
    for index in 0..EACH {
        let name = format!("a{client}-{index}");
        let answer = connection
            .send("POST", APPLICATIONS, &application(&name).to_string())
            .unwrap();
        match answer.status {
            200 => drop(acknowledged.insert(name)),
            429 => {
                assert!(answer.head.contains("retry-after: 1\r\n"), "{}", answer.head);
                refused += 1;
                // From here on the store works: that it was too busy is seen.
                store.commits.set(true);
            }
            other => panic!("{other}: {}", answer.body),
        }
        let read = connection.send("GET", &path("before"), "").unwrap();
        assert!([200, 429].contains(&read.status), "{}", read.body);
    }
    (acknowledged, refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_loses_no_acknowledged_write_and_passes() {
    let store = Gated::new();
    let bed = bed(&store, |limits| (limits.writes, limits.reads) = (AT_ONCE, AT_ONCE)).await;
    bed.create("before").await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    store.commits.set(false);
    let flood = async {
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let store = Arc::clone(&store);
            clients.spawn_blocking(move || hammer(address, client, &store));
        }
        clients.join_all().await
    };
    let outcomes = tokio::select! {
        outcomes = flood => outcomes,
        served = bed.server.serve(listener, std::future::pending()) => panic!("{served:?}"),
    };
    let refused: usize = outcomes.iter().map(|(_, refused)| refused).sum();
    let acknowledged: BTreeSet<String> =
        outcomes.into_iter().flat_map(|(names, _)| names).collect();
    assert!(refused > 0);
    assert_eq!(acknowledged.len() + refused, CLIENTS * EACH);
    assert!(store.commits.most() <= AT_ONCE, "{}", store.commits.most());
    assert_eq!(bed.stored().await, 1 + acknowledged.len());
    let mut seen = BTreeSet::new();
    for _ in 0..acknowledged.len() {
        assert!(seen.insert(watch.sight().await.1));
    }
    assert_eq!(seen, acknowledged);
    bed.create("after").await;
    let metrics = bed.get("/metrics").await.text;
    for nothing in [
        "krake_server_requests_in_flight{access=\"write\"} 0\n",
        "krake_server_requests_in_flight{access=\"read\"} 0\n",
        "krake_server_request_bodies_held_bytes 0\n",
    ] {
        assert!(metrics.contains(nothing), "{nothing} is not in {metrics}");
    }
}
