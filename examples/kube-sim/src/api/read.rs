//! Reading objects and collections.

use krake_server::store::{Page, Range};
use serde_json::{Value, json};

use super::continuation::Continuation;
use super::filter::Filter;
use super::negotiation::Form;
use super::request::ApiRequest;
use crate::cluster::{Cluster, decode};
use crate::error::ApiError;
use crate::kinds::ResourceType;
use crate::object::Fields;
use crate::table::table;

/// How many entries are read at once when a filter may drop most of them.
const CHUNK: usize = 500;

/// One object in the wanted form.
pub(super) fn present(
    cluster: &Cluster,
    kind: &ResourceType,
    form: Form,
    mut object: Value,
) -> Value {
    object.set(&["apiVersion"], kind.api_version().into());
    match form {
        Form::Plain => object,
        Form::Metadata => metadata_only(&object),
        Form::Table(rows) => {
            let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
            table(cluster, kind, vec![object], &metadata, rows)
        }
    }
}

pub(super) fn metadata_only(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}

/// GET of an object.
pub(super) async fn get(cluster: &Cluster, request: &ApiRequest) -> Result<Value, ApiError> {
    let stored = cluster.read(&request.key()?).await?;
    Ok(present(cluster, &request.kind, request.form, stored.object))
}

/// GET of a collection.
pub(super) async fn list(cluster: &Cluster, request: &ApiRequest) -> Result<Value, ApiError> {
    let filter = request.filter()?;
    let limit = request
        .query
        .number("limit")?
        .and_then(|limit| usize::try_from(limit).ok());
    let start = Continuation::parse(request.query.text("continue"))?;
    let exact = (request.query.text("resourceVersionMatch") == "Exact")
        .then(|| request.query.resource_version());
    let at = exact.transpose()?.flatten();
    let range = Range {
        prefix: request.kind.prefix_in(request.namespace.as_deref()),
        after: start.as_ref().map(|start| start.after.clone()),
        limit: None,
        at: start.map(|start| start.revision).or(at),
    };
    if let Some(wanted) = request.query.resource_version()? {
        let current = cluster.store.revision().await?;
        if wanted > current {
            return Err(krake_server::store::Error::Future { current }.into());
        }
    }
    let objects = collect(cluster, range, &filter, limit.filter(|limit| *limit > 0)).await?;
    Ok(present_list(cluster, request, objects))
}

/// Objects of a list with what its metadata says.
struct Objects {
    items: Vec<Value>,
    metadata: Value,
}

async fn collect(
    cluster: &Cluster,
    mut range: Range,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<Objects, ApiError> {
    let mut items = Vec::new();
    loop {
        range.limit = limit.map(|limit| if filter.is_empty() { limit } else { limit.max(CHUNK) });
        let page = cluster.range(range.clone()).await?;
        // All further pages show the state of the first.
        range.at = Some(page.revision);
        if let Some(after) = take_matching(&page, filter, limit, &mut items)? {
            let token = Continuation { revision: page.revision, after }.token();
            let metadata = json!({"resourceVersion": page.revision.to_string(), "continue": token});
            return Ok(Objects { items, metadata });
        }
        if !page.more {
            return Ok(Objects {
                items,
                metadata: json!({"resourceVersion": page.revision.to_string()}),
            });
        }
        range.after = page.entries.last().map(|entry| entry.key.to_string());
    }
}

/// Takes what matches; answers the key after which the next page starts, if the limit is reached before the end.
fn take_matching(
    page: &Page,
    filter: &Filter,
    limit: Option<usize>,
    items: &mut Vec<Value>,
) -> Result<Option<String>, ApiError> {
    for (index, entry) in page.entries.iter().enumerate() {
        let object = decode(entry, entry.modified)?;
        if filter.matches(&object) {
            items.push(object);
        }
        let rest = index + 1 < page.entries.len() || page.more;
        if limit == Some(items.len()) && rest {
            return Ok(Some(entry.key.to_string()));
        }
    }
    Ok(None)
}

fn present_list(cluster: &Cluster, request: &ApiRequest, objects: Objects) -> Value {
    let Objects { items, metadata } = objects;
    let kind = &request.kind;
    let (list_kind, api_version) = match request.form {
        Form::Table(rows) => return table(cluster, kind, items, &metadata, rows),
        Form::Metadata => ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned()),
        Form::Plain => (kind.list_kind.as_str(), kind.api_version()),
    };
    let items = items
        .into_iter()
        .map(|object| present(cluster, kind, request.form, object));
    json!({
        "kind": list_kind,
        "apiVersion": api_version,
        "metadata": metadata,
        "items": items.collect::<Vec<_>>(),
    })
}
