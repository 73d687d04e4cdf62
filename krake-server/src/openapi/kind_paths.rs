//! The paths of a kind.

use krake_core::Kind;
use serde_json::{Value, json};

use super::kind_description::{KindDescription, SubresourceBody};
use super::kind_schemas::{KindSchemas, subresource_body};
use super::names::{Nouns, snake_case};
use super::operation::{Operation, path};
use super::parameters::{self, Parameter};
use super::responses::{self, json_content, with_refusals};

/// What a write with a body can be refused with.
const WRITE: &[&str] = &["400", "408", "409", "413", "415", "422", "504", "507"];

/// The paths of one kind.
pub(super) struct KindPaths<'a> {
    description: &'a KindDescription,
    kind: &'static Kind,
    schemas: &'a KindSchemas,
    nouns: Nouns,
    /// Of the paths that belong to one namespace, or to none.
    parameters: Vec<Parameter>,
}

impl<'a> KindPaths<'a> {
    pub(super) fn new(description: &'a KindDescription, schemas: &'a KindSchemas) -> Self {
        let kind = description.kind;
        let parameters =
            if kind.is_namespaced() { vec![parameters::NAMESPACE] } else { Vec::new() };
        Self {
            description,
            kind,
            schemas,
            nouns: Nouns::of(kind, schemas.object.as_str()),
            parameters,
        }
    }

    /// Each path with what can be done there.
    pub(super) fn all(&self) -> Vec<(String, Value)> {
        let Kind { api, plural, .. } = self.kind;
        let everywhere = format!("/{api}/{plural}");
        let collection = if self.kind.is_namespaced() {
            format!("/{api}/namespaces/{{namespace}}/{plural}")
        } else {
            everywhere.clone()
        };
        let object = format!("{collection}/{{name}}");
        let mut of_object = self.parameters.clone();
        of_object.push(parameters::NAME);
        let mut paths = vec![
            (collection, path(&self.parameters, vec![self.list(), self.create()])),
            (object.clone(), path(&of_object, vec![self.read(), self.update(), self.delete()])),
        ];
        if self.kind.is_namespaced() {
            paths.push((everywhere, path(&[], vec![self.list_all()])));
        }
        for (name, operation) in self.subresources() {
            paths.push((format!("{object}/{name}"), path(&of_object, vec![operation])));
        }
        paths
    }

    fn operation(
        &self,
        method: &'static str,
        id: String,
        summary: &str,
        responses: Value,
    ) -> Operation {
        let summary = summary.replace("{kind}", self.schemas.object.as_str());
        Operation::new(method, id, &self.kind.api, summary, responses)
    }

    fn list(&self) -> Operation {
        let id = format!("list_{}", self.nouns.many);
        let place = if self.kind.is_namespaced() { " of one namespace" } else { "" };
        self.lists(id, &format!("List or watch objects of the kind {{kind}}{place}."))
    }

    fn list_all(&self) -> Operation {
        let id = format!("list_all_{}", self.nouns.many);
        self.lists(id, "List or watch objects of the kind {kind} of all namespaces.")
    }

    fn lists(&self, id: String, summary: &str) -> Operation {
        let success = json!({
            "description": "The list; with `watch` one line a change.",
            "content": {
                "application/json": {"schema": self.schemas.list.reference()},
                "application/x-ndjson": {"schema": self.schemas.event.reference()},
            },
        });
        let responses = with_refusals((responses::SUCCESS, success), &["410", "422"]);
        let parameters = [parameters::LIST, parameters::WATCH].concat();
        Operation { parameters, ..self.operation("get", id, summary, responses) }
    }

    fn create(&self) -> Operation {
        let success = responses::object("The object as it is stored.", &self.schemas.object);
        let responses = with_refusals(success, WRITE);
        Operation {
            body: Some(json_content(&self.schemas.object.reference())),
            description: "What is marked as read-only is set by the server, whatever is sent."
                .to_owned(),
            ..self.operation(
                "post",
                format!("create_{}", self.nouns.one),
                "Create an object of the kind {kind}.",
                responses,
            )
        }
    }

    fn read(&self) -> Operation {
        let success = responses::object("The object.", &self.schemas.object);
        let responses = with_refusals(success, &["404"]);
        self.operation(
            "get",
            format!("read_{}", self.nouns.one),
            "Read an object of the kind {kind}.",
            responses,
        )
    }

    fn update(&self) -> Operation {
        let mut description =
            "The body is the whole object as it was read, with the wanted changes.".to_owned();
        if self.kind.status {
            description.push_str(" The status does not change.");
        }
        let id = format!("update_{}", self.nouns.one);
        Operation {
            description,
            body: Some(json_content(&self.schemas.update.reference())),
            ..self.write(id, "Replace an object of the kind {kind}.")
        }
    }

    fn delete(&self) -> Operation {
        let success =
            responses::object("The object as it is now, or was last.", &self.schemas.object);
        let responses = with_refusals(success, &["400", "404", "409", "504", "507"]);
        let mut parameters = vec![parameters::IF_MATCH];
        if self.description.can_be_forced {
            parameters.push(parameters::FORCE);
        }
        Operation {
            parameters,
            description: "Marks the object as deleted; it is gone when its finalizers are."
                .to_owned(),
            ..self.operation(
                "delete",
                format!("delete_{}", self.nouns.one),
                "Delete an object of the kind {kind}.",
                responses,
            )
        }
    }

    /// The operations on subresources, by their names.
    fn subresources(&self) -> Vec<(&str, Operation)> {
        let status = self.kind.status.then(|| ("status", self.update_status()));
        let others = self.description.subresources.iter();
        let others = others.map(|(name, body)| (*name, self.update_subresource(name, body)));
        status.into_iter().chain(others).collect()
    }

    fn update_status(&self) -> Operation {
        let id = format!("update_{}_status", self.nouns.one);
        Operation {
            description: "The body is the whole object; nothing but its status is taken over."
                .to_owned(),
            body: Some(json_content(&self.schemas.update.reference())),
            ..self.write(id, "Replace the status of an object of the kind {kind}.")
        }
    }

    fn update_subresource(&self, name: &str, body: &SubresourceBody) -> Operation {
        let id = format!("update_{}_{}", self.nouns.one, snake_case(name));
        let summary = format!("Use the subresource `{name}` of an object of the kind {{kind}}.");
        let body = subresource_body(body).as_ref().map(json_content);
        Operation { body, ..self.write(id, &summary) }
    }

    /// A PUT, so far without a body.
    fn write(&self, id: String, summary: &str) -> Operation {
        let success = responses::object("The object as it is now.", &self.schemas.object);
        let responses = with_refusals(success, &[WRITE, &["404"]].concat());
        Operation {
            parameters: vec![parameters::IF_MATCH],
            ..self.operation("put", id, summary, responses)
        }
    }
}
