//! How the elements of a list are told apart.

use serde_json::Value;

use crate::kinds::ResourceType;
use crate::object::Fields;

/// Where in an object a value stands, as far as that decides how lists merge.
///
/// Custom kinds say it in their schema (`x-kubernetes-list-type`). For built-in kinds the name of the field decides, which is
/// enough for the kinds served here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    kind: &'a ResourceType,
    schema: &'a Value,
    field: &'a str,
}

/// What identifies an element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListType<'a> {
    /// The list is one value.
    Atomic,
    /// An element is its own identity.
    Set,
    /// These members of an element; the first one alone for strategic merge patches.
    Map(Vec<&'a str>),
}

impl<'a> Place<'a> {
    /// The whole object.
    pub(crate) fn root(kind: &'a ResourceType) -> Self {
        Self { kind, schema: &kind.schema, field: "" }
    }

    /// A member of the object here.
    pub(crate) fn member(self, field: &'a str) -> Self {
        let schema = self
            .schema
            .get("properties")
            .and_then(|properties| properties.get(field));
        let schema = schema.or_else(|| self.schema.get("additionalProperties"));
        Self { schema: schema.unwrap_or(&Value::Null), field, ..self }
    }

    /// An element of the list here.
    pub(crate) fn element(self) -> Self {
        Self { schema: &self.schema["items"], ..self }
    }

    /// How the list here is identified.
    pub(crate) fn list_type(self) -> ListType<'a> {
        match self.schema.text("/x-kubernetes-list-type") {
            "map" => {
                let keys = self.schema.items("/x-kubernetes-list-map-keys");
                ListType::Map(keys.iter().filter_map(Value::as_str).collect())
            }
            "set" => ListType::Set,
            _ => self.conventional(),
        }
    }

    fn conventional(self) -> ListType<'a> {
        match self.field {
            "finalizers" => ListType::Set,
            "ownerReferences" => ListType::Map(vec!["uid"]),
            _ if self.kind.served.custom => ListType::Atomic,
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "volumes"
            | "env"
            | "imagePullSecrets"
            | "secrets" => ListType::Map(vec!["name"]),
            "ports" => self.ports(),
            "volumeMounts" => ListType::Map(vec!["mountPath"]),
            "volumeDevices" => ListType::Map(vec!["devicePath"]),
            "hostAliases" | "podIPs" | "hostIPs" => ListType::Map(vec!["ip"]),
            "topologySpreadConstraints" => ListType::Map(vec!["topologyKey", "whenUnsatisfiable"]),
            "taints" => ListType::Map(vec!["key"]),
            "conditions" | "addresses" => ListType::Map(vec!["type"]),
            _ => ListType::Atomic,
        }
    }

    fn ports(self) -> ListType<'a> {
        match self.kind.kind.as_str() {
            "Service" => ListType::Map(vec!["port", "protocol"]),
            "Endpoints" | "EndpointSlice" | "NetworkPolicy" => ListType::Atomic,
            _ => ListType::Map(vec!["containerPort", "protocol"]),
        }
    }
}

/// The value of a key member; a missing protocol is TCP, as the server would default it.
pub(crate) fn key_value(element: &Value, key: &str) -> Value {
    match element.get(key) {
        Some(value) => value.clone(),
        None if key == "protocol" => "TCP".into(),
        None => Value::Null,
    }
}
