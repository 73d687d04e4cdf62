//! Pages of other origins that may use the API from a browser.

use std::convert::Infallible;
use std::str::FromStr;

use ::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use ::http::{HeaderMap, HeaderValue, Response};

use super::body::ServerBody;
use crate::refusal::Refusal;

/// Those of the original; a page that could patch can also read and replace.
const METHODS: [&str; 5] = ["DELETE", "GET", "OPTIONS", "POST", "PUT"];
const EXPOSED: HeaderValue = HeaderValue::from_static("ETag, Retry-After, X-Request-Id");

/// The origins whose pages may use the API, with the credentials of whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one origin or any, as the configuration has it")]
pub enum CorsOrigin {
    /// Every page may. Not for servers that take every sender for somebody: any page that a user visits could then use them.
    Any,
    /// Only pages of this origin may, for example `https://krake.example.org`.
    One(String),
}

/// `*` is any origin, everything else is one.
impl FromStr for CorsOrigin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "*" { Self::Any } else { Self::One(text.to_owned()) })
    }
}

impl CorsOrigin {
    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::One(allowed) => origin.as_bytes() == allowed.as_bytes(),
        }
    }

    /// Answers a browser that asks whether it may send a request.
    pub(super) fn preflight(&self, headers: &HeaderMap) -> Result<Response<ServerBody>, Refusal> {
        let origin = headers
            .get(ORIGIN)
            .ok_or_else(|| refused("the header Origin is missing"))?;
        let method = headers
            .get(ACCESS_CONTROL_REQUEST_METHOD)
            .ok_or_else(|| refused("the header Access-Control-Request-Method is missing"))?;
        if !self.allows(origin) {
            return Err(refused(&format!("origin {} is not allowed", shown(origin))));
        }
        if !METHODS
            .iter()
            .any(|known| method.as_bytes() == known.as_bytes())
        {
            let (method, origin) = (shown(method), shown(origin));
            return Err(refused(&format!("method {method} is not allowed for origin {origin}")));
        }
        let mut response = Response::new(ServerBody::empty());
        let answers = response.headers_mut();
        answers.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let Some(names) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            let names = shown(names).to_ascii_uppercase();
            if let Ok(names) = HeaderValue::from_str(&names) {
                answers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
            }
        }
        Ok(response)
    }

    /// Lets the page that sent a request read its response.
    pub(super) fn mark(&self, request: &HeaderMap, response: &mut HeaderMap) {
        response.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.get(ORIGIN).filter(|origin| self.allows(origin)) else { return };
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

fn refused(reason: &str) -> Refusal {
    Refusal::Preflight(reason.to_owned())
}

fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
