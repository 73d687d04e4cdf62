//! Columns of custom kinds: those of their definition, or the age.

use serde_json::Value;

use super::columns::{Shown, definition};
use crate::kinds::{PrinterColumn, ResourceType};
use crate::object::Fields;

pub(super) fn definitions(kind: &ResourceType) -> Vec<Value> {
    let mut definitions = vec![definition("Name", "string", 0)];
    for column in &kind.columns {
        definitions.push(definition(&column.name, &column.kind, column.priority));
    }
    if kind.columns.is_empty() {
        definitions.push(definition("Age", "date", 0));
    }
    definitions
}

pub(super) fn cells(kind: &ResourceType, object: &Value, shown: &Shown) -> Vec<Value> {
    let mut cells = vec![object.name().into()];
    cells.extend(
        kind.columns
            .iter()
            .map(|column| cell(column, object, shown)),
    );
    if kind.columns.is_empty() {
        cells.push(shown.age(object));
    }
    cells
}

/// Of JSON path, plain members and `[?(@.type=="Ready")]` are understood.
fn cell(column: &PrinterColumn, object: &Value, shown: &Shown) -> Value {
    let Some(value) = find(object, column.path.trim_start_matches('.')) else { return Value::Null };
    match (column.kind.as_str(), value) {
        ("date", Value::String(_)) => shown.since(value, ""),
        (_, value) => value.clone(),
    }
}

fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(condition) = path.strip_prefix("[?(@.") {
        let (condition, rest) = condition.split_once(")]")?;
        let (member, wanted) = condition.split_once("==")?;
        let wanted = wanted.trim_matches(['"', '\'', ' ']);
        let mut elements = value.as_array()?.iter();
        let element = elements.find(|element| element[member.trim()] == *wanted)?;
        return find(element, rest.trim_start_matches('.'));
    }
    if let Some(index) = path.strip_prefix('[') {
        let (index, rest) = index.split_once(']')?;
        return find(value.get(index.parse::<usize>().ok()?)?, rest.trim_start_matches('.'));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (member, rest) = path.split_at(end);
    find(value.get(member)?, rest.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_elements_and_conditions_are_found() {
        let object = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}], "list": [{"a": 1}]}});
        let path = r#"status.conditions[?(@.type=="Ready")].status"#;
        assert_eq!(find(&object, path), Some(&json!("True")));
        assert_eq!(find(&object, "status.list[0].a"), Some(&json!(1)));
        assert_eq!(find(&object, "status.missing.a"), None);
    }
}
