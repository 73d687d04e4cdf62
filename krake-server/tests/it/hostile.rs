//! Clients that mean no good, over real sockets.

use std::net::SocketAddr;

use krake_server::Limits;
use tokio::net::TcpSocket;

use crate::bed::{APPLICATIONS, application, path};
use crate::raw::Raw;
use crate::sockets::{Served, blocking, serve};

const MANY: usize = 100;
const FEW: usize = 10;
/// How often a client asks before it gives up.
const PATIENCE: usize = 5_000;

/// The value of a metric without labels, asked for over `client`.
fn metric(client: &mut Raw, name: &str) -> u64 {
    let shown = client.send("GET", "/metrics", "").unwrap();
    let mut lines = shown.body.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap().parse().unwrap()
}

/// Asks for a metric until it is as wanted.
fn until(client: &mut Raw, name: &str, is_wanted: impl Fn(u64) -> bool) {
    let is_reached = (0..PATIENCE).any(|_| is_wanted(metric(client, name)));
    assert!(is_reached, "{name} is {}", metric(client, name));
}

/// Works as a client does that means well: it comes back when it is told to.
fn work(client: &mut Raw, name: &str) {
    let mut send = |method: &str, path: &str, body: &str| {
        let mut answers = (0..PATIENCE).map(|_| client.send(method, path, body).unwrap());
        let answer = answers.find(|answer| answer.status != 429);
        assert_eq!(answer.map(|answer| answer.status), Some(200), "{path}");
    };
    send("POST", APPLICATIONS, &application(name).to_string());
    for path in [&path(name), "/healthz", "/readyz"] {
        send("GET", path, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_keep_nobody_out() {
    let mut limits = Limits::default();
    (limits.reads, limits.writes) = (2, 2);
    let Served { address, stop, ended } = serve(limits).await;
    blocking(move || {
        let mut client = Raw::open(address).unwrap();
        let body = application("slow").to_string();
        let (start, end) = body.split_at(body.len() - 1);
        let length = body.len();
        let mut slow: Vec<(Raw, Raw)> = (0..MANY)
            .map(|_| {
                let (mut head, mut body) =
                    (Raw::open(address).unwrap(), Raw::open(address).unwrap());
                head.write("GET / HTTP/1.1\r\nhost: x\r\nx-slow:").unwrap();
                let line =
                    format!("POST {APPLICATIONS} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}");
                body.write(&format!("{line}\r\n\r\n{start}")).unwrap();
                (head, body)
            })
            .collect();
        let all_held = (MANY * start.len()) as u64;
        until(&mut client, "krake_server_request_bodies_held_bytes", |held| held == all_held);
        for index in 0..10 {
            work(&mut client, &format!("quick-{index}"));
        }
        let (head, body) = &mut slow[0];
        head.write(" 1\r\n\r\n").unwrap();
        body.write(end).unwrap();
        assert_eq!(head.response().unwrap().status, 200);
        assert_eq!(body.response().unwrap().status, 200);
        drop(slow);
        until(&mut client, "krake_server_request_bodies_held_bytes", |held| held == 0);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_keep_nobody_out() {
    let mut limits = Limits::default();
    limits.reads = FEW;
    let Served { address, stop, ended } = serve(limits).await;
    blocking(move || {
        let mut client = Raw::open(address).unwrap();
        let mut large = application("large");
        large["metadata"]["annotations"]["x"] = "x".repeat(1_000_000).into();
        let created = client.send("POST", APPLICATIONS, &large.to_string());
        assert_eq!(created.unwrap().status, 200);
        let get = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path("large")).repeat(32);
        let stuck: Vec<Raw> = (0..FEW)
            .map(|_| {
                let mut stuck = Raw::open(address).unwrap();
                stuck.write(&get).unwrap();
                stuck
            })
            .collect();
        for index in 0..10 {
            work(&mut client, &format!("quick-{index}"));
        }
        drop(stuck);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

async fn open_from(source: &str, address: SocketAddr) -> Raw {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    let stream = socket.connect(address).await.unwrap().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    Raw::over(stream).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_all_connections() {
    let mut limits = Limits::default();
    (limits.connections, limits.connections_per_address) = (4, 2);
    let Served { address, stop, ended } = serve(limits).await;
    let mut greedy = Vec::new();
    for _ in 0..5 {
        greedy.push(open_from("127.0.0.2", address).await);
    }
    let mut other = open_from("127.0.0.3", address).await;
    blocking(move || {
        let served = |client: &mut Raw| client.send("GET", "/", "").is_ok();
        let of_greedy: Vec<bool> = greedy.iter_mut().map(served).collect();
        assert_eq!(of_greedy, [true, true, false, false, false]);
        assert!(served(&mut other));
        assert_eq!(metric(&mut other, "krake_server_connections_refused_total"), 3);
        drop(greedy);
        until(&mut other, "krake_server_connections", |open| open == 1);
    })
    .await;
    let mut again = open_from("127.0.0.2", address).await;
    blocking(move || again.send("GET", "/", "").unwrap()).await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_beyond_the_limits_are_refused_with_a_reason() {
    let Served { address, stop, ended } = serve(Limits::default()).await;
    blocking(move || {
        let send = |target: &str, header: usize| {
            let mut client = Raw::open(address).unwrap();
            let header = "x".repeat(header);
            let head = format!("GET {target} HTTP/1.1\r\nhost: x\r\nx-large: {header}\r\n\r\n");
            // The server may have answered before it has read everything.
            let _ = client.write(&head);
            client.response()
        };
        let long = format!("/?x={}", "x".repeat(16 << 10));
        let problem = "content-type: application/problem+json";
        let answer = send(&long, 1).unwrap();
        assert!(answer.status == 414 && answer.head.contains(problem), "{answer:?}");
        let answer = send("/", 64 << 10).unwrap();
        assert!(answer.status == 431 && answer.head.contains(problem), "{answer:?}");
        assert!(answer.body.contains("65536 bytes"), "{}", answer.body);
        assert_eq!(send("/", 60 << 10).unwrap().status, 200);
        // So large that it is not even read to its end.
        if let Ok(answer) = send("/", 1 << 20) {
            assert_eq!((answer.status, answer.body.as_str()), (431, ""));
        }
        assert_eq!(send("/", 1).unwrap().status, 200);
    })
    .await;
    stop.send(()).unwrap();
    ended.await.unwrap();
}
