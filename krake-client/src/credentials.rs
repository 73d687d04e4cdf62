//! How a client and a server come to trust each other.

use std::fmt;

use http::HeaderValue;
use reqwest::{Certificate, ClientBuilder, Identity};

use crate::Error;

/// What a client shows to prove who it is, and whose servers it trusts. By default, it shows nothing and trusts whom the system
/// trusts.
///
/// ```
/// use krake_client::{Client, Credentials};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = Credentials::default()
///     .trusting_only(std::fs::read("ca.pem")?)
///     .with_certificate(std::fs::read("client.pem")?, std::fs::read("client.key")?);
/// let client = Client::connect_with("https://127.0.0.1:8080", &credentials)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    authorities: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
    token: Option<String>,
}

impl Credentials {
    /// Trusts servers whose certificate comes from one of these authorities, in PEM, and no others.
    #[must_use]
    pub fn trusting_only(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.authorities = Some(authorities.into());
        self
    }

    /// Shows a certificate to servers that ask for one. It may be followed by those of intermediate authorities; the key is not
    /// encrypted; both are in PEM.
    #[must_use]
    pub fn with_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl AsRef<[u8]>,
    ) -> Self {
        let mut pem = certificate.into();
        pem.push(b'\n');
        pem.extend_from_slice(key.as_ref());
        self.certificate = Some(pem);
        self
    }

    /// Sends a token with every request, as `Authorization: Bearer TOKEN`. Over plain HTTP everybody on the way can read it.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    pub(crate) fn apply(&self, mut http: ClientBuilder) -> Result<ClientBuilder, Error> {
        if let Some(pem) = &self.authorities {
            let authorities = Certificate::from_pem_bundle(pem).unwrap_or_default();
            if authorities.is_empty() {
                return Err(unusable("the authorities hold no certificate in PEM"));
            }
            http = http.tls_certs_only(authorities);
        }
        if let Some(pem) = &self.certificate {
            let identity = Identity::from_pem(pem);
            let reason = "the client certificate needs a certificate and a key in PEM";
            http = http.identity(identity.map_err(|_| unusable(reason))?);
        }
        if let Some(token) = &self.token {
            http = http.default_headers(
                [(http::header::AUTHORIZATION, bearer(token)?)]
                    .into_iter()
                    .collect(),
            );
        }
        Ok(http)
    }

    /// Whether there is something about TLS.
    pub(crate) const fn concern_tls(&self) -> bool {
        self.authorities.is_some() || self.certificate.is_some()
    }
}

pub(crate) fn unusable(reason: impl Into<String>) -> Error {
    Error::Credentials { reason: reason.into() }
}

/// The header, which logs leave out.
fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    match value {
        Ok(mut value) if is_token => {
            value.set_sensitive(true);
            Ok(value)
        }
        _ => Err(unusable("the token is not printable ASCII")),
    }
}

/// Says what there is, not what it is.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("authorities", &self.authorities.is_some())
            .field("certificate", &self.certificate.is_some())
            .field("token", &self.token.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;

    fn refusal(credentials: &Credentials) -> String {
        let error = Client::connect_with("https://127.0.0.1:1", credentials).unwrap_err();
        assert!(matches!(error, Error::Credentials { .. }), "{error}");
        error.to_string()
    }

    #[test]
    fn credentials_that_cannot_be_used_are_refused_and_not_shown() {
        let nothing = Credentials::default();
        for (bad, part) in [
            (nothing.clone().trusting_only(""), "the authorities"),
            (nothing.clone().trusting_only("-----BEGIN CERTIFICATE-----"), "the authorities"),
            (nothing.clone().with_certificate("secret", "secret"), "the client certificate"),
            (nothing.clone().with_token(""), "the token"),
            (nothing.with_token("secret\n"), "the token"),
        ] {
            let text = format!("{} {bad:?}", refusal(&bad));
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_client_does_not_show_its_token() {
        let credentials = Credentials::default().with_token("secret");
        let client = Client::connect_with("http://127.0.0.1:1", &credentials).unwrap();
        let text = format!("{client:?} {credentials:?}");
        assert!(!text.contains("secret"), "{text}");
    }
}
