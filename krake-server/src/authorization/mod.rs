//! What a user may do.
//!
//! An [`Authorizer`] decides on every request to a resource, before its body is read. With roles, a request is allowed if one rule of
//! one [`Role`](krake_core::base::Role) that is bound to the user allows it; nothing is ever forbidden by a role.

mod access;
mod always;
mod authorizer;
mod policy;
mod role_directory;

pub use access::{Access, AccessScope};
pub use always::{AlwaysAllow, AlwaysDeny};
pub use authorizer::{AuthorizationError, Authorizer, Decision};
pub(crate) use role_directory::RoleDirectory;
