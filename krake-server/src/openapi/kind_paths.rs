//! The paths of a kind, and what is read there.

use krake_core::Kind;
use serde_json::{Value, json};

use super::kind_description::KindDescription;
use super::kind_schemas::KindSchemas;
use super::names::Nouns;
use super::operation::{Operation, path};
use super::parameters::{self, Parameter};
use super::responses::{self, with_refusals};

/// The paths of one kind.
pub(super) struct KindPaths<'a> {
    pub(super) description: &'a KindDescription,
    pub(super) kind: &'static Kind,
    pub(super) schemas: &'a KindSchemas,
    pub(super) nouns: Nouns,
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
            (object.clone(), path(&of_object, self.of_object())),
        ];
        if self.kind.is_namespaced() {
            paths.push((everywhere, path(&[], vec![self.list_all()])));
        }
        for (name, operations) in self.subresources() {
            paths.push((format!("{object}/{name}"), path(&of_object, operations)));
        }
        paths
    }

    fn of_object(&self) -> Vec<Operation> {
        vec![self.read(), self.update(), self.patch(), self.delete()]
    }

    pub(super) fn operation(
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
}
