//! The client and the real server, over a socket.

use futures::StreamExt;
use krake_client::{Client, WatchOptions};
use krake_core::WatchEvent;
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
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
