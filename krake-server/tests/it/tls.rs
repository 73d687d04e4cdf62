//! Over TLS.

use std::io;
use std::time::Duration;

use futures::future::join_all;
use krake_server::{Limits, Tls};
use rustls::ALL_VERSIONS;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bed::{APPLICATIONS, application, leap, path};
use crate::certificates::{Authority, client_config, exotic};
use crate::secure::{Secure, SecureBed};

fn me(name: &str) -> (u16, String) {
    (200, format!("{{\"roles\":[],\"user\":\"{name}\"}}"))
}

fn short(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[tokio::test]
async fn the_user_is_the_first_common_name_of_the_certificate() {
    let bed = SecureBed::start().await;
    let own = |names: &[_]| bed.authority.client_with(names);
    for name in ["alice", "system:admin", "Zo\u{eb}"] {
        assert_eq!(bed.who_is(Some(&own(&[name.into()]))).await.unwrap(), me(name));
    }
    let two = own(&["first".into(), "second".into()]);
    assert_eq!(bed.who_is(Some(&two)).await.unwrap(), me("first"));
    bed.stop().await;
}

#[tokio::test]
async fn a_client_without_a_name_may_connect_but_is_nobody() {
    let bed = SecureBed::start().await;
    let nameless = [vec![], vec!["".into()], vec![exotic("alice")]]
        .map(|names| bed.authority.client_with(&names));
    for own in nameless.iter().map(Some).chain([None]) {
        let (status, body) = bed.who_is(own).await.unwrap();
        assert_eq!(status, 401, "{body}");
    }
    bed.stop().await;
}

#[tokio::test]
async fn a_certificate_of_a_stranger_fails_the_handshake() {
    let bed = SecureBed::start().await;
    let stranger = Authority::new("the authority").client("alice");
    let error = bed.who_is(Some(&stranger)).await.unwrap_err();
    assert!(error.to_string().contains("alert"), "{error}");
    let alice = bed.authority.client("alice");
    assert_eq!(bed.who_is(Some(&alice)).await.unwrap(), me("alice"));
    bed.stop().await;
}

#[tokio::test]
async fn a_client_that_trusts_somebody_else_goes_and_the_server_stays() {
    let bed = SecureBed::start().await;
    let config = client_config(&Authority::new("another"), None, ALL_VERSIONS);
    let error = Secure::open(bed.address, config).await.err().unwrap();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(bed.user("alice").await.get("/me").await.unwrap(), me("alice"));
    bed.stop().await;
}

#[tokio::test]
async fn the_protocol_is_http_1_1_and_no_other() {
    let bed = SecureBed::start().await;
    let open = async |protocols: &[&[u8]]| {
        let mut config = client_config(&bed.authority, None, ALL_VERSIONS);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let secure = Secure::open(bed.address, config).await?;
        let (_, session) = secure.stream.get_ref().get_ref();
        io::Result::Ok(session.alpn_protocol().map(<[u8]>::to_vec))
    };
    assert_eq!(open(&[b"h2", b"http/1.1"]).await.unwrap(), Some(b"http/1.1".to_vec()));
    assert_eq!(open(&[]).await.unwrap(), None);
    open(&[b"h2"]).await.unwrap_err();
    bed.stop().await;
}

#[tokio::test]
async fn sessions_are_not_resumed() {
    let bed = SecureBed::start().await;
    for version in ALL_VERSIONS {
        let config = client_config(&bed.authority, None, &[version]);
        for _ in 0..3 {
            let mut client = Secure::open(bed.address, config.clone()).await.unwrap();
            client.get("/healthz").await.unwrap();
            let (_, session) = client.stream.get_ref().get_ref();
            assert_eq!(session.handshake_kind(), Some(rustls::HandshakeKind::Full));
        }
    }
    bed.stop().await;
}

#[tokio::test]
async fn handshakes_do_not_wait_for_each_other() {
    let bed = SecureBed::start().await;
    let mut stalled = TcpStream::connect(bed.address).await.unwrap();
    let mut begun = TcpStream::connect(bed.address).await.unwrap();
    begun.write_all(b"\x16\x03\x01").await.unwrap();
    let names: Vec<_> = (0..20).map(|number| format!("user-{number}")).collect();
    let answers = join_all(
        names
            .iter()
            .map(async |name| bed.user(name).await.get("/me").await),
    );
    for (name, answer) in names.iter().zip(answers.await) {
        assert_eq!(answer.unwrap(), me(name));
    }
    bed.stop().await;
    assert_eq!(stalled.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_stalled_handshake_ends_and_makes_room() {
    let limits = short(|limits| {
        limits.handshake_time = Duration::from_millis(200);
        limits.connections = 1;
    });
    let bed = SecureBed::with(limits).await;
    for beginning in ["", "\x16\x03\x01"] {
        let mut stalled = TcpStream::connect(bed.address).await.unwrap();
        stalled.write_all(beginning.as_bytes()).await.unwrap();
        assert_eq!(bed.user("alice").await.get("/me").await.unwrap(), me("alice"));
        assert_eq!(stalled.read(&mut [0]).await.unwrap_or(0), 0);
    }
    bed.stop().await;
}

#[tokio::test]
async fn the_end_of_the_server_does_not_wait_for_handshakes_and_idle_clients() {
    let bed = SecureBed::with(short(|limits| {
        limits.handshake_time = Duration::MAX;
        limits.drain_time = Duration::MAX;
    }))
    .await;
    let stalled = TcpStream::connect(bed.address).await.unwrap();
    let mut idle = bed.user("alice").await;
    assert_eq!(idle.get("/me").await.unwrap(), me("alice"));
    bed.stop().await;
    idle.get("/me").await.unwrap_err();
    drop(stalled);
}

#[tokio::test]
async fn who_speaks_plain_http_is_told_to_use_tls() {
    let bed = SecureBed::start().await;
    let mut plain = TcpStream::connect(bed.address).await.unwrap();
    let request = format!("GET {APPLICATIONS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    plain.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("https"), "{answer}");
    let mut garbage = TcpStream::connect(bed.address).await.unwrap();
    garbage.write_all(b"hello\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = garbage.read_to_end(&mut rest).await;
    assert!(rest.len() < 20, "an alert at the most: {rest:?}");
    assert_eq!(bed.user("alice").await.get("/me").await.unwrap(), me("alice"));
    bed.stop().await;
}

#[tokio::test]
async fn events_of_a_watch_arrive_at_once() {
    let bed = SecureBed::start().await;
    let mut watcher = bed.user("watcher").await;
    let head = format!("GET {APPLICATIONS}?watch HTTP/1.1\r\nhost: x\r\n\r\n");
    watcher.write(&head).await.unwrap();
    assert!(watcher.head().await.unwrap().starts_with("http/1.1 200 "));
    let mut writer = bed.user("writer").await;
    for name in ["a", "b"] {
        let body = application(name).to_string();
        let (status, created) = writer.send("POST", APPLICATIONS, &body).await.unwrap();
        assert_eq!(status, 200, "{created}");
        let event = watcher.event().await.unwrap();
        assert_eq!(event, format!("{{\"type\":\"ADDED\",\"object\":{created}}}\n"));
    }
    bed.stop().await;
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let bed = SecureBed::with(short(|limits| {
        limits.write_time = Duration::from_millis(200);
        limits.connections = 1;
    }))
    .await;
    let mut stuck = bed.user("alice").await;
    let mut body = application("a");
    body["metadata"]["annotations"]["x"] = "x".repeat(1_000_000).into();
    let (status, _) = stuck
        .send("POST", APPLICATIONS, &body.to_string())
        .await
        .unwrap();
    assert_eq!(status, 200);
    // More than the sockets at both ends hold.
    let get = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path("a"));
    stuck.write(&get.repeat(64)).await.unwrap();
    assert_eq!(bed.user("bob").await.get("/me").await.unwrap(), me("bob"));
    drop(stuck);
    bed.stop().await;
}

#[tokio::test]
async fn certificates_are_exchanged_while_requests_run() {
    let bed = SecureBed::start().await;
    let (old, new) = (&bed.authority, Authority::new("the next authority"));
    let mut before = bed.user("alice").await;
    let first = before.certificate();
    let head = format!("GET {APPLICATIONS}?watch HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut watcher = bed.user("watcher").await;
    watcher.write(&head).await.unwrap();
    watcher.head().await.unwrap();

    bed.files.replace(&new.server(), &new.pem);
    bed.tls.reload().await.unwrap();
    let open = async |authority: &Authority, own| {
        let config = client_config(authority, Some(own), ALL_VERSIONS);
        Secure::open(bed.address, config).await?.get("/me").await
    };
    let (alice, bob) = (old.client("alice"), new.client("bob"));
    open(old, &alice).await.unwrap_err();
    open(&new, &alice).await.unwrap_err();
    assert_eq!(open(&new, &bob).await.unwrap(), me("bob"));

    assert_eq!(before.get("/me").await.unwrap(), me("alice"));
    assert_eq!(before.certificate(), first);
    let body = application("a").to_string();
    assert_eq!(before.send("POST", APPLICATIONS, &body).await.unwrap().0, 200);
    assert!(watcher.event().await.unwrap().contains("ADDED"));
    bed.stop().await;
}

#[tokio::test]
async fn changed_files_are_noticed_by_the_next_connection() {
    let bed = SecureBed::start().await;
    let first = bed.user("alice").await.certificate();
    bed.files
        .replace(&bed.authority.server(), &bed.authority.pem);
    leap(Duration::from_secs(1)).await;
    let second = bed.user("alice").await.certificate();
    assert_ne!(first, second);
    bed.files.write("server.pem", "-----BEGIN");
    leap(Duration::from_secs(1)).await;
    assert_eq!(bed.user("alice").await.certificate(), second);
    bed.stop().await;
}

#[tokio::test]
async fn half_an_exchange_changes_nothing() {
    let bed = SecureBed::start().await;
    let first = bed.user("alice").await.certificate();
    let next = bed.authority.server();
    bed.files.write("server.pem", &next.certificate);
    let error = bed.tls.reload().await.unwrap_err().to_string();
    assert!(error.contains("server.key: not usable as the key of "), "{error}");
    assert_eq!(bed.user("alice").await.certificate(), first);
    bed.files.write("server.key", &next.key);
    bed.tls.reload().await.unwrap();
    assert_ne!(bed.user("alice").await.certificate(), first);
    bed.stop().await;
}

#[tokio::test]
async fn without_authorities_certificates_of_clients_do_not_matter() {
    let bed = SecureBed::configured(Limits::default(), |options| options.client_ca = None).await;
    let stranger = Authority::new("another").client("system:admin");
    assert_eq!(bed.who_is(Some(&stranger)).await.unwrap().0, 401);
    assert!(!format!("{:?}", bed.tls).contains("BEGIN"), "{:?}", bed.tls);
    bed.stop().await;
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let authority = Authority::new("the authority");
    let files = crate::certificates::Files::new(&authority.server(), &authority.pem);
    let other = authority.server();
    let cases = [
        ("server.pem", "", "it holds no certificate in PEM"),
        ("server.pem", "-----BEGIN CERTIFICATE-----\nx", "it is not well-formed PEM"),
        ("server.key", "", "it holds no unencrypted private key in PEM"),
        ("server.key", other.key.as_str(), "not usable as the key of "),
        ("clients.pem", "# none yet\n", "it holds no certificate in PEM"),
        ("clients.pem", other.key.as_str(), "it holds no certificate in PEM"),
    ];
    for (name, text, reason) in cases {
        let good = std::fs::read_to_string(files.path(name)).unwrap();
        files.write(name, text);
        let error = Tls::open(files.options()).unwrap_err();
        let expected = format!("{}: {reason}", files.path(name).display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(!format!("{error:?}").contains("PRIVATE"), "{error:?}");
        files.write(name, &good);
    }
    std::fs::remove_file(files.path("server.key")).unwrap();
    let error = Tls::open(files.options()).unwrap_err().to_string();
    assert_eq!(error, format!("cannot read {}", files.path("server.key").display()));
}
