//! What is written at the paths of a kind.

use serde_json::{Value, json};

use super::components::reference;
use super::kind_description::SubresourceBody;
use super::kind_paths::KindPaths;
use super::kind_schemas::subresource_body;
use super::names::snake_case;
use super::operation::Operation;
use super::parameters::{self, Parameter};
use super::responses::{self, json_content, with_refusals};

/// What a write with a body can be refused with.
const WRITE: &[&str] = &["400", "408", "409", "413", "415", "422", "504", "507"];

impl KindPaths<'_> {
    pub(super) fn create(&self) -> Operation {
        let success = responses::object("The object as it is stored.", &self.schemas.object);
        let responses = with_refusals(success, WRITE);
        let id = format!("create_{}", self.nouns.one);
        let description = "What is marked as read-only is set by the server, whatever is sent.";
        Operation {
            parameters: self.of_writes(&[parameters::DRY_RUN]),
            body: Some(json_content(&self.schemas.object.reference())),
            description: description.to_owned(),
            ..self.operation("post", id, "Create an object of the kind {kind}.", responses)
        }
    }

    pub(super) fn update(&self) -> Operation {
        let mut description =
            "The body is the whole object as it was read, with the wanted changes.".to_owned();
        if self.kind.status {
            description.push_str(" The status does not change.");
        }
        let id = format!("update_{}", self.nouns.one);
        let operation = self.write("put", id, "Replace an object of the kind {kind}.");
        Operation {
            description,
            body: Some(json_content(&self.schemas.update.reference())),
            parameters: self.of_writes(&operation.parameters),
            ..operation
        }
    }

    pub(super) fn patch(&self) -> Operation {
        let id = format!("patch_{}", self.nouns.one);
        let operation = self.write("patch", id, "Change an object of the kind {kind}.");
        Operation {
            description:
                "The body tells what is to be different; the result is treated as that of a PUT."
                    .to_owned(),
            body: Some(patches()),
            parameters: self.of_writes(&operation.parameters),
            ..operation
        }
    }

    pub(super) fn delete(&self) -> Operation {
        let success =
            responses::object("The object as it is now, or was last.", &self.schemas.object);
        let responses = with_refusals(success, &["400", "404", "409", "422", "504", "507"]);
        let mut parameters = self.of_writes(&[parameters::IF_MATCH, parameters::DRY_RUN]);
        if self.description.can_be_forced {
            parameters.push(parameters::FORCE);
        }
        let description = "Marks the object as deleted; it is gone when its finalizers are.";
        let id = format!("delete_{}", self.nouns.one);
        Operation {
            parameters,
            description: description.to_owned(),
            ..self.operation("delete", id, "Delete an object of the kind {kind}.", responses)
        }
    }

    /// The operations on subresources, by their names.
    pub(super) fn subresources(&self) -> Vec<(&str, Vec<Operation>)> {
        let status = || ("status", vec![self.update_status(), self.patch_status()]);
        let status = self.kind.status.then(status);
        let others = self.description.subresources.iter();
        let others = others.map(|(name, body)| (*name, vec![self.update_subresource(name, body)]));
        status.into_iter().chain(others).collect()
    }

    fn update_status(&self) -> Operation {
        let id = format!("update_{}_status", self.nouns.one);
        let description = "The body is the whole object; nothing but its status is taken over.";
        Operation {
            description: description.to_owned(),
            body: Some(json_content(&self.schemas.update.reference())),
            ..self.write("put", id, "Replace the status of an object of the kind {kind}.")
        }
    }

    fn patch_status(&self) -> Operation {
        let id = format!("patch_{}_status", self.nouns.one);
        let description = "The body tells what is to be different in the whole object; nothing but its status is taken over.";
        Operation {
            description: description.to_owned(),
            body: Some(patches()),
            ..self.write("patch", id, "Change the status of an object of the kind {kind}.")
        }
    }

    fn update_subresource(&self, name: &str, body: &SubresourceBody) -> Operation {
        let id = format!("update_{}_{}", self.nouns.one, snake_case(name));
        let summary = format!("Use the subresource `{name}` of an object of the kind {{kind}}.");
        let body = subresource_body(body).as_ref().map(json_content);
        Operation { body, ..self.write("put", id, &summary) }
    }

    /// A PUT or PATCH, so far without a body.
    fn write(&self, method: &'static str, id: String, summary: &str) -> Operation {
        let success = responses::object("The object as it is now.", &self.schemas.object);
        let responses = with_refusals(success, &[WRITE, &["404"]].concat());
        Operation {
            parameters: vec![parameters::IF_MATCH, parameters::DRY_RUN],
            ..self.operation(method, id, summary, responses)
        }
    }

    /// Parameters of a write of the object itself, whose answer may wait.
    fn of_writes(&self, parameters: &[Parameter]) -> Vec<Parameter> {
        let blocking = self.description.can_block.then_some(parameters::BLOCKING);
        parameters.iter().copied().chain(blocking).collect()
    }
}

/// The two languages of patches.
fn patches() -> Value {
    json!({
        "application/merge-patch+json": {"schema": reference("MergePatch")},
        "application/json-patch+json": {"schema": reference("JsonPatch")},
    })
}
