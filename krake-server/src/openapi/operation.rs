//! One operation on a path.

use serde_json::{Map, Value, json};

use super::parameters::Parameter;

/// An operation of the document.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) id: String,
    pub(super) tag: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    /// The content of the request by its media type.
    pub(super) body: Option<Value>,
    pub(super) responses: Value,
    /// Whether it is for everybody.
    pub(super) is_public: bool,
}

impl Operation {
    /// An operation without parameters and body.
    pub(super) fn new(
        method: &'static str,
        id: String,
        tag: &str,
        summary: String,
        responses: Value,
    ) -> Self {
        Self {
            method,
            id,
            tag: tag.to_owned(),
            summary,
            description: String::new(),
            parameters: Vec::new(),
            body: None,
            responses,
            is_public: false,
        }
    }

    fn into_value(self) -> Value {
        let mut operation = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "responses": self.responses,
        });
        if !self.description.is_empty() {
            operation["description"] = self.description.into();
        }
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.iter().map(Parameter::reference).collect();
        }
        if let Some(content) = self.body {
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        if self.is_public {
            operation["security"] = json!([]);
        }
        operation
    }
}

/// What can be done at one path.
pub(super) fn path(parameters: &[Parameter], operations: Vec<Operation>) -> Value {
    let mut item = Map::new();
    if !parameters.is_empty() {
        let parameters: Value = parameters.iter().map(Parameter::reference).collect();
        item.insert("parameters".to_owned(), parameters);
    }
    item.extend(
        operations
            .into_iter()
            .map(|operation| (operation.method.to_owned(), operation.into_value())),
    );
    item.into()
}
