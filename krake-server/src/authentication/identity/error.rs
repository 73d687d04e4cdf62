//! Identity services that cannot be asked.

use crate::FileError;

/// An identity service that cannot be asked as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Its address is not usable. The address is not repeated: there may be a password in it.
    #[error("the endpoint {reason}; write it as http://HOST:PORT/PATH, or with https")]
    Endpoint {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such realm.
    #[error("the realm must have a name")]
    Realm,
    /// The file with the authorities of its certificate is not usable.
    #[error("the authorities of the endpoint cannot be used")]
    Ca(#[from] FileError),
    /// The authorities that the system trusts cannot be read.
    #[error(
        "the certificates of the system cannot be used; name a file with the authorities of the endpoint"
    )]
    Tls(#[from] rustls::Error),
    /// There is no HTTP client.
    #[error("the endpoint cannot be asked")]
    Client(#[from] reqwest::Error),
}
