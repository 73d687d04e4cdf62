//! Resources that are there before anybody may create them.

use std::collections::HashSet;
use std::fmt;

use krake_core::{FieldErrors, Kind, Problem};
use serde_json::Value;

use crate::Server;
use crate::refusal::Refusal;
use crate::registry::NewObject;

/// What becomes of resources that exist already when they are to be created: [`Server::bootstrap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Existing {
    /// Nothing is created then.
    Refuse,
    /// They stay as they are.
    Keep,
    /// They are replaced, with a new uid and without regard to their finalizers.
    Replace,
}

/// A resource that [`Server::bootstrap`] has created or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bootstrapped {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its namespace; `None` for global kinds.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Why nothing was created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// Some of the resources cannot be created.
    #[error("{}", Listed(.0))]
    Refused(Vec<RefusedResource>),
    /// The store did not take them.
    #[error("the resources could not be stored: {0}")]
    NotStored(Problem),
}

/// A resource that cannot be created.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RefusedResource {
    /// Its place in the list, from 0.
    pub index: usize,
    /// What a POST of it would be answered.
    pub problem: Problem,
}

struct Listed<'a>(&'a [RefusedResource]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("resources cannot be created")?;
        self.0
            .iter()
            .try_for_each(|RefusedResource { index, problem }| {
                write!(f, "; {index}: {}", problem.detail)
            })
    }
}

impl Bootstrapped {
    fn of(object: NewObject) -> Self {
        Self { kind: object.kind, namespace: object.namespace, name: object.name }
    }
}

impl Server {
    /// Creates resources of any kinds as POSTs would, all of them in one write or none, without asking for permission.
    ///
    /// Each names its `api` and `kind`, and its `metadata.namespace` if its kind has namespaces. This is how the first roles come
    /// into a store. The answer leaves out what [`Existing::Keep`] has kept.
    ///
    /// # Errors
    /// Every resource that is not valid or that cannot be created; or the store's failure. A store may take only so many
    /// resources at once: etcd 128, unless it is told otherwise.
    ///
    /// # Cancel safety
    /// When the future is dropped, all of the resources are created or none of them.
    pub async fn bootstrap(
        &self,
        resources: Vec<Value>,
        existing: Existing,
    ) -> Result<Vec<Bootstrapped>, BootstrapError> {
        let mut objects = self.check_all(resources)?;
        loop {
            let taken = self
                .running
                .api
                .writer()
                .create_all(&objects, existing)
                .await;
            let taken = taken.map_err(|refusal| BootstrapError::NotStored(refusal.into()))?;
            let is_taken = |object: &NewObject| taken.contains(&object.address().key());
            if taken.is_empty() {
                return Ok(objects.into_iter().map(Bootstrapped::of).collect());
            }
            if existing == Existing::Refuse {
                let refused = objects
                    .iter()
                    .enumerate()
                    .filter(|(_, object)| is_taken(object));
                return Err(refusals(
                    refused.map(|(index, object)| (index, object.address().taken())),
                ));
            }
            objects.retain(|object| !is_taken(object));
        }
    }

    /// Checks all resources before any is written.
    fn check_all(&self, resources: Vec<Value>) -> Result<Vec<NewObject>, BootstrapError> {
        let mut objects = Vec::new();
        let mut refused = Vec::new();
        let mut keys = HashSet::new();
        for (index, resource) in resources.into_iter().enumerate() {
            match self.check(&resource) {
                Ok(object) if keys.insert(object.address().key()) => objects.push(object),
                Ok(twice) => refused.push((index, twice.address().taken())),
                Err(refusal) => refused.push((index, refusal)),
            }
        }
        if refused.is_empty() { Ok(objects) } else { Err(refusals(refused)) }
    }

    fn check(&self, resource: &Value) -> Result<NewObject, Refusal> {
        let api = &self.running.api;
        let kind = |field: &str| resource.get(field).and_then(Value::as_str);
        let (Some(group), Some(kind)) = (kind("api"), kind("kind")) else {
            return Err(wrong("kind", "A resource names its api and its kind."));
        };
        let cache = api.kind(group, kind).ok_or_else(|| {
            wrong("kind", &format!("There is no kind {kind} in the api {group}."))
        })?;
        let namespace = match resource
            .pointer("/metadata/namespace")
            .and_then(Value::as_str)
        {
            _ if !cache.kind().is_namespaced() => None,
            Some(namespace) => Some(namespace.to_owned()),
            None => return Err(wrong("metadata.namespace", "Missing data for required field.")),
        };
        api.writer()
            .check(cache.rules(), namespace, resource.to_string().as_bytes())
    }
}

fn wrong(field: &str, message: &str) -> Refusal {
    Refusal::Invalid(FieldErrors::single(field, message))
}

fn refusals(refused: impl IntoIterator<Item = (usize, Refusal)>) -> BootstrapError {
    let resource =
        |(index, refusal): (usize, Refusal)| RefusedResource { index, problem: refusal.into() };
    BootstrapError::Refused(refused.into_iter().map(resource).collect())
}
