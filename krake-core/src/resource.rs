//! The two halves of a resource type: what every object can do behind a pointer, and what a typed kind adds.

use std::any::Any;
use std::fmt::Debug;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{FieldErrors, Key, Kind, Metadata, ResourceRef, Revision, schema};

/// An object of some kind; the half that works without knowing the type.
pub trait Object: Any + Debug + Send + Sync {
    /// What the object is.
    fn kind(&self) -> &Kind;
    /// Its identity and bookkeeping.
    fn metadata(&self) -> &Metadata;
    /// The same, to change it.
    fn metadata_mut(&mut self) -> &mut Metadata;
}

/// Shortcuts for every [`Object`].
pub trait ObjectExt: Object {
    /// Namespace and name.
    fn key(&self) -> Key {
        let metadata = self.metadata();
        Key {
            namespace: metadata.namespace.as_deref().map(Into::into),
            name: metadata.name.as_str().into(),
        }
    }

    /// A reference to this very instance.
    fn to_ref(&self) -> ResourceRef {
        ResourceRef {
            uid: self.metadata().uid.clone(),
            ..ResourceRef::to_key(self.kind(), &self.key())
        }
    }

    /// Revision of the last write; zero for an object that was never stored.
    fn revision(&self) -> Revision {
        self.metadata().resource_version.unwrap_or_default()
    }

    /// The same object in `namespace`.
    #[must_use]
    fn in_namespace(mut self, namespace: impl Into<String>) -> Self
    where
        Self: Sized,
    {
        self.metadata_mut().namespace = Some(namespace.into());
        self
    }

    /// The same object with one more label.
    #[must_use]
    fn with_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self
    where
        Self: Sized,
    {
        self.metadata_mut().labels.insert(key.into(), value.into());
        self
    }

    /// The same object, owned by `owner`: it goes when the owner goes.
    #[must_use]
    fn owned_by(mut self, owner: &dyn Object) -> Self
    where
        Self: Sized,
    {
        let reference = owner.to_ref();
        let owners = &mut self.metadata_mut().owners;
        owners.retain(|entry| !entry.same_name(&reference));
        owners.push(reference);
        self
    }

    /// Whether `owner` is among the owners.
    fn is_owned_by(&self, owner: &dyn Object) -> bool {
        self.metadata()
            .owners
            .iter()
            .any(|entry| entry.refers_to(owner))
    }
}

impl<T: Object + ?Sized> ObjectExt for T {}

/// A kind known at compile time. Written by `#[derive(Resource)]`.
///
/// Everything of a resource besides metadata and status is what users want, its *spec*, whatever the fields are called.
pub trait Resource: Object + Clone + PartialEq + Serialize + DeserializeOwned {
    /// What the type is, as data.
    const KIND: &'static Kind;

    /// Whether both want the same: everything but metadata and status is equal.
    fn same_spec(&self, other: &Self) -> bool;

    /// Takes over the status of `from`; nothing happens for kinds without status.
    fn copy_status(&mut self, from: &Self);

    /// Sets the status to its initial value; nothing happens for kinds without status.
    fn reset_status(&mut self);

    /// Checks the rules of the kind, besides those of the metadata. `old` is the stored object on an update.
    ///
    /// # Errors
    /// Every violated rule, with the field it concerns.
    fn validate(&self, old: Option<&Self>) -> Result<(), FieldErrors>;

    /// The name of a field that this update of `old` changes although it cannot be changed. Name and namespace need not be
    /// looked at.
    fn changed_immutable(&self, old: &Self) -> Option<&'static str>;

    /// What its resources look like on the wire. Further types are described through `generator`.
    ///
    /// The derive describes each field whose type is [`JsonSchema`]; this one describes nothing but the metadata.
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        schema::of_kind(Self::KIND, generator, json_schema!({}))
    }
}

/// A kind whose resources have a status.
pub trait WithStatus: Resource {
    /// What controllers report.
    type Status: Clone
        + Debug
        + Default
        + PartialEq
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static;

    /// The reported state.
    fn status(&self) -> &Self::Status;
    /// The same, to change it. The server takes it only through the status subresource.
    fn status_mut(&mut self) -> &mut Self::Status;
}

/// Resources of one kind, as of one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<K> {
    /// The API group.
    pub api: String,
    /// The list kind, `ApplicationList`.
    pub kind: String,
    /// Bookkeeping of the list.
    #[serde(default)]
    pub metadata: ListMetadata,
    /// The resources, ordered by namespace, then name.
    pub items: Vec<K>,
}

/// Bookkeeping of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListMetadata {
    /// The revision that the list shows; a watch from here misses nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Revision")]
    pub resource_version: Option<Revision>,
    /// Hand this back as `continue` to get the rest, if the list was cut off by a limit.
    #[serde(default, rename = "continue", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub continue_token: Option<String>,
}
