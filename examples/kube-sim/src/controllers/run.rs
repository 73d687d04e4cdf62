//! The loop that carries out what the controllers plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use krake_core::Revision;
use krake_server::store::{Batch, Event, Range, Watch};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::dispatch::{concerned, plans};
use super::plan::{Action, Plan, View};
use super::world::{Key, World};
use crate::cluster::{Cluster, decode};
use crate::error::ApiError;
use crate::kinds::ObjectKey;
use crate::object::Fields;
use crate::patch::merge;
use crate::writes::{self, DeleteOptions, Propagation, WriteContext};

/// How long to wait after a change that could not be made.
const RETRY: Duration = Duration::from_secs(1);

/// Runs the cluster's controllers until `stop`.
pub(crate) async fn run(cluster: Arc<Cluster>, stop: CancellationToken) {
    let work = async {
        loop {
            let Err(error) = Controllers::start(&cluster).await;
            warn!(error = %error.message, "controllers start over");
            sleep(RETRY).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

enum Never {}

/// The controllers' view of the store, and what they have to look at.
struct Controllers<'a> {
    cluster: &'a Cluster,
    world: World,
    events: Watch,
    through: Revision,
    queue: BTreeSet<Key>,
    timers: Timers,
}

impl<'a> Controllers<'a> {
    /// Reads everything, then follows the changes; ends only with an error.
    async fn start(cluster: &'a Cluster) -> Result<Never, ApiError> {
        let page = cluster
            .range(Range { prefix: "/registry/".to_owned(), ..Range::default() })
            .await?;
        let events = cluster.store.watch("", page.revision).await?;
        let mut controllers = Self {
            cluster,
            world: World::default(),
            events,
            through: page.revision,
            queue: BTreeSet::new(),
            timers: Timers::default(),
        };
        let now = Instant::now();
        for entry in &page.entries {
            controllers
                .world
                .put(&entry.key, decode(entry, entry.modified)?, now);
            controllers.queue.insert(Arc::clone(&entry.key));
        }
        controllers.follow().await
    }

    /// Works in rounds: what a round changes is looked at in the next one, so that an owner of many objects is looked at once a
    /// round and not once an object.
    async fn follow(mut self) -> Result<Never, ApiError> {
        loop {
            self.catch_up().await?;
            self.queue.extend(self.timers.due(Instant::now()));
            let round = std::mem::take(&mut self.queue);
            if round.is_empty() {
                self.wait().await?;
            }
            for key in round {
                self.catch_up().await?;
                self.reconcile(&key).await;
                // Everything above is ready at once: let others have the thread.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes in everything that was committed until now, so that no plan is made on what an earlier one has changed.
    async fn catch_up(&mut self) -> Result<(), ApiError> {
        let target = self.cluster.store.revision().await?;
        while self.through < target {
            let batch = self.events.next().await;
            self.take(batch)?;
        }
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), ApiError> {
        let next = self.timers.next();
        let timer = async {
            match next {
                Some(time) => sleep_until(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            batch = self.events.next() => self.take(batch),
            () = timer => Ok(()),
        }
    }

    fn take(
        &mut self,
        batch: Option<Result<Batch, krake_server::store::Error>>,
    ) -> Result<(), ApiError> {
        let batch = batch.ok_or_else(|| ApiError::internal("the store was closed"))??;
        let now = Instant::now();
        for event in &batch.events {
            let key = event.key();
            match event {
                Event::Put { entry } => {
                    let object = decode(entry, entry.modified)?;
                    self.queue
                        .extend(concerned(&self.world, key, &object, false));
                    self.world.put(key, object, now);
                }
                Event::Delete { .. } => {
                    self.timers.cancel(key);
                    if let Some(object) = self.world.remove(key) {
                        self.queue
                            .extend(concerned(&self.world, key, &object, true));
                    }
                }
            }
        }
        self.through = batch.through;
        Ok(())
    }

    async fn reconcile(&mut self, key: &Key) {
        self.timers.cancel(key);
        let Some(object) = self.world.get(key).cloned() else { return };
        let stamp = self.cluster.clock.stamp();
        let now = Instant::now();
        let view = View {
            world: &self.world,
            options: &self.cluster.options,
            addresses: &self.cluster.addresses,
            random: &self.cluster.random,
            now,
            stamp: &stamp,
        };
        for (component, Plan { actions, again }) in plans(&view, key, &object) {
            if let Some(delay) = again {
                self.timers.set(key, now + delay);
            }
            for action in actions {
                if let Err(error) = execute(self.cluster, component, action).await {
                    debug!(%key, component, error = %error.message, "not done");
                    self.timers.set(key, now + RETRY);
                }
            }
        }
    }
}

async fn execute(cluster: &Cluster, component: &str, action: Action) -> Result<(), ApiError> {
    let context = WriteContext::of(component);
    match action {
        Action::Create(object) => {
            let catalog = cluster.catalog();
            let kind = catalog
                .by_kind(object.text("/apiVersion"), object.text("/kind"))
                .ok_or_else(ApiError::no_such_path)?;
            let namespace = object.namespace().to_owned();
            writes::create(cluster, kind, Some(&namespace), object, &context).await?;
        }
        Action::Patch { key, pen, patch } => {
            let change = |object: &Value| {
                let mut object = object.clone();
                merge(&mut object, &patch);
                Ok(object)
            };
            writes::update(cluster, &object_key(cluster, &key)?, pen, &context, change).await?;
        }
        Action::Delete { key, foreground, at_once } => {
            let options = DeleteOptions {
                propagation: if foreground {
                    Propagation::Foreground
                } else {
                    Propagation::Background
                },
                grace_period_seconds: at_once.then_some(0),
                ..DeleteOptions::default()
            };
            writes::delete(cluster, &object_key(cluster, &key)?, &options, &context).await?;
        }
    }
    Ok(())
}

fn object_key(cluster: &Cluster, key: &str) -> Result<ObjectKey, ApiError> {
    let catalog = cluster.catalog();
    let kind = catalog
        .by_store_key(key)
        .ok_or_else(ApiError::no_such_path)?;
    let rest = key.strip_prefix(&kind.prefix()).unwrap_or_default();
    let (namespace, name) = match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, rest),
    };
    Ok(ObjectKey::new(kind, namespace, name))
}

/// When to look at which key again; one time a key.
#[derive(Debug, Default)]
struct Timers {
    by_key: BTreeMap<Key, Instant>,
    in_order: BTreeSet<(Instant, Key)>,
}

impl Timers {
    /// The earlier of two times for a key counts.
    fn set(&mut self, key: &Key, time: Instant) {
        if self.by_key.get(key).is_some_and(|before| *before <= time) {
            return;
        }
        self.cancel(key);
        self.by_key.insert(Arc::clone(key), time);
        self.in_order.insert((time, Arc::clone(key)));
    }

    fn cancel(&mut self, key: &Key) {
        if let Some((key, time)) = self.by_key.remove_entry(key) {
            self.in_order.remove(&(time, key));
        }
    }

    fn next(&self) -> Option<Instant> {
        self.in_order.first().map(|(time, _)| *time)
    }

    /// Takes out the keys whose time has come.
    fn due(&mut self, now: Instant) -> Vec<Key> {
        let mut keys = Vec::new();
        while self.next().is_some_and(|time| time <= now)
            && let Some((_, key)) = self.in_order.pop_first()
        {
            self.by_key.remove(&key);
            keys.push(key);
        }
        keys
    }
}
