//! Objects as rows for humans (`as=Table`), with the columns of a real cluster.

mod age;
mod cluster_kinds;
mod columns;
mod custom;
mod pod;
mod service;
mod workload;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::kinds::ResourceType;
use crate::object::Fields;
pub(crate) use columns::Shown;
use columns::columns_of;

/// What a row carries of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowObject {
    None,
    Metadata,
    Whole,
}

/// A table of the objects.
pub(crate) fn table(
    cluster: &Cluster,
    kind: &ResourceType,
    objects: Vec<Value>,
    metadata: &Value,
    rows: RowObject,
) -> Value {
    let columns = columns_of(kind);
    let shown = Shown::at(&cluster.clock);
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|mut object| {
            object.set(&["apiVersion"], kind.api_version().into());
            let cells = columns.cells(&object, &shown);
            match rows {
                RowObject::None => json!({"cells": cells}),
                RowObject::Whole => json!({"cells": cells, "object": object}),
                RowObject::Metadata => {
                    let metadata = json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
                    });
                    json!({"cells": cells, "object": metadata})
                }
            }
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns.definitions(),
        "rows": rows,
    })
}
