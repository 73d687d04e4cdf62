//! What is sent, and how answers are read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use krake_client::{Client, Error, ListOptions, WatchOptions};

use tokio::time::Instant;

use crate::notes::{Log, NS, Note, scripted};

const STORED: &str = r#"{"api": "demo", "kind": "Note", "text": "old",
    "metadata": {"name": "a", "namespace": "testing", "resource_version": "7"}}"#;
const CONFLICT: &str = r#"{"title": "TRANSACTION_ERROR", "status": 409, "detail": "late"}"#;
const NO_UPDATE: &str =
    r#"{"title": "UPDATE_ERROR", "status": 400, "detail": "The body contained no update."}"#;

fn stored() -> Note {
    serde_json::from_str(STORED).unwrap()
}

#[tokio::test]
async fn updates_say_what_they_are_based_on() {
    let (client, log) = scripted(|_| (200, vec![STORED]));
    let notes = client.namespace::<Note>(NS);
    notes.update(&stored()).await.unwrap();
    assert_eq!(log.last().line, "PUT /demo/namespaces/testing/notes/a");
    assert!(log.last().body.contains(r#""resource_version":"7""#));
    notes.delete_unchanged(&stored()).await.unwrap();
    assert_eq!(log.last().if_match.as_deref(), Some("\"7\""));
}

#[tokio::test]
async fn the_namespace_of_the_object_counts_and_one_of_them_must_be_there() {
    let (client, log) = scripted(|_| (200, vec![STORED]));
    client.all::<Note>().create(&stored()).await.unwrap();
    assert_eq!(log.last().line, "POST /demo/namespaces/testing/notes");
    let error = client.all::<Note>().get("a").await.unwrap_err();
    assert!(matches!(error, Error::NoNamespace { .. }), "{error}");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_not_asked_for() {
    let (client, log) = scripted(|_| (200, vec![STORED]));
    for bad in ["", ".", ".."] {
        let notes = client.namespace::<Note>(NS);
        let astray = client.namespace::<Note>(bad);
        let refusals = [
            notes.delete(bad).await.err(),
            notes.find(bad).await.err(),
            astray.list(&ListOptions::default()).await.err(),
            astray.watch(&WatchOptions::default()).await.err(),
            astray.create(&Note::new("a", String::new())).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::Name { .. })), "{refusal:?}");
        }
    }
    assert_eq!(log.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_starts_over_after_each_lost_race() {
    let lost = AtomicUsize::new(3);
    let (client, log) = scripted(move |line| {
        let is_write = line.starts_with("PUT");
        if is_write && lost.load(Ordering::SeqCst) > 0 {
            lost.fetch_sub(1, Ordering::SeqCst);
            return (409, vec![CONFLICT]);
        }
        (200, vec![STORED])
    });
    let notes = client.namespace::<Note>(NS);
    notes
        .edit("a", |note| note.text = "new".into())
        .await
        .unwrap();
    assert_eq!(log.lines().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_what_is_written_all_the_time_hands_the_conflict_on() {
    let (client, log) =
        scripted(
            |line| {
                if line.starts_with("PUT") { (409, vec![CONFLICT]) } else { (200, vec![STORED]) }
            },
        );
    let notes = client.namespace::<Note>(NS);
    let error = notes
        .edit("a", |note| note.text = "new".into())
        .await
        .unwrap_err();
    assert!(error.is_conflict() && !error.is_already_exists() && !error.is_retryable());
    assert_eq!(log.lines().len(), 16);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing() {
    let (client, log) = scripted(|_| (200, vec![STORED]));
    client
        .namespace::<Note>(NS)
        .edit("a", |note| note.text = "old".into())
        .await
        .unwrap();
    assert_eq!(log.lines(), ["GET /demo/namespaces/testing/notes/a"]);
}

#[tokio::test]
async fn an_update_that_the_server_finds_empty_is_no_error() {
    let (client, log) = scripted(|line| {
        if line.starts_with("PUT") { (400, vec![NO_UPDATE]) } else { (200, vec![STORED]) }
    });
    let notes = client.namespace::<Note>(NS);
    assert_eq!(notes.update(&stored()).await.unwrap(), stored());
    assert_eq!(log.lines().len(), 1);
    let unversioned = Note { text: "old".into(), ..Note::new("a", String::new()) };
    assert_eq!(notes.update(&unversioned).await.unwrap(), stored());
}

#[tokio::test]
async fn pages_are_read_to_the_last() {
    let (client, log) = scripted(|line| {
        let list = if line.contains("continue=") {
            r#"{"api": "demo", "kind": "NoteList", "items": [], "metadata": {}}"#
        } else {
            r#"{"api": "demo", "kind": "NoteList", "items": [], "metadata": {"continue": "x/y"}}"#
        };
        (200, vec![list])
    });
    let options = ListOptions { limit: Some(2), ..ListOptions::default() };
    let pages: Vec<_> = client.all::<Note>().pages(options).collect().await;
    assert_eq!(pages.len(), 2);
    assert_eq!(log.lines(), ["GET /demo/notes?limit=2", "GET /demo/notes?limit=2&continue=x%2Fy"]);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_apart_and_say_when_to_come_back() {
    let refused = |status, body| async move {
        let (client, _) = scripted(move |_| (status, vec![body]));
        client.namespace::<Note>(NS).get("a").await.unwrap_err()
    };
    let busy = refused(429, "slow down").await;
    assert!(busy.is_retryable());
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(7)));
    assert!(refused(404, "").await.is_not_found());
    let taken = r#"{"title": "RESOURCE_ALREADY_EXISTS", "status": 409}"#;
    assert!(refused(409, taken).await.is_already_exists());
    let invalid = refused(
        422,
        r#"{"status": 422, "errors": [{"field": "text", "message": "Not a valid string."}]}"#,
    );
    let invalid = invalid.await;
    assert!(invalid.is_invalid());
    assert_eq!(invalid.problem().unwrap().errors[0].field, "text");
    let garbled = refused(200, r#"{"metadata": {"name": 5}}"#).await;
    assert!(matches!(garbled, Error::Undecodable { .. }), "{garbled}");
}

/// A client of a service that refuses so many requests with `status`.
fn refusing(count: usize, status: u16) -> (Client, Log) {
    let left = AtomicUsize::new(count);
    let less = |left: usize| left.checked_sub(1);
    scripted(move |_| match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
        Ok(_) => (status, vec!["busy"]),
        Err(_) => (200, vec![STORED]),
    })
}

#[tokio::test(start_paused = true)]
async fn what_an_overloaded_server_refuses_is_sent_again_when_it_says() {
    let begin = Instant::now();
    let (client, log) = refusing(2, 429);
    let note = Note::new("a", "text".into());
    client.namespace::<Note>(NS).create(&note).await.unwrap();
    assert_eq!(log.lines(), ["POST /demo/namespaces/testing/notes"; 3]);
    assert!(log.last().body.contains("text"));
    assert!(begin.elapsed() >= Duration::from_secs(14));
    let (client, log) = refusing(1, 429);
    let notes = client.all::<Note>();
    drop(notes.watch(&WatchOptions::default()).await.unwrap());
    assert_eq!(log.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_overloaded_is_left_alone() {
    let (client, log) = refusing(usize::MAX, 429);
    let patient = client.clone().with_request_limit(Duration::from_hours(1));
    let error = patient.namespace::<Note>(NS).get("a").await.unwrap_err();
    assert_eq!((error.status(), log.lines().len()), (Some(429), 5));
    let hasty = client.with_request_limit(Duration::from_secs(5));
    let error = hasty.namespace::<Note>(NS).get("a").await.unwrap_err();
    assert_eq!((error.status(), log.lines().len()), (Some(429), 6));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_been_done_is_not_repeated() {
    let (client, log) = refusing(1, 503);
    let error = client
        .namespace::<Note>(NS)
        .update(&stored())
        .await
        .unwrap_err();
    assert_eq!((error.status(), log.lines().len()), (Some(503), 1));
    let (client, log) = refusing(1, 503);
    client.namespace::<Note>(NS).get("a").await.unwrap();
    assert_eq!(log.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_ends_at_the_limit() {
    type Never = std::future::Pending<Result<http::Response<String>, std::convert::Infallible>>;
    let silent = tower::service_fn(|_: http::Request<_>| -> Never { std::future::pending() });
    let client = Client::from_service(silent).with_request_limit(Duration::from_secs(5));
    let error = client.namespace::<Note>(NS).get("a").await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }) && error.is_retryable(), "{error}");
}
