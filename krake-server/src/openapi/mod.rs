//! The API as a document: [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1), made from the kinds that a server serves.
//!
//! Pure functions from what kinds say of themselves ([`KindDescription`]) to JSON. The document is the same for the same kinds
//! in the same order. Who adds a query parameter adds it to the table in [`parameters`], who adds an endpoint that belongs to
//! no kind adds it to the table in [`fixed`].

mod components;
mod document;
mod fixed;
mod kind_description;
mod kind_paths;
mod kind_schemas;
mod kind_writes;
mod names;
mod operation;
mod parameters;
mod patches;
mod prose;
mod responses;

pub(crate) use document::document;
pub(crate) use kind_description::{KindDescription, SubresourceBody};
