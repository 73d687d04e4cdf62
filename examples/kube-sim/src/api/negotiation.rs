//! In which form the caller wants the answer.

use http::{HeaderMap, header};

use crate::table::RowObject;

/// The form of objects in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Plain,
    /// Rows for humans.
    Table(RowObject),
    /// Only their metadata.
    Metadata,
}

/// The first form of the `Accept` header that is served here.
pub(super) fn form(headers: &HeaderMap, include_object: &str) -> Form {
    let rows = match include_object {
        "None" => RowObject::None,
        "Object" => RowObject::Whole,
        _ => RowObject::Metadata,
    };
    let wanted = accepted(headers).find_map(|wanted| match parameter(wanted, "as") {
        Some("Table") => Some(Form::Table(rows)),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Some(Form::Metadata),
        Some(_) => None,
        None => is_json(wanted).then_some(Form::Plain),
    });
    wanted.unwrap_or(Form::Plain)
}

/// Whether discovery is wanted in one document rather than in many.
pub(super) fn wants_aggregated(headers: &HeaderMap) -> bool {
    accepted(headers).any(|wanted| {
        parameter(wanted, "as") == Some("APIGroupDiscoveryList")
            && parameter(wanted, "v") == Some("v2")
            && is_json(wanted)
    })
}

/// Whether the media type occurs in the `Accept` header.
pub(super) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    accepted(headers).any(|wanted| wanted.split(';').next() == Some(media_type))
}

fn accepted(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn is_json(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim();
    matches!(name, "application/json" | "application/*" | "*/*")
}

fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    let mut parameters = media_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (key, value) = parameter.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}
