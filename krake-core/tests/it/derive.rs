//! Kinds of every shape.

use krake_core::{FieldErrors, Metadata, ObjectExt, Resource, Scope, WithStatus, decode};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo", plural = "geese", validate = has_feathers)]
struct Goose {
    metadata: Metadata,
    spec: GooseSpec,
    status: GooseStatus,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct GooseSpec {
    feathers: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct GooseStatus {
    flying: bool,
}

fn has_feathers(new: &Goose, old: Option<&Goose>) -> Result<(), FieldErrors> {
    match old {
        Some(old) if old.spec.feathers > new.spec.feathers => {
            Err(FieldErrors::single("spec.feathers", "a goose is not plucked"))
        }
        _ => Ok(()),
    }
}

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", scope = "global")]
struct RoleBinding {
    metadata: Metadata,
    users: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[test]
fn a_kind_knows_its_paths_and_shape() {
    assert_eq!(Goose::KIND.path(Some("a"), Some("x/y")), "/demo/namespaces/a/geese/x%2Fy");
    assert!(Goose::KIND.status);
    assert_eq!(RoleBinding::KIND.plural, "rolebindings");
    assert_eq!(RoleBinding::KIND.scope, Scope::Global);
    assert_eq!(RoleBinding::KIND.path(None, Some("x")), "/core/rolebindings/x");
    assert!(!RoleBinding::KIND.status);
}

#[test]
fn the_wire_form_starts_with_api_and_kind_and_keeps_the_order_of_fields() {
    let binding = RoleBinding::new("b", vec!["alice".into()], vec!["admin".into()]);
    let text = serde_json::to_string(&binding).unwrap();
    assert!(
        text.starts_with(r#"{"api":"core","kind":"RoleBinding","metadata":{"name":"b","#),
        "{text}"
    );
    assert!(text.ends_with(r#""users":["alice"],"roles":["admin"]}"#), "{text}");
    assert_eq!(decode::<RoleBinding>(text.as_bytes()), Ok(binding));
}

#[test]
fn optional_fields_and_the_status_may_be_left_out() {
    let body = json!({"metadata": {"name": "g"}, "spec": {"feathers": 3}});
    let goose: Goose = decode(body.to_string().as_bytes()).unwrap();
    assert_eq!(goose, Goose::new("g", GooseSpec { feathers: 3 }));
    let body = json!({"metadata": {"name": "b"}, "users": []});
    assert_eq!(
        decode::<RoleBinding>(body.to_string().as_bytes())
            .unwrap()
            .roles,
        [""; 0]
    );
}

#[test]
fn wrong_bodies_name_the_field() {
    let fields = |body: serde_json::Value| {
        decode::<Goose>(body.to_string().as_bytes())
            .unwrap_err()
            .0
            .remove(0)
    };
    let wrong_type = fields(json!({"metadata": {"name": "g"}, "spec": {"feathers": "many"}}));
    assert_eq!(wrong_type.field, "spec.feathers");
    let missing = fields(json!({"metadata": {"name": "g"}}));
    assert!(missing.message.contains("spec"), "{missing}");
    let other_kind =
        fields(json!({"kind": "Duck", "metadata": {"name": "g"}, "spec": {"feathers": 3}}));
    assert!(other_kind.message.contains("Must be equal to Goose."), "{other_kind}");
    let null_kind =
        fields(json!({"kind": null, "metadata": {"name": "g"}, "spec": {"feathers": 3}}));
    assert_eq!(null_kind.field, "kind");
}

#[test]
fn what_is_wanted_and_what_is_seen_are_told_apart() {
    let stored = Goose::new("g", GooseSpec { feathers: 3 }).in_namespace("pond");
    let mut sent = stored.clone().with_label("colour", "grey");
    sent.status_mut().flying = true;
    assert!(stored.same_spec(&sent));
    sent.copy_status(&stored);
    assert!(!sent.status().flying);
    sent.spec.feathers = 2;
    assert!(!stored.same_spec(&sent));
    assert_eq!(sent.validate(None), Ok(()));
    assert_eq!(sent.validate(Some(&stored)).unwrap_err().0[0].field, "spec.feathers");
}

#[test]
fn owners_are_referred_to_by_instance() {
    let mut owner = Goose::new("g", GooseSpec { feathers: 3 }).in_namespace("pond");
    owner.metadata.uid = Some(krake_core::Uid("1".into()));
    let egg = Goose::new("egg", GooseSpec { feathers: 0 })
        .owned_by(&owner)
        .owned_by(&owner);
    assert_eq!(egg.metadata.owners.len(), 1);
    assert!(egg.is_owned_by(&owner));
    owner.metadata.uid = Some(krake_core::Uid("2".into()));
    assert!(!egg.is_owned_by(&owner), "another instance of the same name is another goose");
}
