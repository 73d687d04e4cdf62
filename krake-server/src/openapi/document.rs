//! The whole document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::components::{self, Components};
use super::kind_description::KindDescription;
use super::kind_paths::KindPaths;
use super::kind_schemas::{KindSchemas, SharedSchemas};
use super::{fixed, parameters, patches, responses};
use crate::registry::Rules;

/// What the reader of the document should know first.
const INTRODUCTION: &str = "A declarative control plane: users write what they want as resources, controllers bring the \
    world in line and report in the status.\n\nIntegers, floats, booleans and times are also accepted in other spellings than \
    those described here, and unknown members are ignored; what the server sends is always as described. `HEAD` is answered \
    wherever `GET` is. Every response has an `x-request-id`.";

/// Describes the API of a server with these kinds, in the order of their registration.
pub(crate) fn document<'a>(rules: impl Iterator<Item = &'a dyn Rules>) -> Value {
    let mut generator = components::generator();
    let kinds: Vec<KindDescription> = rules.map(|rules| rules.describe(&mut generator)).collect();
    let mut components = Components::of(generator);
    let shared = SharedSchemas::add(&mut components);
    patches::add(&mut components);
    let mut paths: Map<String, Value> = fixed::paths().collect();
    for kind in &kinds {
        let schemas = KindSchemas::add(kind, &shared, &mut components);
        paths.extend(KindPaths::new(kind, &schemas).all());
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Krake",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags(&kinds),
        "security": [{}, {"client_certificate": []}, {"bearer": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": components.into_value(),
            "parameters": parameters::components(),
            "responses": responses::components(),
            "headers": responses::headers(),
            "securitySchemes": security_schemes(),
        },
    })
}

fn tags(kinds: &[KindDescription]) -> Value {
    let server = json!({"name": fixed::TAG, "description": "The server itself."});
    let apis: BTreeSet<&str> = kinds
        .iter()
        .map(|description| &*description.kind.api)
        .collect();
    let of_apis = apis.into_iter().map(
        |api| json!({"name": api, "description": format!("The resources of the API `{api}`.")}),
    );
    std::iter::once(server).chain(of_apis).collect()
}

fn security_schemes() -> Value {
    json!({
        "client_certificate": {
            "type": "mutualTLS",
            "description": "The user is the common name of the certificate.",
        },
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "A token that the server is configured to know.",
        },
        "token": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "The token of Keystone or Keycloak as it is, without a scheme before it.",
        },
    })
}
