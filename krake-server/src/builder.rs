//! Assembling a server.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use krake_core::{Clock, Kind, Problem, Resource, Timestamp};
use serde::de::DeserializeOwned;

use crate::registry::{FunctionHandler, Handler, Rules, TypedRules};
use crate::server::Server;
use crate::store::{self, Store};
use crate::{Limits, SystemClock, UpdateEvent};

/// What a server is made of: a store, the kinds it serves, and its options.
///
/// Mistakes, such as a kind that is registered twice, are reported by [`build`](Self::build).
#[must_use]
pub struct ServerBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rules: Vec<Box<dyn Rules>>,
    update_event: UpdateEvent,
    limits: Limits,
    mistake: Option<BuildError>,
}

/// A server that cannot be assembled or started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two kinds share their URLs.
    #[error("kind {kind} is registered twice: the path /{}/{} is taken", kind.api, kind.plural)]
    KindTwice {
        /// The second one.
        kind: &'static Kind,
    },
    /// Something of a kind is registered before the kind.
    #[error("register kind {kind} before its {name}")]
    UnknownKind {
        /// The kind.
        kind: &'static Kind,
        /// The subresource, or `deletion`.
        name: &'static str,
    },
    /// Two subresources of a kind share their name; `status` is always taken.
    #[error("kind {kind} has a subresource `{name}` already")]
    SubresourceTwice {
        /// The kind.
        kind: &'static Kind,
        /// The subresource.
        name: &'static str,
    },
    /// The store could not be read.
    #[error("the store cannot be read")]
    Store(#[from] store::Error),
}

impl ServerBuilder {
    /// A server over `store`, so far without kinds. An `Arc` of a store is a store, too.
    pub fn new(store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            clock: Arc::new(SystemClock),
            rules: Vec::new(),
            update_event: UpdateEvent::default(),
            limits: Limits::default(),
            mistake: None,
        }
    }

    /// Serves `K`.
    pub fn kind<K: Resource>(mut self) -> Self {
        self.rules.push(Box::new(TypedRules::<K>::new()));
        self
    }

    /// Adds a subresource to `K`: a PUT of a `B` to `…/{name}/{subresource}` is carried out by `apply`.
    ///
    /// `apply` gets the stored object, the body and the time of the request; it is called again when somebody else was faster.
    /// What it changes is stored, except for what only the server writes; it may begin a deletion. It refuses by a problem.
    pub fn subresource<K, B>(
        mut self,
        name: &'static str,
        apply: impl Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
    ) -> Self
    where
        K: Resource,
        B: DeserializeOwned + Send + 'static,
    {
        self.add_handler(name, Box::new(FunctionHandler::<K, B, _>::new(apply)));
        self
    }

    /// Adds a subresource without body to `K`: a PUT to `…/{name}/{subresource}`, whatever its body, is carried out by `apply`.
    ///
    /// As for [`subresource`](Self::subresource) otherwise.
    pub fn action<K: Resource>(
        mut self,
        name: &'static str,
        apply: impl Fn(&mut K, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
    ) -> Self {
        let apply = move |object: &mut K, (): (), now| apply(object, now);
        self.add_handler(name, Box::new(FunctionHandler::without_body(apply)));
        self
    }

    fn add_handler<K: Resource>(&mut self, name: &'static str, handler: Box<dyn Handler<K>>) {
        match self.rules_of::<K>().map(|rules| rules.add(name, handler)) {
            Some(true) => {}
            Some(false) => self.complain(BuildError::SubresourceTwice { kind: K::KIND, name }),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name }),
        }
    }

    /// Lets `DELETE …?force=True` remove objects of `K` at once, whatever their finalizers.
    pub fn allow_force<K: Resource>(mut self) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.allow_force(),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: "deletion" }),
        }
        self
    }

    /// Changes objects of `K` when their deletion begins, together with the deletion mark.
    pub fn on_delete<K: Resource>(
        mut self,
        prepare: impl Fn(&mut K, Timestamp) + Send + Sync + 'static,
    ) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.prepare_deletion(Arc::new(prepare)),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: "deletion" }),
        }
        self
    }

    /// Remembers the first mistake.
    fn complain(&mut self, mistake: BuildError) {
        self.mistake.get_or_insert(mistake);
    }

    fn rules_of<K: Resource>(&mut self) -> Option<&mut TypedRules<K>> {
        self.rules.iter_mut().find_map(|rules| {
            let rules: &mut dyn Any = &mut **rules;
            rules.downcast_mut()
        })
    }

    /// Takes the time from `clock`, instead of from the operating system.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How watches call the event for a changed object, unless they ask otherwise.
    pub const fn update_event(mut self, name: UpdateEvent) -> Self {
        self.update_event = name;
        self
    }

    /// How much clients may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the store and starts the server's background task.
    ///
    /// A store that is [unavailable](store::Error::Unavailable) is waited for in the background: until it can be read, requests are
    /// refused with 503.
    ///
    /// # Errors
    /// When kinds or subresources collide, or the store cannot be read for another reason.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it leaves nothing behind.
    pub async fn build(self) -> Result<Server, BuildError> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let mut taken = HashSet::new();
        for rules in &self.rules {
            let kind = rules.kind();
            if !taken.insert((&*kind.api, &*kind.plural)) {
                return Err(BuildError::KindTwice { kind });
            }
        }
        Ok(Server::start(self.store, self.clock, self.rules, self.update_event, self.limits)
            .await?)
    }
}

impl std::fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<String> = self
            .rules
            .iter()
            .map(|rules| rules.kind().to_string())
            .collect();
        f.debug_struct("ServerBuilder")
            .field("kinds", &kinds)
            .field("update_event", &self.update_event)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
