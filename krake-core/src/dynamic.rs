//! Objects of kinds that are known at run time only.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Kind, Metadata, Object, Scope};

/// An object of any kind: typed metadata, everything else as JSON.
///
/// Decoded from the wire it knows its `api` and `kind` but not its plural; [`DynObject::with_kind`] supplies the full kind.
#[derive(Clone, Debug, PartialEq)]
pub struct DynObject {
    /// What the object is.
    pub kind: Arc<Kind>,
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// The other members, such as `spec` and `status`.
    pub body: Map<String, Value>,
}

impl DynObject {
    /// The same object with its full kind.
    #[must_use]
    pub fn with_kind(self, kind: Arc<Kind>) -> Self {
        Self { kind, ..self }
    }
}

impl Object for DynObject {
    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

/// The wire form, borrowed or owned.
#[derive(Serialize, Deserialize)]
struct Wire<T, M, B> {
    api: T,
    kind: T,
    metadata: M,
    #[serde(flatten)]
    body: B,
}

impl Serialize for DynObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, metadata, body } = self;
        Wire { api: &kind.api, kind: &kind.kind, metadata, body }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DynObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire: Wire<String, Metadata, Map<String, Value>> = Wire::deserialize(deserializer)?;
        let scope = match wire.metadata.namespace {
            Some(_) => Scope::Namespaced,
            None => Scope::Global,
        };
        let kind = Kind {
            plural: wire.kind.to_ascii_lowercase().into(),
            api: wire.api.into(),
            kind: wire.kind.into(),
            scope,
            status: wire.body.contains_key("status"),
        };
        Ok(Self { kind: Arc::new(kind), metadata: wire.metadata, body: wire.body })
    }
}
