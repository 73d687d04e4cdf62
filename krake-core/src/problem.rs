//! Error bodies: RFC 7807 problem details.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FieldError, FieldErrors};

/// Why a request failed, as sent with the content type `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["type", "status", "detail"]))]
pub struct Problem {
    /// A link to the explanation of the title, or `about:blank`.
    #[serde(rename = "type", default = "Problem::blank")]
    #[schemars(url)]
    pub link: Cow<'static, str>,
    /// The class of the problem; absent for those that the status says all about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProblemTitle")]
    pub title: Option<ProblemTitle>,
    /// The HTTP status code.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// What is wrong with this request, for a person.
    #[serde(default)]
    pub detail: String,
    /// The same, field by field, when the request's body is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The class of a problem that its status alone does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(inline)]
#[non_exhaustive]
pub enum ProblemTitle {
    /// The resource does not exist.
    NotFoundError,
    /// Somebody else wrote first.
    TransactionError,
    /// The update is not allowed as it is.
    UpdateError,
    /// A token that Keystone does not know.
    InvalidKeystoneToken,
    /// A token that Keycloak does not know.
    InvalidKeycloakToken,
    /// The name is taken.
    ResourceAlreadyExists,
    /// The history that the request needs is no longer kept: list again.
    Gone,
    /// A title of a newer server.
    #[serde(untagged)]
    Other(String),
}

impl ProblemTitle {
    /// The anchor of its explanation in the documentation.
    const fn slug(&self) -> &'static str {
        match self {
            Self::NotFoundError => "not-found-error",
            Self::TransactionError => "transaction-error",
            Self::UpdateError => "update-error",
            Self::InvalidKeystoneToken => "invalid-keystone-token",
            Self::InvalidKeycloakToken => "invalid-keycloak-token",
            Self::ResourceAlreadyExists => "resource-already-exists",
            Self::Gone => "gone",
            Self::Other(_) => "",
        }
    }
}

impl Problem {
    /// Where the titles are explained, unless the server is configured otherwise.
    pub const BASE_URL: &'static str =
        "https://rak-n-rok.readthedocs.io/projects/krake/en/latest/user/problem.html";

    fn blank() -> Cow<'static, str> {
        "about:blank".into()
    }

    /// A problem of which the status says all.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { link: Self::blank(), title: None, status, detail: detail.into(), errors: Vec::new() }
    }

    /// A problem of a documented class.
    pub fn titled(status: u16, title: ProblemTitle, detail: impl Into<String>) -> Self {
        let link = format!("{}#{}", Self::BASE_URL, title.slug()).into();
        Self { link, title: Some(title), ..Self::new(status, detail) }
    }

    /// The same problem, with the explanation of its title below `base_url` instead of [`BASE_URL`](Self::BASE_URL).
    #[must_use]
    pub fn explained_at(mut self, base_url: &str) -> Self {
        if let Some(anchor) = self.link.strip_prefix(Self::BASE_URL) {
            self.link = format!("{base_url}{anchor}").into();
        }
        self
    }

    /// A body that breaks rules: status 422, with each field, of very many the first ones.
    pub fn invalid(errors: FieldErrors) -> Self {
        let errors = errors.shortened();
        let detail = errors.to_string();
        Self { errors: errors.0, ..Self::new(422, detail) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (status {})", self.detail, self.status)
    }
}

impl std::error::Error for Problem {}
