//! Changing objects: one path for all kinds, used by requests and by the cluster's own controllers.

mod context;
mod create;
mod delete;
mod server_side_apply;
mod update;

pub(crate) use context::WriteContext;
pub(crate) use create::create;
pub(crate) use delete::{DeleteOptions, Deletion, Propagation, delete};
pub(crate) use server_side_apply::server_side_apply;
pub(crate) use update::{replace_with, update};
