//! Kinds that are not Krake's own.

use std::sync::Arc;

use krake_core::schemars::JsonSchema;
use krake_core::{Metadata, Resource};
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::Document;
use crate::bed::Bed;

/// A bird.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo", plural = "geese")]
struct Goose {
    metadata: Metadata,
    /// What it is to be like.
    spec: GooseSpec,
    /// How it is.
    status: GooseStatus,
    /// What it is called by children.
    #[serde(default, rename = "nick_name")]
    nickname: Option<String>,
}

/// What a goose is to be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(crate = "krake_core::schemars")]
struct GooseSpec {
    /// How many.
    feathers: u32,
    #[serde(default)]
    colour: Colour,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(crate = "krake_core::schemars")]
enum Colour {
    /// Like snow.
    White,
    #[default]
    Grey,
}

/// Says nothing about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct GooseStatus {
    flying: bool,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "krake_core::schemars")]
struct Pluck {
    feathers: u32,
}

#[derive(Deserialize)]
struct Feed {
    corn: u32,
}

/// Has the name of a stock kind, and a type with the name of one of the server's.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo", scope = "global")]
struct Role {
    metadata: Metadata,
    problem: stage::Problem,
}

mod stage {
    use super::{Deserialize, JsonSchema, Serialize};

    /// What a role on stage is about.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[schemars(crate = "krake_core::schemars")]
    pub(super) struct Problem {
        dragons: u32,
    }
}

async fn document() -> Document {
    let store = Arc::new(MemoryStore::new());
    let builder = ServerBuilder::new(Arc::clone(&store))
        .core()
        .kind::<Goose>()
        .described_subresource("pluck", |goose: &mut Goose, Pluck { feathers }, _| {
            goose.spec.feathers = goose.spec.feathers.saturating_sub(feathers);
            Ok(())
        })
        .subresource("feed", |goose: &mut Goose, Feed { corn }, _| {
            goose.status.flying = corn > 0;
            Ok(())
        })
        .action("wake", |_: &mut Goose, _| Ok(()))
        .kind::<Role>();
    let server = builder.build().await.unwrap();
    Document::of(&Bed { server, store }).await
}

#[tokio::test]
async fn members_are_described_as_far_as_their_types_say_what_they_look_like() {
    let document = document().await;
    let goose = document.schema("Goose");
    assert_eq!(goose["description"], "A bird.");
    assert_eq!(goose["required"], json!(["metadata", "spec"]));
    assert_eq!(
        goose["properties"]["spec"],
        json!({"$ref": "#/components/schemas/GooseSpec", "description": "What it is to be like."})
    );
    assert_eq!(
        goose["properties"]["status"],
        json!({"description": "How it is.", "readOnly": true}),
        "a type that says nothing about itself is open"
    );
    assert_eq!(
        goose["properties"]["nick_name"],
        json!({"description": "What it is called by children.", "type": ["string", "null"], "default": null})
    );
    assert_eq!(
        document.schema("Colour"),
        &json!({"type": "string", "enum": ["Grey", "White"], "x-enum-descriptions": ["", "Like snow."]})
    );
    let judge = document.validator(document.schema("Goose"));
    let object = |spec: Value| json!({"metadata": {"name": "g"}, "spec": spec, "status": 5});
    assert!(judge.is_valid(&object(json!({"feathers": 3}))));
    assert!(!judge.is_valid(&object(json!({"feathers": -3}))));
}

#[tokio::test]
async fn own_subresources_are_described_as_far_as_their_bodies_are() {
    let document = document().await;
    let body = |name: &str| {
        let path = format!("/demo/namespaces/a/geese/g/{name}");
        let operation = document.operation("PUT", &path);
        assert_eq!(operation["operationId"], format!("update_goose_{name}"));
        operation["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(body("pluck"), json!({"$ref": "#/components/schemas/Pluck"}));
    assert_eq!(body("feed"), json!({}));
    assert_eq!(body("wake"), Value::Null);
}

#[tokio::test]
async fn a_name_that_is_taken_gets_its_api_in_front() {
    let document = document().await;
    let of = |name: &str| document.schema(name)["x-krake-kind"]["api"].clone();
    assert_eq!(of("Role"), "core");
    assert_eq!(of("DemoRole"), "demo");
    assert_eq!(document.schema("DemoRoleList")["properties"]["kind"]["const"], "RoleList");
    let names =
        ["/core/roles", "/demo/roles"].map(|path| &document.operation("GET", path)["operationId"]);
    assert_eq!(names, ["list_roles", "list_demo_roles"]);
    let problem = document.schema("DemoRole")["properties"]["problem"]["$ref"].as_str();
    assert_eq!(problem, Some("#/components/schemas/Problem2"), "the server's own comes first");
    assert!(document.schema("Problem")["properties"]["detail"].is_object());
}

#[tokio::test]
async fn own_kinds_have_names_for_generated_clients() {
    let document = document().await;
    for (method, path, name) in [
        ("GET", "/demo/geese", "list_all_geese"),
        ("GET", "/demo/namespaces/a/geese", "list_geese"),
        ("POST", "/demo/namespaces/a/geese", "create_goose"),
        ("PUT", "/demo/namespaces/a/geese/g/status", "update_goose_status"),
    ] {
        assert_eq!(document.operation(method, path)["operationId"], name);
    }
    assert!(document.0["tags"].to_string().contains("\"demo\""));
}
