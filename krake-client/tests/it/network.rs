//! The client and the real server, over a socket.

use futures::StreamExt;
use krake_client::{Client, Error, WatchOptions};
use krake_core::WatchEvent;
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::notes::{NS, Note};

#[tokio::test]
async fn requests_and_watches_work_over_http_alike() {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Note>()
        .build()
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = server.serve(listener, async { drop(stopped.await) });
    let talking = async {
        let notes = Client::connect(&url).unwrap().namespace::<Note>(NS);
        let mut watch = notes.watch(&WatchOptions::from_now()).await.unwrap();
        let created = notes.create(&Note::new("a", "text".into())).await.unwrap();
        let end = watch.next().await.unwrap().unwrap();
        assert!(matches!(end, WatchEvent::Bookmark(mark) if mark.initial_events_end));
        assert_eq!(watch.next().await.unwrap().unwrap(), WatchEvent::Added(created));
        assert!(notes.get("b").await.unwrap_err().is_not_found());
        drop(watch);
        stop.send(()).unwrap();
    };
    let (served, ()) = tokio::join!(serving, talking);
    served.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_worth_retrying() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::connect(&url)
        .unwrap()
        .namespace::<Note>(NS)
        .get("a")
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

/// Answers one request with these bytes, then closes the connection.
async fn answering(listener: TcpListener, answer: &[u8]) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0; 4096];
    assert!(stream.read(&mut request).await.unwrap() > 0);
    stream.write_all(answer).await.unwrap();
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_redirected_write_is_an_error_and_names_the_place() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let elsewhere = format!("HTTP/1.1 301 Moved\r\nlocation: {url}/x\r\ncontent-length: 0\r\n\r\n");
    let notes = Client::connect(&url).unwrap().namespace::<Note>(NS);
    let note = Note::new("a", "text".into());
    let (created, ()) =
        tokio::join!(notes.create(&note), answering(listener, elsewhere.as_bytes()));
    let error = created.unwrap_err();
    assert_eq!(error.status(), Some(301));
    assert!(error.to_string().contains(&format!("{url}/x")), "{error}");
}

#[tokio::test]
async fn a_watch_whose_connection_breaks_ends_with_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let broken = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\n\r\n9\r\n{\"ty";
    let notes = Client::connect(&url).unwrap().all::<Note>();
    let watching = async {
        let watch = notes.watch(&WatchOptions::default()).await.unwrap();
        watch.collect::<Vec<_>>().await
    };
    let (events, ()) = tokio::join!(watching, answering(listener, broken));
    assert!(matches!(events[..], [Err(Error::Transport { .. })]), "{events:?}");
}

#[tokio::test]
async fn a_body_too_large_for_the_server_is_refused_and_not_retried() {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Note>()
        .build()
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = server.serve(listener, async { drop(stopped.await) });
    let talking = async {
        let notes = Client::connect(&url).unwrap().namespace::<Note>(NS);
        for _ in 0..3 {
            let note = Note::new("a", "x".repeat(4 << 20));
            let error = notes.create(&note).await.unwrap_err();
            assert_eq!(error.status(), Some(413), "{error:?}");
        }
        stop.send(()).unwrap();
    };
    let (served, ()) = tokio::join!(serving, talking);
    served.unwrap();
}
