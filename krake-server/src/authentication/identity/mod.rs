//! Users by tokens that an identity service knows.

mod error;
mod keycloak;
mod keystone;
mod options;
mod service;
mod verdicts;

pub use error::IdentityError;
pub use keycloak::Keycloak;
pub use keystone::Keystone;
pub use options::IdentityOptions;
