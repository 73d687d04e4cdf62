//! Reading watches.

use futures::StreamExt;
use krake_client::{Error, WatchOptions};
use krake_core::{Revision, WatchEvent};

use crate::notes::{Note, scripted};

async fn events(pieces: Vec<&'static str>) -> Vec<Result<WatchEvent<Note>, Error>> {
    let (client, _) = scripted(move |_| (200, pieces.clone()));
    let watch = client
        .all::<Note>()
        .watch(&WatchOptions::default())
        .await
        .unwrap();
    watch.collect().await
}

fn texts(events: Vec<Result<WatchEvent<Note>, Error>>) -> Vec<String> {
    let text = |event: Result<WatchEvent<Note>, Error>| match event {
        Ok(WatchEvent::Added(note)) => format!("added {}", note.text),
        Ok(WatchEvent::Updated(note)) => format!("updated {}", note.text),
        Ok(WatchEvent::Deleted(note)) => format!("deleted {}", note.text),
        Ok(WatchEvent::Bookmark(mark)) => format!("bookmark {}", mark.revision),
        Ok(WatchEvent::Error(problem)) => format!("error {problem}"),
        Err(error) => format!("failed {:?}", error.status()),
    };
    events.into_iter().map(text).collect()
}

#[tokio::test]
async fn heartbeats_are_skipped_lines_may_be_cut_anywhere_and_both_names_of_an_update_are_read() {
    let events = events(vec![
        "\n\r\n",
        r#"{"type": "ADDED", "object": {"metadata": {"name": "a"}, "text""#,
        ": \"1\"}}\n{\"type\": \"UPDATED\", \"object\": {\"metadata\": {\"name\": \"a\"}, \"text\": \"2\"}}\n",
        "{\"type\": \"MODIFIED\", \"object\": {\"metadata\": {\"name\": \"a\"}, \"text\": \"3\"}}\n\n",
        "{\"type\": \"BOOKMARK\", \"object\": {\"metadata\": {\"resource_version\": \"9\"}}}\n",
        "{\"type\": \"DELETED\", \"object\": {\"metadata\": {\"name\": \"a\"}, \"text\": \"4\"}}\n",
        "{\"type\": \"ADDED\", \"object\": {\"cut off",
    ]);
    assert_eq!(
        texts(events.await),
        ["added 1", "updated 2", "updated 3", "bookmark 9", "deleted 4"]
    );
}

#[tokio::test]
async fn gone_is_one_error_whether_status_or_event_and_ends_the_watch() {
    let gone = "{\"type\": \"ERROR\", \"object\": {\"status\": 410, \"detail\": \"old\"}}\n";
    let in_stream = events(vec![gone, gone]).await;
    assert_eq!(in_stream.len(), 1);
    assert!(in_stream[0].as_ref().is_err_and(Error::is_gone));

    let (client, log) = scripted(|_| (410, vec![]));
    let refused = client
        .all::<Note>()
        .watch(&WatchOptions::after(Revision(5)))
        .await;
    assert!(refused.err().unwrap().is_gone());
    assert_eq!(log.last().line, "GET /demo/notes?watch&resource_version=5&bookmarks");
}

#[tokio::test]
async fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let piece: &'static str = "x".repeat(1 << 20).leak();
    let events = events(vec![piece; 16]).await;
    assert!(matches!(events[..], [Err(Error::TooLong { .. })]));
}

#[tokio::test]
async fn a_line_that_makes_no_sense_is_an_error_that_names_the_field() {
    let events = events(vec!["{\"type\": \"ADDED\", \"object\": {\"metadata\": {\"name\": 5}}}\n"]);
    let error = events.await.remove(0).unwrap_err();
    let Error::Undecodable { source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("object.metadata.name"), "{source}");
}
