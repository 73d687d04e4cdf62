//! The four ways to change an object by a fragment: JSON patch, merge patch, strategic merge patch (server-side apply is in
//! [`crate::apply`]).

mod document;
mod list_type;
mod merge;
mod strategic;

pub(crate) use document::{Patch, PatchType};
pub(crate) use list_type::{ListType, Place, key_value};
pub(crate) use merge::merge;
