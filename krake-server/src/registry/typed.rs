//! The rules of a typed kind.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use krake_core::schemars::SchemaGenerator;
use krake_core::{Kind, Resource, Revision, Timestamp, Uid};

use super::patch::Patch;
use super::plan::{self, NoUpdate, Planned};
use super::{
    Change, Current, Document, Handler, Operation, Order, Plan, Readable, Rules, Sent, States,
    decode,
};
use crate::openapi::KindDescription;
use crate::refusal::Refusal;

/// What a kind does to its objects when their deletion begins.
type PrepareDeletion<K> = Arc<dyn Fn(&mut K, Timestamp) + Send + Sync>;

/// The rules of `K`, with what was registered for it.
pub(crate) struct TypedRules<K> {
    subresources: BTreeMap<&'static str, Box<dyn Handler<K>>>,
    /// Subresources that the permission for another one covers.
    covered: BTreeMap<&'static str, &'static str>,
    prepare_deletion: PrepareDeletion<K>,
    can_be_forced: bool,
    no_update: NoUpdate,
    /// Subresources whose bodies are read only if the object exists.
    looked_up_first: BTreeSet<&'static str>,
    states: Option<Box<dyn States>>,
}

impl<K: Resource> TypedRules<K> {
    /// A kind with no subresources but its status.
    pub(crate) fn new() -> Self {
        let prepare_deletion = Arc::new(|_: &mut K, _| {});
        Self {
            subresources: BTreeMap::new(),
            covered: BTreeMap::new(),
            prepare_deletion,
            can_be_forced: false,
            no_update: NoUpdate::default(),
            looked_up_first: BTreeSet::new(),
            states: None,
        }
    }

    /// Sets what happens to an object when its deletion begins.
    pub(crate) fn prepare_deletion(&mut self, prepare: PrepareDeletion<K>) {
        self.prepare_deletion = prepare;
    }

    /// Lets objects be removed at once.
    pub(crate) const fn allow_force(&mut self) {
        self.can_be_forced = true;
    }

    /// Lets a replacement by what is stored already succeed.
    pub(crate) const fn accept_no_update(&mut self) {
        self.no_update = NoUpdate::Accept;
    }

    /// Lets the object be looked for before the body of a subresource is read.
    pub(crate) fn look_up_first(&mut self, subresource: &'static str) {
        self.looked_up_first.insert(subresource);
    }

    /// Lets requests wait for states.
    pub(crate) fn read_states(&mut self, states: Box<dyn States>) {
        self.states = Some(states);
    }

    /// Lets whoever may write `by` also write `subresource`, instead of by a permission of its own.
    pub(crate) fn cover(&mut self, subresource: &'static str, by: &'static str) {
        self.covered.insert(subresource, by);
    }

    /// Adds a subresource; the answer is whether the name was free.
    pub(crate) fn add(&mut self, name: &'static str, handler: Box<dyn Handler<K>>) -> bool {
        !self.has_subresource(name) && self.subresources.insert(name, handler).is_none()
    }
}

impl<K: Resource> Rules for TypedRules<K> {
    fn kind(&self) -> &'static Kind {
        K::KIND
    }

    fn describe(&self, generator: &mut SchemaGenerator) -> KindDescription {
        let schema = K::schema(generator);
        let subresources = self
            .subresources
            .iter()
            .map(|(name, handler)| (*name, handler.describe(generator)))
            .collect();
        let can_be_forced = self.can_be_forced;
        let can_block = self.states().is_some();
        KindDescription { kind: K::KIND, schema, subresources, can_be_forced, can_block }
    }

    fn read(&self, value: &[u8]) -> Result<Readable, Refusal> {
        // What this server has stored is canonical; a database that was taken over need not be.
        let mut object: K = match serde_json::from_slice(value) {
            Ok(object) => object,
            Err(_) => krake_core::input::decode(value)?,
        };
        let labels = object.metadata().labels.clone();
        object.metadata_mut().resource_version = None;
        Ok(Readable { labels, document: Document::of(object)? })
    }

    fn has_subresource(&self, name: &str) -> bool {
        self.subresources.contains_key(name) || (name == "status" && K::KIND.status)
    }

    fn subresources(&self) -> Vec<&'static str> {
        let status = K::KIND.status.then_some("status");
        status
            .into_iter()
            .chain(self.subresources.keys().copied())
            .collect()
    }

    fn permission_of<'a>(&'a self, subresource: &'a str) -> &'a str {
        self.covered
            .get(subresource)
            .copied()
            .unwrap_or(subresource)
    }

    fn can_be_forced(&self) -> bool {
        self.can_be_forced
    }

    fn states(&self) -> Option<&dyn States> {
        self.states.as_deref()
    }

    fn create(
        &self,
        namespace: Option<&str>,
        body: &[u8],
        identity: Uid,
        now: Timestamp,
    ) -> Result<(String, Document), Refusal> {
        let object: K = plan::create(decode::new_object(body, namespace)?, identity, now);
        let name = object.metadata().name.clone();
        Ok((name, Document::of(object)?))
    }

    fn plan(
        &self,
        operation: Operation<'_>,
        namespace: Option<&str>,
        sent: Sent,
    ) -> Result<Box<dyn Plan>, Refusal> {
        let body = match sent {
            Sent::Whole(body) => body,
            Sent::Patch { form, body, limit } => {
                let part = match operation {
                    Operation::Replace => Part::Resource,
                    Operation::Status => Part::Status,
                    _ => return Err(Refusal::NoRoute),
                };
                let patch = Patch::decode(form, &body)?;
                let namespace = namespace.map(str::to_owned);
                return Ok(Box::new(Patched::<K> {
                    patch,
                    part,
                    namespace,
                    limit,
                    of: PhantomData,
                }));
            }
        };
        Ok(match operation {
            Operation::Replace => {
                let object: K = decode::full_object(&body, namespace)?;
                Box::new(Replace { object, body, no_update: self.no_update })
            }
            Operation::Status => {
                let object: K = decode::full_object(&body, namespace)?;
                Box::new(Status { object, body })
            }
            Operation::Delete => Box::new(Delete(Arc::clone(&self.prepare_deletion))),
            Operation::Remove => Box::new(Remove(PhantomData::<fn(K)>)),
            Operation::Subresource(name) => {
                let handler = self.subresources.get(name).ok_or(Refusal::NoRoute)?;
                let is_looked_up = self.looked_up_first.contains(name);
                let order = if is_looked_up { Order::ObjectFirst } else { Order::BodyFirst };
                return handler.plan(body, order);
            }
        })
    }
}

struct Replace<K> {
    object: K,
    /// What it was decoded from.
    body: Bytes,
    no_update: NoUpdate,
}

impl<K: Resource> Plan for Replace<K> {
    fn expects(&self) -> Option<Revision> {
        self.object.metadata().resource_version
    }

    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal> {
        let planned = plan::replace(&current.decode()?, &self.object, self.no_update, now);
        encode(planned.map_err(|refusal| refusal.in_order_of(&self.body))?)
    }

    fn without_object(&self) -> Result<(), Refusal> {
        validate(&self.object, None, &self.body)
    }
}

struct Status<K> {
    object: K,
    /// What it was decoded from.
    body: Bytes,
}

impl<K: Resource> Plan for Status<K> {
    fn expects(&self) -> Option<Revision> {
        self.object.metadata().resource_version
    }

    fn apply(&mut self, current: &Current, _now: Timestamp) -> Result<Change, Refusal> {
        let stored: K = current.decode()?;
        validate(&self.object, Some(&stored), &self.body)?;
        encode(plan::status(&stored, &self.object)?)
    }

    fn without_object(&self) -> Result<(), Refusal> {
        validate(&self.object, None, &self.body)
    }
}

/// Checks an object by the rules of its kind.
fn validate<K: Resource>(object: &K, stored: Option<&K>, body: &[u8]) -> Result<(), Refusal> {
    object
        .validate(stored)
        .map_err(|errors| decode::refusal(errors, body))
}

/// What of an object a patch can change.
enum Part {
    Resource,
    Status,
}

struct Patched<K> {
    patch: Patch,
    part: Part,
    namespace: Option<String>,
    /// How large the object may be afterwards, in bytes.
    limit: usize,
    of: PhantomData<fn(K)>,
}

impl<K: Resource> Plan for Patched<K> {
    /// Only what is stored tells what the body demands.
    fn expects(&self) -> Option<Revision> {
        None
    }

    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal> {
        let stored: K = current.decode()?;
        let shown =
            serde_json::to_value(&stored).map_err(|error| Refusal::Internal(Box::new(error)))?;
        let patched = self.patch.apply(shown, self.limit)?;
        let body: K = decode::full_value(&patched, self.namespace.as_deref())?;
        let demanded = body.metadata().resource_version;
        if demanded.is_some_and(|demanded| demanded != current.revision) {
            return Err(Refusal::Conflict);
        }
        encode(match self.part {
            Part::Resource => plan::patch(&stored, &body, now)?,
            Part::Status => {
                body.validate(Some(&stored))?;
                plan::patch_status(&stored, &body)?
            }
        })
    }
}

struct Delete<K>(PrepareDeletion<K>);

impl<K: Resource> Plan for Delete<K> {
    fn expects(&self) -> Option<Revision> {
        None
    }

    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal> {
        encode(plan::delete(&current.decode()?, &*self.0, now))
    }
}

struct Remove<K>(PhantomData<fn(K)>);

impl<K: Resource> Plan for Remove<K> {
    fn expects(&self) -> Option<Revision> {
        None
    }

    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal> {
        encode(plan::remove::<K>(current.decode()?, now))
    }
}

/// The planned change, ready to be stored and shown.
pub(super) fn encode<K: Resource>(planned: Planned<K>) -> Result<Change, Refusal> {
    Ok(match planned {
        Planned::Put(object) => Change::Put(Document::of(object)?),
        Planned::Remove(object) => Change::Remove(Document::of(object)?),
        Planned::Keep(object) => Change::Keep(Document::of(object)?),
    })
}
