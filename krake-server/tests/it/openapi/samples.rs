//! Objects of all stock kinds.

use serde_json::{Value, json};

/// An object as the original server shows it.
pub(super) struct Sample {
    pub(super) object: Value,
    /// The path of its collection.
    pub(super) collection: String,
}

/// One object of each kind and shape.
pub(super) fn samples() -> Vec<Sample> {
    let examples: Vec<Value> =
        serde_json::from_str(include_str!("../../../../krake-core/tests/it/examples.json"))
            .unwrap();
    examples.into_iter().map(Sample::of).collect()
}

impl Sample {
    fn of(mut object: Value) -> Self {
        object["metadata"]["owners"] = json!([]);
        object["metadata"]["finalizers"] = json!([]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (api, kind) = (text(&object["api"]), text(&object["kind"]));
        let plural = format!("{}s", kind.to_lowercase());
        let collection = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("/{api}/namespaces/{namespace}/{plural}"),
            None => format!("/{api}/{plural}"),
        };
        Self { object, collection }
    }

    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.collection, self.object["metadata"]["name"].as_str().unwrap())
    }

    /// The object as somebody creates it: without what the server sets.
    pub(super) fn new_object(&self) -> Value {
        let mut object = self.object.clone();
        object.as_object_mut().unwrap().remove("status");
        for member in ["uid", "created", "modified", "deleted"] {
            object["metadata"].as_object_mut().unwrap().remove(member);
        }
        object
    }
}
