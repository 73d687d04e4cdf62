//! Keeping the caches equal to the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use krake_core::Revision;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::KindCache;
use crate::store::{Batch, Entry, Error, Event, Range, Store, Watch};

/// Delay before the store is listed again after a failure; it doubles with each failure in a row.
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Follows the store for all kinds: lists them, then applies every change, and lists again when the watch breaks.
///
/// One watch serves all kinds: so they reach a revision together, and a commit costs one wake-up however many kinds there are.
pub(crate) struct Reflector {
    store: Arc<dyn Store>,
    caches: Vec<Arc<KindCache>>,
    /// Cache by `/<api>/<plural>/`.
    by_prefix: HashMap<Arc<str>, usize>,
    reached: watch::Sender<Option<Revision>>,
}

impl Reflector {
    pub(crate) fn new(store: Arc<dyn Store>, caches: Vec<Arc<KindCache>>) -> Self {
        let by_prefix = caches
            .iter()
            .enumerate()
            .map(|(index, cache)| (Arc::clone(cache.prefix()), index))
            .collect();
        Self { store, caches, by_prefix, reached: watch::Sender::new(None) }
    }

    /// Where the caches are.
    pub(crate) fn reached(&self) -> watch::Receiver<Option<Revision>> {
        self.reached.subscribe()
    }

    /// Fills the caches for the first time.
    pub(crate) async fn start(&self) -> Result<Watch, Error> {
        let listed = self.list().await?;
        self.store.watch("/", listed).await
    }

    /// Follows the store until `stop`; without a first watch it begins by filling the caches.
    pub(crate) async fn run(self, first: Option<Watch>, stop: CancellationToken) {
        stop.run_until_cancelled(self.follow_for_ever(first)).await;
    }

    async fn follow_for_ever(&self, first: Option<Watch>) {
        let mut watch = first;
        let mut delay = FIRST_DELAY;
        loop {
            if let Some(watch) = watch.take() {
                let error = self.follow(watch).await;
                tracing::warn!(error, "watch of the store ended, listing again");
                delay = FIRST_DELAY;
            }
            tokio::time::sleep(delay).await;
            match self.start().await {
                Ok(next) => watch = Some(next),
                Err(error) => {
                    delay = (delay * 2).min(LONGEST_DELAY);
                    tracing::warn!(%error, ?delay, "store cannot be listed, trying again");
                }
            }
        }
    }

    /// Applies changes until the watch ends; the answer is why it did.
    async fn follow(&self, mut watch: Watch) -> String {
        loop {
            match watch.next().await {
                Some(Ok(batch)) => self.apply(&batch),
                Some(Err(error)) => return error.to_string(),
                None => return "the stream has ended".to_owned(),
            }
        }
    }

    fn apply(&self, Batch { events, through }: &Batch) {
        let mut of_kinds: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
        for event in events {
            if let Some(index) = self.cache_of(event) {
                of_kinds.entry(index).or_default().push(event);
            }
        }
        for (index, events) in of_kinds {
            self.caches[index].apply(&events, *through);
        }
        self.reached.send_replace(Some(*through));
    }

    /// The index of the cache that an event belongs to.
    fn cache_of(&self, event: &Event) -> Option<usize> {
        let key = event.key();
        let (end, _) = key.match_indices('/').nth(2)?;
        self.by_prefix.get(&key[..=end]).copied()
    }

    /// Lists every kind; the answer is a revision that all of them show.
    async fn list(&self) -> Result<Revision, Error> {
        let mut listed = None::<Revision>;
        for cache in &self.caches {
            let revision = self.list_kind(cache).await?;
            listed = Some(listed.map_or(revision, |before| before.min(revision)));
        }
        let listed = match listed {
            Some(revision) => revision,
            None => self.store.revision().await?,
        };
        self.reached.send_replace(Some(listed));
        Ok(listed)
    }

    async fn list_kind(&self, cache: &KindCache) -> Result<Revision, Error> {
        let (entries, revision) = match self.read_pages(cache.prefix()).await {
            Err(error) if error.is_gone() => self.read_at_once(cache.prefix()).await?,
            read => read?,
        };
        cache.replace(&entries, revision);
        Ok(revision)
    }

    /// Reads all entries in pages as of one revision, which needs a store that keeps history.
    async fn read_pages(&self, prefix: &str) -> Result<(Vec<Entry>, Revision), Error> {
        let mut range = Range { prefix: prefix.to_owned(), limit: Some(PAGE), ..Range::default() };
        let mut entries = Vec::new();
        loop {
            let page = self.store.range(range.clone()).await?;
            entries.extend(page.entries);
            if !page.more {
                return Ok((entries, page.revision));
            }
            range.after = entries.last().map(|entry| entry.key.to_string());
            range.at = Some(page.revision);
        }
    }

    async fn read_at_once(&self, prefix: &str) -> Result<(Vec<Entry>, Revision), Error> {
        let range = Range { prefix: prefix.to_owned(), ..Range::default() };
        let page = self.store.range(range).await?;
        Ok((page.entries, page.revision))
    }
}
