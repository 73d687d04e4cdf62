//! Watching a collection.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use krake_core::Revision;
use krake_server::store::{Batch, Entry, Event, Range, Watch};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::filter::Filter;
use super::negotiation::Form;
use super::read::present;
use super::request::ApiRequest;
use crate::cluster::{Cluster, decode};
use crate::error::ApiError;
use crate::faults::Outage;
use crate::kinds::ResourceType;

/// How long a watch lasts that does not say; the real server varies it, a simulation need not.
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);
/// How often a quiet watch gets a bookmark, if it wants bookmarks.
const BOOKMARK_INTERVAL: Duration = Duration::from_mins(1);

/// Answers the lines of a watch. The watch is registered when this returns.
pub(super) async fn watch_lines(
    cluster: Arc<Cluster>,
    request: &ApiRequest,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, ApiError> {
    let query = &request.query;
    let prefix = request.kind.prefix_in(request.namespace.as_deref());
    let after = query.resource_version()?;
    let initial = after.is_none() || query.flag("sendInitialEvents");
    let at = if initial { None } else { after };
    let page = match cluster
        .range(Range { prefix: prefix.clone(), at, ..Range::default() })
        .await
    {
        Ok(page) => page,
        // As a real server, tell it inside the stream: clients look for it there.
        Err(error) if error.reason == "Expired" => return Ok(ended_with(&error).left_stream()),
        Err(error) => return Err(error),
    };
    let events = match cluster.store.watch(&prefix, page.revision).await {
        Ok(events) => events,
        Err(error) => return Ok(ended_with(&error.into()).left_stream()),
    };
    let mut watcher = Watcher {
        view: View {
            cluster: Arc::clone(&cluster),
            kind: Arc::clone(&request.kind),
            form: request.form,
        },
        filter: request.filter()?,
        matching: HashSet::new(),
        events,
        lines: VecDeque::new(),
        outage: cluster.faults.outage(),
        deadline: Instant::now() + query.timeout()?.unwrap_or(DEFAULT_TIMEOUT),
        bookmarks: query.flag("allowWatchBookmarks"),
        through: page.revision,
        ended: false,
    };
    watcher.start(&page.entries, initial, query.flag("sendInitialEvents"))?;
    let lines = stream::unfold(watcher, async |mut watcher| {
        let line = watcher.next().await?;
        Some((line, watcher))
    });
    Ok(lines.right_stream())
}

fn ended_with(error: &ApiError) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let line = line("ERROR", &error.body());
    stream::once(async move { Ok(line) })
}

/// How objects are shown on a stream.
struct View {
    cluster: Arc<Cluster>,
    kind: Arc<ResourceType>,
    form: Form,
}

impl View {
    fn line(&self, event: &str, object: Value) -> Bytes {
        line(event, &present(&self.cluster, &self.kind, self.form, object))
    }
}

/// One open watch.
struct Watcher {
    view: View,
    filter: Filter,
    /// Keys of the objects that the client knows.
    matching: HashSet<Arc<str>>,
    events: Watch,
    lines: VecDeque<Bytes>,
    outage: watch::Receiver<Outage>,
    deadline: Instant,
    bookmarks: bool,
    through: Revision,
    ended: bool,
}

impl Watcher {
    /// Notes which objects match at the start, and queues them if the client wants them.
    fn start(
        &mut self,
        entries: &[Entry],
        initial: bool,
        closing_bookmark: bool,
    ) -> Result<(), ApiError> {
        for entry in entries {
            let object = decode(entry, entry.modified)?;
            if self.filter.matches(&object) {
                self.matching.insert(Arc::clone(&entry.key));
                if initial {
                    self.lines.push_back(self.view.line("ADDED", object));
                }
            }
        }
        if initial && closing_bookmark {
            let bookmark = self.bookmark(&json!({"k8s.io/initial-events-end": "true"}));
            self.lines.push_back(bookmark);
        }
        Ok(())
    }

    /// The next line; `None` when the watch is over.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match *self.outage.borrow_and_update() {
                Outage::Refuse if !self.ended => {
                    self.ended = true;
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Outage::Refuse | Outage::Unavailable => return None,
                Outage::Hang | Outage::None => {}
            }
            let hangs = *self.outage.borrow() == Outage::Hang;
            if !hangs {
                if let Some(line) = self.lines.pop_front() {
                    return Some(Ok(line));
                }
                if self.ended {
                    return None;
                }
            }
            self.wait(hangs).await?;
        }
    }

    /// Waits for something to happen; `None` when the time is over.
    async fn wait(&mut self, hangs: bool) -> Option<()> {
        let quiet = Instant::now() + BOOKMARK_INTERVAL;
        tokio::select! {
            biased;
            changed = self.outage.changed() => changed.ok(),
            batch = self.events.next(), if !hangs && !self.ended => {
                self.take(batch);
                Some(())
            }
            () = sleep_until(quiet), if self.bookmarks && !hangs => {
                let bookmark = self.bookmark(&json!({}));
                self.lines.push_back(bookmark);
                Some(())
            }
            () = sleep_until(self.deadline), if !hangs => None,
        }
    }

    fn take(&mut self, batch: Option<Result<Batch, krake_server::store::Error>>) {
        let Some(batch) = batch else {
            self.ended = true;
            return;
        };
        let taken = batch.map_err(ApiError::from).and_then(|batch| {
            self.through = batch.through;
            batch
                .events
                .iter()
                .try_for_each(|event| self.translate(event))
        });
        if let Err(error) = taken {
            self.lines.push_back(line("ERROR", &error.body()));
            self.ended = true;
        }
    }

    /// Queues what an event means to this client: objects come and go at the edge of its filter.
    fn translate(&mut self, event: &Event) -> Result<(), ApiError> {
        let (entry, removed) = match event {
            Event::Put { entry } => (entry, false),
            Event::Delete { last, .. } => (last, true),
        };
        let object = decode(entry, event.revision())?;
        let matches = !removed && self.filter.matches(&object);
        let known = if matches {
            !self.matching.insert(Arc::clone(&entry.key))
        } else {
            self.matching.remove(&entry.key)
        };
        let name = match (known, matches) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return Ok(()),
        };
        self.lines.push_back(self.view.line(name, object));
        Ok(())
    }

    fn bookmark(&self, annotations: &Value) -> Bytes {
        let kind = &self.view.kind;
        let mut metadata =
            json!({"resourceVersion": self.through.to_string(), "creationTimestamp": null});
        if *annotations != json!({}) {
            metadata["annotations"] = annotations.clone();
        }
        let bookmark =
            json!({"kind": kind.kind, "apiVersion": kind.api_version(), "metadata": metadata});
        match self.view.form {
            Form::Plain => line("BOOKMARK", &bookmark),
            Form::Metadata | Form::Table(_) => self.view.line("BOOKMARK", bookmark),
        }
    }
}

fn line(event: &str, object: &Value) -> Bytes {
    let mut line = json!({"type": event, "object": object}).to_string();
    line.push('\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Empty};
    use krake_server::store::{MemoryStore, Store};
    use tower::ServiceExt;

    use super::*;
    use crate::api::SimService;
    use crate::options::SimOptions;
    use crate::seed::seed;

    #[tokio::test]
    async fn a_watch_from_forgotten_history_is_told_gone_inside_the_stream() {
        let store = Arc::new(MemoryStore::new());
        let cluster =
            Arc::new(Cluster::new(SimOptions::default(), Arc::clone(&store) as Arc<dyn Store>));
        seed(&cluster).await.unwrap();
        let current = store.revision().await.unwrap();
        store.compact(current).await.unwrap();
        let request = http::Request::get("/api/v1/namespaces?watch=true&resourceVersion=1")
            .body(Empty::<Bytes>::new());
        let answer = SimService::new(cluster)
            .oneshot(request.unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
        assert_eq!(event["object"]["reason"], "Expired");
    }
}
