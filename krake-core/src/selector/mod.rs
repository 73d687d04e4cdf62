//! Selectors: which resources a list or watch wants, by their labels and by their fields.

mod field_path;
mod field_reader;
mod fields;
mod labels;
mod requirement;
mod syntax;

pub use field_path::FieldPath;
pub use fields::FieldSelector;
pub use labels::Selector;
pub use requirement::Requirement;
pub use syntax::SelectorError;
