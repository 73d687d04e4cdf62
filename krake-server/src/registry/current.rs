//! What is stored under a key when a write is planned.

use bytes::Bytes;
use krake_core::{FieldErrors, Resource, Revision, input};

use crate::refusal::Refusal;
use crate::store::Entry;

/// The stored state that a plan starts from.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    /// The object, with or without its resource version.
    pub(crate) json: Bytes,
    /// The revision of its last write.
    pub(crate) revision: Revision,
}

impl Current {
    /// The object, with its resource version.
    pub(crate) fn decode<K: Resource>(&self) -> Result<K, Refusal> {
        // What this server has stored is canonical; a database that was taken over need not be.
        let mut object: K = match serde_json::from_slice(&self.json) {
            Ok(object) => object,
            Err(_) => input::decode(&self.json)
                .map_err(|errors: FieldErrors| Refusal::Internal(Box::new(errors)))?,
        };
        object.metadata_mut().resource_version = Some(self.revision);
        Ok(object)
    }
}

impl From<Entry> for Current {
    fn from(entry: Entry) -> Self {
        Self { json: entry.value, revision: entry.modified }
    }
}
