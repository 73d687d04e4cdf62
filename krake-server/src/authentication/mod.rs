//! Who sends a request.
//!
//! An [`Authentication`] is a chain of [`Authenticator`]s: each looks for credentials of its own kind, and the first that
//! recognises the sender names the [`User`]. Credentials that nobody accepts are refused, even where anonymous users are allowed.

mod authenticator;
mod certificate;
mod chain;
mod fixed;
mod identity;
mod token;
mod token_file;
mod user;

pub use authenticator::{AuthenticationError, Authenticator};
pub use certificate::ClientCertificate;
pub use chain::Authentication;
pub use fixed::FixedUser;
pub use identity::{IdentityError, IdentityOptions, Keycloak, Keystone};
pub use token_file::TokenFile;
pub use user::User;
