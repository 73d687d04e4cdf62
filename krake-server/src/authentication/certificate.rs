//! Users by the certificates of their clients.

use async_trait::async_trait;
use http::request::Parts;

use super::{AuthenticationError, Authenticator, User};
use crate::tls::Peer;

/// Recognises senders by the certificate that their client has shown: the user is the first common name of its subject.
///
/// It needs [`Server::serve_tls`](crate::Server::serve_tls) with [`TlsOptions::client_ca`](crate::TlsOptions::client_ca), which
/// verifies certificates while a connection is made: clients with a bad one get no connection. A certificate without a common name
/// names nobody.
#[derive(Clone, Copy, Debug)]
pub struct ClientCertificate;

#[async_trait]
impl Authenticator for ClientCertificate {
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
        match request.extensions.get() {
            Some(Peer::Known(user)) => Ok(Some(user.clone())),
            _ => Ok(None),
        }
    }
}
