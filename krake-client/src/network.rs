//! Requests over HTTP.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use http::{Request, Response};
use rustls::crypto::{CryptoProvider, ring};

use crate::credentials::unusable;
use crate::{BoxError, Credentials, Error, ResponseBody, Transport};

/// How long establishing a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Installs `ring` as the process's cryptography, unless the program has chosen one already.
///
/// [`Client::connect`](crate::Client::connect) calls this; a program that wants another provider installs it before.
pub fn ensure_crypto_provider() {
    if CryptoProvider::get_default().is_none() {
        // Losing the race to another thread means that a provider is installed: what we want.
        let _ = ring::default_provider().install_default();
    }
}

/// A server somewhere else.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    http: reqwest::Client,
    base: String,
}

impl Network {
    pub(crate) fn new(url: &str, credentials: &Credentials) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Address { url: url.to_owned(), reason };
        if !["http://", "https://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(refuse("it does not start with http:// or https://".to_owned()));
        }
        let parsed = reqwest::Url::parse(url).map_err(|error| refuse(error.to_string()))?;
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(refuse("it has something after its path".to_owned()));
        }
        ensure_crypto_provider();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            // A redirected POST would become a GET.
            .redirect(reqwest::redirect::Policy::none());
        let http = credentials
            .apply(http)?
            .build()
            .map_err(|error| match credentials {
                credentials if credentials.concern_tls() => unusable(innermost(&error)),
                _ => refuse(innermost(&error)),
            })?;
        Ok(Self { http, base: url.trim_end_matches('/').to_owned() })
    }
}

fn innermost(error: &reqwest::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<ResponseBody>, BoxError> {
        let (parts, body) = request.into_parts();
        let answer = self
            .http
            .request(parts.method, format!("{}{}", self.base, parts.uri))
            .headers(parts.headers)
            .body(body)
            .send()
            .await?;
        let mut response = Response::new(());
        *response.status_mut() = answer.status();
        response.headers_mut().clone_from(answer.headers());
        let body = answer
            .bytes_stream()
            .map(|chunk| chunk.map_err(BoxError::from))
            .boxed();
        Ok(response.map(|()| body))
    }
}

#[cfg(test)]
mod tests {
    use crate::Client;

    #[test]
    fn an_address_without_scheme_is_refused_with_the_remedy() {
        let error = Client::connect("127.0.0.1:8080").unwrap_err();
        assert!(error.to_string().contains("http://"), "{error}");
    }

    #[test]
    fn an_address_that_no_request_could_use_is_refused() {
        for bad in ["http://", "http://a:99999", "http://a b", "http://a/?x", "http://a/#x"] {
            assert!(Client::connect(bad).is_err(), "{bad}");
        }
        Client::connect("https://example.org:8443/base/").unwrap();
    }
}
