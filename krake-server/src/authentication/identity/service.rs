//! Asking an identity service.

use std::time::Duration;

use http::StatusCode;
use http::request::Parts;
use krake_core::{Problem, ProblemTitle};
use reqwest::{Client, RequestBuilder, Response, Url};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::verdicts::{Verdict, Verdicts};
use super::{IdentityError, IdentityOptions};
use crate::authentication::token::Token;
use crate::authentication::{AuthenticationError, User};
use crate::files::Contents;
use crate::tls;

/// The largest answer that is read, in bytes. Those of Keystone carry a catalogue of services.
const ANSWER_BYTES: usize = 1 << 20;

/// How a kind of identity service is spoken to.
pub(super) trait Dialect: Clone + Send + Sync + 'static {
    /// What the service is called.
    const NAME: &'static str;
    /// The class of problems with its tokens.
    const TITLE: ProblemTitle;

    /// The question whose token it is.
    fn question(&self, http: &Client, token: &Token) -> RequestBuilder;

    /// The name of the user in a good answer.
    fn user_name(answer: &[u8]) -> Option<String>;
}

/// An identity service.
pub(super) struct Service<D> {
    dialect: D,
    http: Client,
    call_time: Duration,
    verdicts: Verdicts,
}

impl<D: Dialect> Service<D> {
    /// The service that is asked by `dialect`, below `endpoint`. No connection is made yet.
    pub(super) fn new(
        dialect: D,
        endpoint: &Url,
        options: &IdentityOptions,
    ) -> Result<Self, IdentityError> {
        let http = Client::builder()
            .tls_backend_preconfigured(encryption(endpoint, options)?)
            // Wherever the service points to, tokens do not go there.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let (call_time, verdicts) = (options.call_time, Verdicts::new(options));
        Ok(Self { dialect, http, call_time, verdicts })
    }

    pub(super) async fn authenticate(
        &self,
        request: &Parts,
    ) -> Result<Option<User>, AuthenticationError> {
        let token = match Token::of(&request.headers) {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(None),
            Err(_) => return Err(Self::refused("no token in the header Authorization")),
        };
        let digest = token.digest();
        let call = call(self.dialect.clone(), self.http.clone(), token, self.call_time);
        match self.verdicts.of(digest, call).await {
            Verdict::Known(user) => Ok(Some(user)),
            Verdict::Refused(answer) => Err(Self::refused(&answer)),
            Verdict::Unavailable(reason) => {
                Err(AuthenticationError::Unavailable(format!("{}: {reason}", D::NAME)))
            }
        }
    }

    pub(super) const fn dialect(&self) -> &D {
        &self.dialect
    }

    fn refused(reason: &str) -> AuthenticationError {
        let detail = format!("Invalid {} token ({reason})", D::NAME);
        AuthenticationError::Refused(Problem::titled(401, D::TITLE, detail))
    }
}

/// The address of a service.
pub(super) fn endpoint(text: &str) -> Result<Url, IdentityError> {
    let refuse = |reason: String| IdentityError::Endpoint { reason };
    let url = Url::parse(text).map_err(|error| refuse(format!("is not a URL ({error})")))?;
    let wrong = if !matches!(url.scheme(), "http" | "https") {
        "has neither the scheme http nor https"
    } else if !url.username().is_empty() || url.password().is_some() {
        "has a user in it"
    } else if url.query().is_some() || url.fragment().is_some() {
        "has something after its path"
    } else {
        return Ok(url);
    };
    Err(refuse(wrong.to_owned()))
}

/// Adds to the path of a URL.
pub(super) fn below<'a>(url: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Whom to trust. Without encryption nobody, and nothing is read from the system.
fn encryption(endpoint: &Url, options: &IdentityOptions) -> Result<ClientConfig, IdentityError> {
    let config = ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()?;
    let config = match &options.ca {
        Some(ca) => config.with_root_certificates(tls::roots(&Contents::read(ca)?)?),
        None if endpoint.scheme() == "https" => config.with_platform_verifier()?,
        None => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(config.with_no_client_auth())
}

async fn call<D: Dialect>(dialect: D, http: Client, token: Token, limit: Duration) -> Verdict {
    let question = dialect.question(&http, &token);
    match tokio::time::timeout(limit, ask::<D>(question)).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => Verdict::Unavailable(chain(&error.without_url()).into()),
        Err(_) => Verdict::Unavailable(format!("no answer within {limit:?}").into()),
    }
}

async fn ask<D: Dialect>(question: RequestBuilder) -> reqwest::Result<Verdict> {
    let answer = question.send().await?;
    match answer.status() {
        StatusCode::OK => {}
        status if is_refusal(status) => return Ok(Verdict::Refused(said(status).into())),
        status => return Ok(Verdict::Unavailable(said(status).into())),
    }
    let Some(bytes) = read(answer).await? else {
        return Ok(Verdict::Unavailable(format!("more than {ANSWER_BYTES} bytes").into()));
    };
    Ok(match D::user_name(&bytes) {
        Some(name) if !name.is_empty() => Verdict::Known(User::new(name)),
        _ => Verdict::Unavailable("an answer without the name of a user".into()),
    })
}

/// Whether the token is to blame, rather than the service.
fn is_refusal(status: StatusCode) -> bool {
    let is_temporary =
        matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    status.is_client_error() && !is_temporary
}

fn said(status: StatusCode) -> String {
    format!("HTTP {status}")
}

/// The body of an answer, unless it is too large.
async fn read(mut answer: Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_BYTES {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_cannot_be_asked_is_refused_without_its_password() {
        for bad in ["", "localhost:5000", "ftp://a", "http://a/?x", "http://a/#x", "http://"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
        let error = endpoint("https://ann:secret@a/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }

    #[test]
    fn paths_are_added_to_endpoints_with_and_without_a_slash_at_the_end() {
        for text in ["http://a:5000/v3", "http://a:5000/v3/"] {
            let url = below(&endpoint(text).unwrap(), ["auth", "to/kens"]);
            assert_eq!(url.as_str(), "http://a:5000/v3/auth/to%2Fkens");
        }
    }

    #[test]
    fn only_answers_about_the_token_refuse_it() {
        for (status, refuses) in [
            (400, true),
            (401, true),
            (404, true),
            (408, false),
            (429, false),
            (302, false),
            (500, false),
            (204, false),
        ] {
            assert_eq!(is_refusal(StatusCode::from_u16(status).unwrap()), refuses, "{status}");
        }
    }
}
