//! Query parameters, headers and parts of paths: the one table of what a request can say besides its body.

use krake_core::schema::NAME_PATTERN;
use serde_json::{Map, Value, json};

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of some operations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    name: &'static str,
    place: Place,
    schema: fn() -> Value,
    description: &'static str,
}

pub(super) const NAMESPACE: Parameter = Parameter {
    name: "namespace",
    place: Place::Path,
    schema: name,
    description: "The namespace of the object. Namespaces need not be created.",
};

pub(super) const NAME: Parameter = Parameter {
    name: "name",
    place: Place::Path,
    schema: name,
    description: "The name of the object.",
};

pub(super) const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: Place::Header,
    schema: || json!({"type": "string", "pattern": "^(\\*|\"[0-9]{1,19}\"|[0-9]{1,19})$", "examples": ["\"17\""]}),
    description: "The `ETag` of the object as it was read: the write is refused with 409 if the object has been written since.",
};

pub(super) const FORCE: Parameter = Parameter {
    name: "force",
    place: Place::Query,
    schema: || json!({"type": "string", "enum": ["True", "False"], "default": "False"}),
    description: "`True` removes the object at once, whatever its finalizers; nothing is cleaned up.",
};

pub(super) const DRY_RUN: Parameter = Parameter {
    name: "dry_run",
    place: Place::Query,
    schema: || json!({"type": "string", "enum": ["All", "true", ""]}),
    description: "Does everything but the write: the answer is the refusal, or the object as it would have been stored.",
};

pub(super) const BLOCKING: Parameter = Parameter {
    name: "blocking",
    place: Place::Query,
    schema: || json!({"type": "string", "default": "False", "examples": ["running", "deleted"]}),
    description: "Holds the answer back until the object is in this state, in any case of letters, or gone (`deleted`); a \
        minute at most, so look at its state. `False` does not wait.",
};

/// What a list can be asked for.
pub(super) const LIST: &[Parameter] = &[
    Parameter {
        name: "label_selector",
        place: Place::Query,
        schema: || json!({"type": "string", "examples": ["tier=web,location in (DE,SK),!legacy"]}),
        description: "Only objects whose labels fulfil all conditions: `key=value`, `key!=value`, `key in (a,b)`, \
            `key notin (a,b)`, `key`, `!key`. A watch reports an object that stops matching as `DELETED`, and one that \
            starts as `ADDED`.",
    },
    Parameter {
        name: "field_selector",
        place: Place::Query,
        schema: || json!({"type": "string", "examples": ["metadata.name!=shop,status.state in (RUNNING,CREATING)"]}),
        description: "Only objects whose members fulfil all conditions, which look like those on labels, with paths for keys. \
            What is missing, `null` or empty is the same as an empty text.",
    },
    Parameter {
        name: "limit",
        place: Place::Query,
        schema: || json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX, "default": 0}),
        description: "At most so many objects; 0 for all. If there are more, the list has a `metadata.continue`.",
    },
    Parameter {
        name: "continue",
        place: Place::Query,
        schema: || json!({"type": "string"}),
        description: "The `metadata.continue` of the part of the list before this one.",
    },
];

/// What a watch can be asked for.
pub(super) const WATCH: &[Parameter] = &[
    Parameter {
        name: "watch",
        place: Place::Query,
        schema: presence,
        description: "Watch instead of list: the response is one line a change, and does not end. Its presence alone counts.",
    },
    Parameter {
        name: "heartbeat",
        place: Place::Query,
        schema: || json!({"type": "integer", "minimum": 0, "default": 10}),
        description: "Watches: seconds between signs of life, which are empty lines or bookmarks; 0 for none.",
    },
    Parameter {
        name: "resource_version",
        place: Place::Query,
        schema: || json!({"type": "string", "pattern": "^[0-9]{1,19}$"}),
        description: "Watches: everything after this revision; 410 when that history is no longer kept.",
    },
    Parameter {
        name: "initial_events",
        place: Place::Query,
        schema: presence,
        description: "Watches: first the objects that exist, as `ADDED`, then a bookmark with `initial_events_end`, then \
            changes. Its presence alone counts.",
    },
    Parameter {
        name: "bookmarks",
        place: Place::Query,
        schema: presence,
        description: "Watches: signs of life are bookmarks, which say up to where nothing was missed. Its presence alone counts.",
    },
    Parameter {
        name: "update_event",
        place: Place::Query,
        schema: || json!({"type": "string", "enum": ["UPDATED", "MODIFIED"]}),
        description: "Watches: what the event of a changed object is called, if not as the server is configured.",
    },
];

fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": NAME_PATTERN})
}

/// A parameter that says all by being there.
fn presence() -> Value {
    json!({"type": "boolean", "enum": [true]})
}

impl Parameter {
    /// The parameter of that name among the shared ones.
    pub(super) fn reference(&self) -> Value {
        json!({"$ref": format!("#/components/parameters/{}", self.name)})
    }

    fn component(&self) -> Value {
        let mut parameter = json!({
            "name": self.name,
            "in": match self.place {
                Place::Path => "path",
                Place::Query => "query",
                Place::Header => "header",
            },
            "description": self.description,
            "schema": (self.schema)(),
        });
        if self.place == Place::Path {
            parameter["required"] = true.into();
        }
        parameter
    }
}

/// All of them, as they are shared by operations.
pub(super) fn components() -> Value {
    let single = [NAMESPACE, NAME, IF_MATCH, DRY_RUN, BLOCKING, FORCE];
    let all = single.iter().chain(LIST).chain(WATCH);
    let components: Map<String, Value> = all
        .map(|parameter| (parameter.name.to_owned(), parameter.component()))
        .collect();
    components.into()
}
