//! Assembling a server.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use krake_core::schemars::JsonSchema;
use krake_core::{Clock, Kind, Problem, Resource, Timestamp};
use prometheus_client::collector::Collector;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::Settings;
use crate::registry::{FunctionHandler, FunctionStates, Handler, Rules, TypedRules};
use crate::security::{Authorization, Security};
use crate::server::Server;
use crate::store::{self, Store};
use crate::watch_cache::{KindCache, WindowLimits};
use crate::{Authentication, Authorizer, CorsOrigin, Limits, SystemClock, UpdateEvent};

/// What a server is made of: a store, the kinds it serves, and its options.
///
/// Mistakes, such as a kind that is registered twice, are reported by [`build`](Self::build).
#[must_use]
pub struct ServerBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rules: Vec<Box<dyn Rules>>,
    update_event: UpdateEvent,
    security: Security,
    settings: Settings,
    collectors: Vec<Box<dyn Collector>>,
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
        /// The subresource, `deletion`, `replacement` or `blocking`.
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
    /// Roles are to decide, but there are none.
    #[error("roles cannot decide: register the kinds Role and RoleBinding of krake_core::base")]
    NoRoles,
    /// A limit is zero: nothing would get through.
    #[error("the limit `{name}` is zero; it must be greater")]
    ZeroLimit {
        /// The field of [`Limits`].
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
            security: Security::default(),
            settings: Settings {
                limits: Limits::default(),
                cors: None,
                problem_base_url: Problem::BASE_URL.to_owned(),
            },
            collectors: Vec::new(),
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
        let handler = FunctionHandler::<K, B, _>::new(apply);
        self.add_handler(name, Box::new(handler));
        self
    }

    /// As [`subresource`](Self::subresource), with a body that says what it looks like: clients find that in the server's OpenAPI
    /// document.
    pub fn described_subresource<K, B>(
        mut self,
        name: &'static str,
        apply: impl Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
    ) -> Self
    where
        K: Resource,
        B: DeserializeOwned + JsonSchema + Send + 'static,
    {
        self.add_handler(name, Box::new(FunctionHandler::<K, B, _>::described(apply)));
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

    /// Lets requests that write objects of `K` wait, by `blocking=STATE`, until the object is in a state, or gone (`deleted`).
    ///
    /// `state` says in which state an object is. `S` is an enum of unit variants, known to clients by their serialized names in
    /// any case; of a type that is no enum, such as `String`, any value can be waited for.
    pub fn blocking<K, S>(mut self, state: impl Fn(&K) -> S + Send + Sync + 'static) -> Self
    where
        K: Resource,
        S: Serialize + DeserializeOwned + 'static,
    {
        match self.rules_of::<K>() {
            Some(rules) => rules.read_states(Box::new(FunctionStates::new(state))),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: "blocking" }),
        }
        self
    }

    fn add_handler<K: Resource>(&mut self, name: &'static str, handler: Box<dyn Handler<K>>) {
        match self.rules_of::<K>().map(|rules| rules.add(name, handler)) {
            Some(true) => {}
            Some(false) => self.complain(BuildError::SubresourceTwice { kind: K::KIND, name }),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name }),
        }
    }

    /// Lets users write a subresource of `K` who are permitted to write the subresource `by`, instead of by a permission of its own.
    pub fn permitted_by<K: Resource>(
        mut self,
        subresource: &'static str,
        by: &'static str,
    ) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.cover(subresource, by),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: subresource }),
        }
        self
    }

    /// Lets `DELETE …?force=True` remove objects of `K` at once, whatever their finalizers.
    pub fn allow_force<K: Resource>(mut self) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.allow_force(),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: "deletion" }),
        }
        self
    }

    /// Looks for the object of `K` before the body of a subresource is read: who means a missing one is told so, whatever the body.
    /// Otherwise the body comes first.
    pub fn look_up_first<K: Resource>(mut self, subresource: &'static str) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.look_up_first(subresource),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: subresource }),
        }
        self
    }

    /// Lets a PUT of an object of `K` that is stored already succeed, and write nothing. Otherwise it is refused with 400.
    pub fn accept_no_update<K: Resource>(mut self) -> Self {
        match self.rules_of::<K>() {
            Some(rules) => rules.accept_no_update(),
            None => self.complain(BuildError::UnknownKind { kind: K::KIND, name: "replacement" }),
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
        self.settings.limits = limits;
        self
    }

    /// Shows on `GET /metrics`, too, what `collector` tells: the metrics of other parts of the program.
    pub fn collector(mut self, collector: impl Collector) -> Self {
        self.collectors.push(Box::new(collector));
        self
    }

    /// How senders are recognised. By default, everybody is the anonymous user.
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.security.authentication = authentication;
        self
    }

    /// What decides what users may do. By default, everybody may do everything.
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.security.authorization = Authorization::By(Arc::new(authorizer));
        self
    }

    /// Lets the [`Role`](krake_core::base::Role)s and [`RoleBinding`](krake_core::base::RoleBinding)s decide that the server keeps; anonymous users may do nothing to resources then.
    ///
    /// Both kinds must be served. A user whose role has just changed is judged by the new one at once.
    pub fn role_based(mut self) -> Self {
        self.security.authorization = Authorization::Roles;
        self
    }

    /// Lets pages of other origins use the API from browsers. By default, none may.
    pub fn cors(mut self, allowed: CorsOrigin) -> Self {
        self.settings.cors = Some(allowed);
        self
    }

    /// Where the classes of problems are explained: the member `type` of a problem is this URL and the class as its fragment.
    pub fn problem_base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.problem_base_url = url.into();
        self
    }

    /// Reads the store and starts the server's background task.
    ///
    /// A store that is [unavailable](store::Error::Unavailable) is waited for in the background: until it can be read, requests are
    /// refused with 503.
    ///
    /// # Errors
    /// When kinds or subresources collide, a limit is zero, or the store cannot be read for another reason.
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
        let limits = &self.settings.limits;
        if let Some(name) = limits.first_zero() {
            return Err(BuildError::ZeroLimit { name });
        }
        let window = WindowLimits { changes: limits.window_changes, bytes: limits.window_bytes };
        let caches = self.rules.into_iter();
        let caches = caches
            .map(|rules| Arc::new(KindCache::new(rules, self.update_event, window)))
            .collect();
        let Self { store, clock, security, settings, collectors, .. } = self;
        Server::start(store, clock, caches, security, settings, collectors).await
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
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
