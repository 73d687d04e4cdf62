//! Who owns which field, and server-side apply on top of that.

mod field_set;
mod managed;
mod merge;

pub(crate) use managed::{Manager, Operation, record_update};
pub(crate) use merge::apply;
