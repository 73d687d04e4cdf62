//! Which kinds of objects the cluster serves: one table, extended by custom resource definitions.

mod builtin;
mod catalog;
mod custom;
mod key;
mod resource_type;

pub(crate) use catalog::Catalog;
pub(crate) use key::ObjectKey;
pub(crate) use resource_type::{PrinterColumn, ResourceType, Served};
