//! The client and the real server, in one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use krake_client::{Client, ListOptions, Patch, WatchOptions, Written};
use krake_core::{
    FieldSelector, Object, ObjectExt, Problem, Resource, Revision, Timestamp, WatchEvent,
};
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use serde_json::json;

use crate::notes::{NS, Note};

const SECOND: Duration = Duration::from_secs(1);

async fn client() -> Client {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Note>()
        .build()
        .await
        .unwrap();
    Client::from_service(server)
}

fn note(name: &str) -> Note {
    Note::new(name, "text".into())
}

#[tokio::test(start_paused = true)]
async fn what_is_created_can_be_read_changed_and_deleted() {
    let notes = client().await.namespace::<Note>(NS);
    let created = notes.create(&note("a")).await.unwrap();
    assert_eq!(notes.get("a").await.unwrap(), created);
    assert!(
        notes
            .create(&note("a"))
            .await
            .unwrap_err()
            .is_already_exists()
    );
    let edited = notes
        .edit("a", |note| note.text = "new".into())
        .await
        .unwrap();
    assert!(edited.revision() > created.revision());
    assert!(
        notes
            .update(&Note { text: "late".into(), ..created.clone() })
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(
        notes
            .delete_unchanged(&created)
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(notes.delete("a").await.unwrap().metadata.is_deleting());
    let gone = notes
        .edit("a", |note| note.metadata.finalizers.clear())
        .await;
    assert!(gone.unwrap().metadata.is_deleting());
    assert_eq!(notes.find("a").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_update_without_a_change_is_no_write() {
    let notes = client().await.namespace::<Note>(NS);
    let created = notes.create(&note("a")).await.unwrap();
    assert_eq!(notes.update(&created).await.unwrap(), created);
    assert_eq!(notes.get("a").await.unwrap().revision(), created.revision());
}

#[tokio::test(start_paused = true)]
async fn a_patch_changes_what_it_names() {
    let notes = client().await.namespace::<Note>(NS);
    let created = notes.create(&note("a")).await.unwrap();
    let merge = Patch::Merge(json!({"text": "new"}));
    let patched = notes.patch("a", &merge).await.unwrap();
    assert_eq!((patched.text.as_str(), patched.metadata.generation), ("new", 2));
    assert_eq!(notes.patch("a", &merge).await.unwrap(), patched);
    let operations = |text: &str| {
        let test = json!({"op": "test", "path": "/text", "value": text});
        Patch::Json(json!([test, {"op": "add", "path": "/metadata/labels/x", "value": "y"}]))
    };
    assert!(
        notes
            .patch("a", &operations("text"))
            .await
            .unwrap_err()
            .is_conflict()
    );
    let labelled = notes.patch("a", &operations("new")).await.unwrap();
    assert_eq!(labelled.metadata.labels["x"], "y");
    let stale = json!({"text": "late", "metadata": {"resource_version": created.revision()}});
    assert!(
        notes
            .patch("a", &Patch::Merge(stale))
            .await
            .unwrap_err()
            .is_conflict()
    );
    let wrong = Patch::Merge(json!({"text": 5}));
    assert!(notes.patch("a", &wrong).await.unwrap_err().is_invalid());
    assert!(notes.patch("b", &merge).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_and_nobody_hears_of_it() {
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heard);
    let count = move |_: &Written<'_>| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let client = client().await.observed_by(Arc::new(count));
    let notes = client.namespace::<Note>(NS);
    let tried = notes.dry_run().create(&note("a")).await.unwrap();
    assert_eq!(tried.metadata.resource_version, None);
    assert_eq!(notes.find("a").await.unwrap(), None);
    let created = notes.create(&note("a")).await.unwrap();
    let tried = notes
        .dry_run()
        .edit("a", |note| note.text = "new".into())
        .await
        .unwrap();
    assert_eq!((tried.text.as_str(), tried.revision()), ("new", created.revision()));
    assert!(
        notes
            .dry_run()
            .delete("a")
            .await
            .unwrap()
            .metadata
            .is_deleting()
    );
    assert!(
        notes
            .dry_run()
            .create(&note("a"))
            .await
            .unwrap_err()
            .is_already_exists()
    );
    assert_eq!(notes.get("a").await.unwrap(), created);
    assert_eq!(heard.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn fields_select() {
    let notes = client().await.namespace::<Note>(NS);
    for (name, text) in [("a", "one, two"), ("b", "two")] {
        notes
            .create(&Note { text: text.into(), ..note(name) })
            .await
            .unwrap();
    }
    let fields: FieldSelector = r"text=one\,\ two".parse().unwrap();
    let options = ListOptions { fields: fields.clone(), ..ListOptions::default() };
    let names: Vec<_> = notes.list(&options).await.unwrap().items;
    assert_eq!(
        names
            .iter()
            .map(|note| note.metadata.name.as_str())
            .collect::<Vec<_>>(),
        ["a"]
    );
    let options = WatchOptions { fields, ..WatchOptions::default() };
    let mut watch = notes.watch(&options).await.unwrap();
    let text = |text: &str| Patch::Merge(json!({"text": text}));
    notes.patch("a", &text("three")).await.unwrap();
    assert!(matches!(watch.next().await.unwrap().unwrap(), WatchEvent::Deleted(_)));
    let entered = notes.patch("b", &text("one, two")).await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap(), WatchEvent::Added(entered));
}

#[tokio::test(start_paused = true)]
async fn pages_together_are_the_list() {
    let notes = client().await.namespace::<Note>(NS);
    for name in ["a", "b", "c", "d", "e"] {
        notes.create(&note(name)).await.unwrap();
    }
    let options = ListOptions { limit: Some(2), ..ListOptions::default() };
    let pages: Vec<_> = notes
        .pages(options)
        .map(|page| page.unwrap().items)
        .collect()
        .await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(pages.concat(), notes.list(&ListOptions::default()).await.unwrap().items);
}

#[tokio::test(start_paused = true)]
async fn a_watch_begins_with_what_is_there_and_can_be_resumed() {
    let notes = client().await.namespace::<Note>(NS);
    let first = notes.create(&note("a")).await.unwrap();
    let mut watch = notes.watch(&WatchOptions::from_now()).await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap(), WatchEvent::Added(first.clone()));
    let end = watch.next().await.unwrap().unwrap();
    assert!(matches!(end, WatchEvent::Bookmark(mark) if mark.initial_events_end));

    let second = notes.create(&note("b")).await.unwrap();
    let mut resumed = notes
        .watch(&WatchOptions::after(first.revision()))
        .await
        .unwrap();
    assert_eq!(resumed.next().await.unwrap().unwrap(), WatchEvent::Added(second));
    let ahead = notes.watch(&WatchOptions::after(Revision(1_000))).await;
    assert!(ahead.err().unwrap().is_gone());
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_state_or_at_the_limit() {
    let notes = client().await.namespace::<Note>(NS);
    notes.create(&note("a")).await.unwrap();
    let is_new = |note: Option<&Note>| note.is_some_and(|note| note.text == "new");
    let change = async {
        tokio::time::sleep(SECOND).await;
        notes.edit("b", |_| ()).await.unwrap_err();
        notes
            .edit("a", |note| note.text = "new".into())
            .await
            .unwrap()
    };
    let (reached, changed) = tokio::join!(notes.wait("a", is_new, SECOND * 5), change);
    assert_eq!(reached.unwrap(), Some(changed));
    assert_eq!(
        notes
            .wait("b", |note| note.is_none(), SECOND)
            .await
            .unwrap(),
        None
    );
    let error = notes
        .wait("b", |note| note.is_some(), SECOND)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("waiting for demo/Note b"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_known_at_run_time_only_is_handled_alike() {
    let client = client().await;
    client
        .namespace::<Note>(NS)
        .create(&note("a"))
        .await
        .unwrap();
    let kind = Arc::new(Note::KIND.clone());
    let notes = client.dynamic(kind, Some(NS));
    let edited = notes
        .edit("a", |note| {
            note.body.insert("text".into(), "new".into());
        })
        .await
        .unwrap();
    assert_eq!(edited.kind(), Note::KIND);
    assert_eq!(client.namespace::<Note>(NS).get("a").await.unwrap().text, "new");
}

#[tokio::test(start_paused = true)]
async fn a_subresource_is_not_written_by_a_decision_from_an_older_state() {
    let entitle = |note: &mut Note, text: String, _: Timestamp| {
        note.text = text;
        Ok::<_, Problem>(())
    };
    let builder = ServerBuilder::new(MemoryStore::new()).kind::<Note>();
    let server = builder.subresource("text", entitle).build().await.unwrap();
    let notes = Client::from_service(server).namespace::<Note>(NS);
    let read = notes.create(&note("a")).await.unwrap();
    let written = notes
        .update_subresource_unchanged(&read, "text", &"first")
        .await
        .unwrap();
    let late = notes
        .update_subresource_unchanged(&read, "text", &"second")
        .await;
    assert!(late.unwrap_err().is_conflict());
    assert_eq!(notes.get("a").await.unwrap(), written);
    assert_eq!(written.text, "first");
}
