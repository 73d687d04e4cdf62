//! The JSON of an object, encoded once, with the place where its resource version goes.

use bytes::Bytes;
use krake_core::{Resource, Revision};

use crate::refusal::Refusal;

/// An encoded object.
///
/// It is stored without its resource version, which is not known before the commit, and shown with it: only these few bytes
/// differ.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    json: Bytes,
    /// Where the resource version is inserted: before the brace that ends the metadata.
    slot: usize,
}

impl Document {
    /// Encodes an object.
    pub(crate) fn of<K: Resource>(mut object: K) -> Result<Self, Refusal> {
        object.metadata_mut().resource_version = None;
        let json =
            serde_json::to_vec(&object).map_err(|error| Refusal::Internal(Box::new(error)))?;
        let slot = metadata_end(&json)
            .ok_or_else(|| Refusal::Internal("the kind's JSON has no metadata object".into()))?;
        Ok(Self { json: json.into(), slot })
    }

    /// As it is stored.
    pub(crate) const fn stored(&self) -> &Bytes {
        &self.json
    }

    /// Where the resource version is inserted.
    pub(crate) const fn slot(&self) -> usize {
        self.slot
    }

    /// As it is shown: with the revision of its last write.
    pub(crate) fn at(&self, revision: Revision) -> Bytes {
        let member = version_member(revision);
        let (head, tail) = self.json.split_at(self.slot);
        [head, member.as_bytes(), tail].concat().into()
    }
}

/// What [`Document::at`] inserts.
pub(crate) fn version_member(revision: Revision) -> String {
    format!(",\"resource_version\":\"{revision}\"")
}

/// The place of the brace that closes the top-level member `metadata` of a compact JSON object.
fn metadata_end(json: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_metadata = false;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                let end = string_end(json, at)?;
                let is_key = depth == 1 && json.get(end) == Some(&b':');
                in_metadata |= is_key && json.get(at..end) == Some(br#""metadata""#);
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if in_metadata && depth == 1 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place after the string that starts at `start`.
fn string_end(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match json.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use krake_core::{Metadata, Resource};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[derive(Resource, Clone, Debug, PartialEq)]
    #[resource(api = "demo", plural = "boxes")]
    struct Box {
        metadata: Metadata,
        content: Value,
    }

    fn tricky() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("metadata".to_owned()),
            Just("\"metadata\":{".to_owned()),
            Just("}\\\"".to_owned()),
            "\\PC{0,6}",
        ]
    }

    proptest! {
        #[test]
        fn the_version_lands_where_an_encoder_would_put_it(
            labels in prop::collection::btree_map(tricky(), tricky(), 0..4),
            content in prop::collection::btree_map(tricky(), tricky(), 0..4),
            revision: u64,
        ) {
            let mut object = Box::new("a", serde_json::json!(content));
            object.metadata.labels = labels;
            let document = Document::of(object.clone()).unwrap();
            object.metadata.resource_version = Some(Revision(revision));
            let encoded = serde_json::to_vec(&object).unwrap();
            prop_assert_eq!(document.at(Revision(revision)), encoded);
        }
    }
}
