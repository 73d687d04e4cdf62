//! What the server makes of an object before it is stored: pure rules, one table for all kinds.

mod defaults;
mod metadata;
mod pod_template;
mod secret;
mod service;
mod validation;

pub(crate) use defaults::apply_defaults;
pub(crate) use metadata::{Subresource, for_create, for_update};
pub(crate) use secret::base64;
pub(crate) use service::allocate;
pub(crate) use validation::{validate_create, validate_update};
