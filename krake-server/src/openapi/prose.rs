//! From Rust's documentation and enums to what readers and generators of clients expect.

use krake_core::schemars::Schema;
use krake_core::schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

/// Tidies schemas that were derived from Rust types.
#[derive(Clone, Debug)]
pub(super) struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = readable(description);
        }
        transform_subschemas(self, schema);
        list_members(schema);
    }
}

/// Says of an enum what its members are, in one list; what they mean stands beside it.
fn list_members(schema: &mut Schema) {
    let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let Some(members) = alternatives.iter().map(members).collect::<Option<Vec<_>>>() else {
        return;
    };
    let (members, meanings): (Vec<Value>, Vec<Value>) = members.into_iter().flatten().unzip();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), members.into());
    if meanings.iter().any(|meaning| meaning != "") {
        schema.insert("x-enum-descriptions".to_owned(), meanings.into());
    }
}

/// The members of an enum that an alternative stands for, each with its meaning: one that is documented, or all others.
fn members(alternative: &Value) -> Option<Vec<(Value, Value)>> {
    let values = match (alternative.get("const"), alternative.get("enum")) {
        (Some(value), _) => vec![value.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        _ => return None,
    };
    let meaning = alternative
        .get("description")
        .cloned()
        .unwrap_or_else(|| json!(""));
    let are_names = values.iter().all(Value::is_string);
    are_names.then(|| {
        values
            .into_iter()
            .map(|value| (value, meaning.clone()))
            .collect()
    })
}

/// A doc comment as Markdown that can be read anywhere: one line a paragraph, without links into Rust's documentation.
fn readable(comment: &str) -> String {
    let paragraphs: Vec<String> = comment.split("\n\n").map(paragraph).collect();
    paragraphs.join("\n\n")
}

fn paragraph(text: &str) -> String {
    let is_formatted = |line: &str| line.starts_with(['|', '*', '-', ' ', '#', '`']);
    let separator = if text.lines().skip(1).any(is_formatted) { "\n" } else { " " };
    let lines: Vec<&str> = text.trim().lines().collect();
    without_links(&lines.join(separator))
}

/// Replaces `[text](target)` and `` [`text`] `` by their texts; links to the web stay.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let Some((label, after)) = after.split_once(']') else {
            out.push('[');
            rest = after;
            continue;
        };
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'));
        rest = match target {
            Some((target, after)) if !target.contains("://") => {
                out.push_str(label);
                after
            }
            None if label.starts_with('`') && label.ends_with('`') => {
                out.push_str(label);
                after
            }
            _ => {
                out.push('[');
                out.push_str(label);
                out.push(']');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use krake_core::schemars::json_schema;

    use super::*;

    #[test]
    fn comments_lose_their_line_ends_and_their_links_into_rust() {
        let comment = "See [`is_valid_name`](crate::is_valid_name),\nor [`Uid`].\n\nAlso [here](https://a.b) and [0].";
        assert_eq!(
            readable(comment),
            "See `is_valid_name`, or `Uid`.\n\nAlso [here](https://a.b) and [0]."
        );
        assert_eq!(readable("A table:\n| a |\n| b |"), "A table:\n| a |\n| b |");
        assert_eq!(readable("open [ bracket"), "open [ bracket");
    }

    #[test]
    fn an_enum_lists_its_members_beside_their_meanings() {
        let mut schema = json_schema!({"properties": {"state": {"oneOf": [
            {"type": "string", "const": "ON", "description": "It\nruns."},
            {"type": "string", "enum": ["OFF", "LOST"]},
        ]}}});
        Tidy.transform(&mut schema);
        assert_eq!(
            schema.to_value()["properties"]["state"],
            json!({
                "type": "string", "enum": ["ON", "OFF", "LOST"],
                "x-enum-descriptions": ["It runs.", "", ""],
            })
        );
    }

    #[test]
    fn what_is_no_enum_is_left_alone() {
        let schema = json_schema!({"oneOf": [{"const": "a"}, {"type": "integer"}]});
        let mut tidy = schema.clone();
        Tidy.transform(&mut tidy);
        assert_eq!(tidy, schema);
    }
}
