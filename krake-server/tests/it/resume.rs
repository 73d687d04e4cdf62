//! Watches that break all the time, and go on where they were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use krake_core::Revision;
use krake_server::store::{Event, Store};
use krake_server::{Limits, UpdateEvent};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, Lines, MERGE_PATCH, application, path};

/// Type, name and revision of an event.
type Seen = (String, String, u64);

/// Which objects a watcher wants, in two languages: a query, and a function.
#[derive(Clone, Copy)]
struct Wanted {
    query: &'static str,
    wants: fn(&Value) -> bool,
}

const EVERYTHING: Wanted = Wanted { query: "", wants: |_| true };
const WEB: Wanted = Wanted {
    query: "&label_selector=tier%20in%20(web)",
    wants: |object| object["metadata"]["labels"]["tier"] == "web",
};
const PATIENT: Wanted = Wanted {
    query: "&field_selector=spec.backoff%3D3",
    wants: |object| object["spec"]["backoff"] == 3,
};

/// Changes a few objects at random: they come, change in ways that selectors notice or not, and go.
async fn write_at_random(bed: &Bed, random: &mut StdRng) {
    let name = format!("a{}", random.random_range(0..6));
    match random.random_range(0..10) {
        0..=2 => {
            let _ = bed.post(APPLICATIONS, &application(&name)).await;
        }
        3 => {
            bed.delete(&(path(&name) + "?force=True")).await;
        }
        number => {
            let patch = match number {
                4..=6 => {
                    let tier = ["web", "db"][random.random_range(0..2)];
                    json!({"metadata": {"labels": {"tier": tier}}})
                }
                7..=8 => json!({"spec": {"backoff": random.random_range(2..4)}}),
                _ => {
                    json!({"metadata": {"annotations": {"n": random.random::<u32>().to_string()}}})
                }
            };
            bed.patch(&path(&name), MERGE_PATCH, patch).await;
        }
    }
}

/// One program that watches: what it has seen so far, and up to where.
struct Watcher {
    wanted: Wanted,
    seen: Vec<Seen>,
    last: u64,
    /// Since when it has not listed.
    since: u64,
    /// The times before that it watched through: after the one revision, up to the other.
    watched: Vec<(u64, u64)>,
    /// The objects as far as it knows, by the versions it has seen.
    state: BTreeMap<String, u64>,
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resource_version"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap().to_owned()
}

impl Watcher {
    const fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            seen: Vec::new(),
            last: 0,
            since: 0,
            watched: Vec::new(),
            state: BTreeMap::new(),
        }
    }

    /// Opens a watch that goes on where the last one ended; `None` if that is no longer possible.
    async fn open(&self, bed: &Bed, random: &mut StdRng) -> Option<Lines> {
        let bookmarks = if random.random() { "&bookmarks" } else { "" };
        let heartbeat = random.random_range(0..3);
        let Self { last, wanted: Wanted { query, .. }, .. } = self;
        let url = format!(
            "{APPLICATIONS}?watch&heartbeat={heartbeat}&resource_version={last}{bookmarks}{query}"
        );
        let request = Request::get(&url).body(Full::<bytes::Bytes>::default());
        let response = bed.call(request.unwrap()).await;
        match response.status() {
            StatusCode::OK => Some(Lines::of(response)),
            status => {
                let problem = response.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(status, StatusCode::GONE, "{url}: {problem:?}");
                None
            }
        }
    }

    /// Reads a watch until the connection breaks, which it does after a number of bytes or after a time, also in the middle of
    /// a line. The answer is whether it was told that it has missed something.
    async fn read(&mut self, mut lines: Lines, random: &mut StdRng) -> bool {
        let mut left = random.random_range(0..6_000);
        let patience = Duration::from_millis(random.random_range(0..1_200));
        let broken = tokio::time::sleep(patience);
        let mut broken = std::pin::pin!(broken);
        let mut line = Vec::new();
        loop {
            if random.random_ratio(1, 8) {
                // A reader that is busy: what happens now is there at once when it looks again.
                tokio::time::sleep(Duration::from_millis(random.random_range(0..2_000))).await;
            }
            let frame = tokio::select! {
                biased;
                frame = lines.frame() => frame.expect("the server runs"),
                () = &mut broken => return false,
            };
            for byte in frame {
                if left == 0 {
                    return false;
                }
                left -= 1;
                if byte != b'\n' {
                    line.push(byte);
                } else if self.receive(std::str::from_utf8(&std::mem::take(&mut line)).unwrap()) {
                    return true;
                }
            }
        }
    }

    /// Takes in one line; the answer is whether it says that something was missed.
    fn receive(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return false;
        }
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event.to_string().len(), line.len(), "not compact: {line}");
        let (kind, object) = (event["type"].as_str().unwrap(), &event["object"]);
        if kind == "ERROR" {
            assert_eq!(object["status"], 410, "{line}");
            return true;
        }
        let version = version(object);
        if kind == "BOOKMARK" {
            assert!(version >= self.last, "a bookmark goes back from {}: {line}", self.last);
        } else {
            assert!(version > self.last, "after {}: {line}", self.last);
            match kind {
                "DELETED" => self.state.remove(&name(object)),
                _ => self.state.insert(name(object), version),
            };
            self.seen.push((kind.to_owned(), name(object), version));
        }
        self.last = version;
        false
    }

    async fn relist(&mut self, bed: &Bed) {
        self.watched.push((self.since, self.last));
        (self.state, self.last) = listed(bed, self.wanted).await;
        self.since = self.last;
    }
}

/// The versions of the wanted objects, and the revision they show.
async fn listed(bed: &Bed, wanted: Wanted) -> (BTreeMap<String, u64>, u64) {
    let list = bed
        .get(&format!("{APPLICATIONS}?{}", wanted.query))
        .await
        .ok();
    let items = list["items"].as_array().unwrap().iter();
    (items.map(|item| (name(item), version(item))).collect(), version(&list))
}

/// All changes that the store has committed.
async fn history(bed: &Bed) -> Vec<Event> {
    let newest = bed.store.revision().await.unwrap();
    let mut batches = bed
        .store
        .watch("/kubernetes/applications/", Revision(0))
        .await
        .unwrap();
    let mut events = Vec::new();
    let mut through = Revision(0);
    while through < newest {
        let batch = batches.next().await.unwrap().unwrap();
        events.extend(batch.events);
        through = batch.through;
    }
    events
}

/// What a watcher must have seen of a history, derived without the server's help.
fn expected(history: &[Event], wanted: Wanted) -> Vec<Seen> {
    let mut inside: BTreeMap<&str, bool> = BTreeMap::new();
    let mut seen = Vec::new();
    for event in history {
        let (before, now) = match event {
            Event::Put { entry } => {
                let object = serde_json::from_slice(&entry.value).unwrap();
                let now = (wanted.wants)(&object);
                (inside.insert(&entry.key, now).unwrap_or(false), now)
            }
            Event::Delete { last, .. } => (inside.remove(&*last.key).unwrap(), false),
        };
        let kind = match (before, now) {
            (false, true) => "ADDED",
            (true, true) => "UPDATED",
            (true, false) => "DELETED",
            (false, false) => continue,
        };
        let name = event.key().rsplit('/').next().unwrap().to_owned();
        seen.push((kind.to_owned(), name, event.revision().0));
    }
    seen
}

/// Writes for as long as the test goes on.
async fn keep_writing(bed: Arc<Bed>, mut random: StdRng) {
    loop {
        let burst = if random.random_ratio(1, 20) { 30 } else { 2 };
        for _ in 0..random.random_range(0..=burst) {
            write_at_random(&bed, &mut random).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..2_000))).await;
    }
}

/// Breaks a watch `times` times under writes; `check` learns of every time that the server said *gone*.
async fn break_often(
    limits: Limits,
    wanted: Wanted,
    (seed, times): (u64, usize),
    mut on_gone: impl AsyncFnMut(&Bed, &Watcher),
) -> (Arc<Bed>, Watcher) {
    let mut random = StdRng::seed_from_u64(seed);
    let bed = Arc::new(Bed::with(limits, UpdateEvent::default()).await);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..2 {
        writers.spawn(keep_writing(Arc::clone(&bed), StdRng::seed_from_u64(random.random())));
    }
    let mut watcher = Watcher::new(wanted);
    for _ in 0..times {
        let is_behind = match watcher.open(&bed, &mut random).await {
            Some(lines) => watcher.read(lines, &mut random).await,
            None => true,
        };
        if is_behind {
            on_gone(&bed, &watcher).await;
            watcher.relist(&bed).await;
        }
        if random.random_ratio(1, 5) {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..1_000))).await;
        }
    }
    writers.shutdown().await;
    (bed, watcher)
}

/// Reads what is left, over a connection that holds.
async fn catch_up(bed: &Bed, watcher: &mut Watcher) {
    let newest = bed.store.revision().await.unwrap().0;
    let Wanted { query, .. } = watcher.wanted;
    let last = watcher.last;
    let url = format!("{APPLICATIONS}?watch&bookmarks&heartbeat=1&resource_version={last}{query}");
    let mut lines = bed.watch(&url).await;
    while watcher.last < newest {
        assert!(!watcher.receive(&lines.line().await.unwrap()));
    }
}

/// Whether the watcher has seen what it must have seen: each change once and in order, all the time that it watched.
async fn check(bed: &Bed, watcher: &mut Watcher) {
    catch_up(bed, watcher).await;
    let newest = (watcher.since, watcher.last);
    let times: Vec<(u64, u64)> = watcher.watched.iter().copied().chain([newest]).collect();
    let mut expected = expected(&history(bed).await, watcher.wanted);
    let total = expected.len();
    expected.retain(|(_, _, at)| times.iter().any(|(after, to)| after < at && at <= to));
    assert_eq!(watcher.seen, expected);
    assert!(total > 50, "only {total} changes");
    assert_eq!(watcher.state, listed(bed, watcher.wanted).await.0);
}

async fn each_change_once(wanted: Wanted, seed_and_times: (u64, usize)) {
    let gone = async |_: &Bed, watcher: &Watcher| panic!("gone after {}", watcher.last);
    let (bed, mut watcher) = break_often(Limits::default(), wanted, seed_and_times, gone).await;
    check(&bed, &mut watcher).await;
    assert_eq!(watcher.watched, []);
}

#[tokio::test(start_paused = true)]
async fn over_a_thousand_disconnects_a_watch_sees_each_change_once_and_in_order() {
    each_change_once(EVERYTHING, (1, 1_000)).await;
}

#[tokio::test(start_paused = true)]
async fn however_often_it_breaks_a_watch_with_selectors_sees_each_change_once_and_in_order() {
    each_change_once(WEB, (2, 300)).await;
    each_change_once(PATIENT, (3, 300)).await;
}

#[tokio::test(start_paused = true)]
async fn a_watcher_lists_again_only_when_the_window_was_exceeded() {
    const WINDOW: usize = 4;
    let mut limits = Limits::default();
    limits.window_changes = WINDOW;
    let is_exceeded = async |bed: &Bed, watcher: &Watcher| {
        let missed = history(bed).await;
        let missed = missed
            .iter()
            .filter(|event| event.revision().0 > watcher.last);
        let missed = missed.count();
        assert!(missed > WINDOW, "gone after {}, with {missed} changes since", watcher.last);
    };
    for (wanted, seed) in [(EVERYTHING, 4), (WEB, 5), (PATIENT, 6)] {
        let seed_and_times = (seed, 200);
        let (bed, mut watcher) =
            break_often(limits.clone(), wanted, seed_and_times, is_exceeded).await;
        // Whatever the last break came to: the next list starts a time without breaks.
        watcher.relist(&bed).await;
        assert!(watcher.watched.len() > 5, "{} lists", watcher.watched.len());
        check(&bed, &mut watcher).await;
    }
}
