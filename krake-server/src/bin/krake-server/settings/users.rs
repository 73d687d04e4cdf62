//! Who is recognised, and who may do what.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use krake_core::FieldErrors;
use krake_server::{CorsOrigin, IdentityOptions};

use super::{Source, seconds};
use crate::keys::AuthenticationKeys;

/// How senders are recognised, what they may do, and from which pages.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    /// What is enabled, in the order in which it is tried.
    pub(crate) strategies: Vec<Strategy>,
    /// How Keystone or Keycloak is asked.
    pub(crate) identity: IdentityOptions,
    /// Tokens and their users.
    pub(crate) token_file: Option<String>,
    pub(crate) allows_anonymous: bool,
    /// Whether it was said that everybody may do everything, instead of being so by default.
    pub(crate) is_open_by_choice: bool,
    pub(crate) authorization: Authorization,
    pub(crate) cors: Option<CorsOrigin>,
}

/// A way to recognise senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Every sender is this user.
    Static(String),
    Keystone {
        endpoint: String,
    },
    Keycloak {
        endpoint: String,
        realm: String,
    },
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    Roles,
    AlwaysAllow,
    AlwaysDeny,
}

impl FromStr for Authorization {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "RBAC" => Ok(Self::Roles),
            "always-allow" => Ok(Self::AlwaysAllow),
            "always-deny" => Ok(Self::AlwaysDeny),
            _ => Err("Must be RBAC, always-allow or always-deny."),
        }
    }
}

impl Users {
    /// Without a file everybody may do everything. With one, nobody may do anything that it does not say.
    pub(super) fn new(keys: &AuthenticationKeys, source: Source, errors: &mut FieldErrors) -> Self {
        let anonymous = keys.authentication_allow_anonymous;
        let authorization = authorization(keys, source, errors);
        Self {
            strategies: strategies(keys, errors),
            identity: identity(keys, errors),
            token_file: keys.authentication_token_file.clone(),
            allows_anonymous: anonymous.unwrap_or(source == Source::Options),
            is_open_by_choice: authorization == Authorization::AlwaysAllow
                && anonymous == Some(true)
                && keys.authorization.is_some(),
            authorization,
            cors: cors(keys, source, errors),
        }
    }

    /// Who anybody is that sends no credentials, if that is anybody.
    pub(crate) fn without_credentials(&self) -> Option<&str> {
        match self.strategies.first() {
            Some(Strategy::Static(name)) => Some(name),
            _ => self.allows_anonymous.then_some("system:anonymous"),
        }
    }
}

/// What is enabled, in the order in which it is tried: that of the original.
fn strategies(keys: &AuthenticationKeys, errors: &mut FieldErrors) -> Vec<Strategy> {
    let mut enabled = Vec::new();
    if keys.authentication_strategy_static_enabled == Some(true) {
        let name = or(keys.authentication_strategy_static_name.as_ref(), "system");
        if name.is_empty() {
            errors.add("authentication.strategy.static.name", "Must not be empty.");
        }
        enabled.push(Strategy::Static(name));
    }
    if keys.authentication_strategy_keystone_enabled == Some(true) {
        let given = keys.authentication_strategy_keystone_endpoint.as_ref();
        let endpoint = or(given, "http://localhost:5000/v3");
        check_url("authentication.strategy.keystone.endpoint", &endpoint, errors);
        enabled.push(Strategy::Keystone { endpoint });
    }
    if keys.authentication_strategy_keycloak_enabled == Some(true) {
        let given = keys.authentication_strategy_keycloak_endpoint.as_ref();
        let endpoint = or(given, "http://localhost:9080");
        check_url("authentication.strategy.keycloak.endpoint", &endpoint, errors);
        let realm = or(keys.authentication_strategy_keycloak_realm.as_ref(), "krake");
        enabled.push(Strategy::Keycloak { endpoint, realm });
    }
    enabled
}

fn identity(keys: &AuthenticationKeys, errors: &mut FieldErrors) -> IdentityOptions {
    let mut options = IdentityOptions::default();
    options.ca = keys.authentication_identity_ca.clone().map(PathBuf::from);
    let call_time = keys.authentication_identity_call_time;
    if let Some(time) = seconds("authentication.identity.call_time", call_time, errors) {
        options.call_time = time;
    }
    match keys
        .authentication_identity_cache_time
        .map(Duration::try_from_secs_f64)
    {
        Some(Ok(time)) => options.cache_time = time,
        Some(Err(_)) => errors.add("authentication.identity.cache_time", "Must not be negative."),
        None => {}
    }
    options
}

fn or(given: Option<&String>, default: &str) -> String {
    given.cloned().unwrap_or_else(|| default.to_owned())
}

fn check_url(field: &str, text: &str, errors: &mut FieldErrors) {
    let url: Option<Uri> = text.parse().ok();
    let scheme = url
        .as_ref()
        .filter(|url| url.host().is_some())
        .and_then(Uri::scheme_str);
    if !matches!(scheme, Some("http" | "https")) {
        errors.add(field, "Must be a URL, such as https://identity.example.org:5000/v3.");
    }
}

fn authorization(
    keys: &AuthenticationKeys,
    source: Source,
    errors: &mut FieldErrors,
) -> Authorization {
    let said = match (&keys.authorization, source) {
        (Some(text), _) => text.parse(),
        (None, Source::Options) => Ok(Authorization::AlwaysAllow),
        (None, Source::File) => {
            Err("Missing data for required field: RBAC, always-allow or always-deny.")
        }
    };
    said.unwrap_or_else(|message| {
        errors.add("authorization", message);
        Authorization::AlwaysDeny
    })
}

fn cors(keys: &AuthenticationKeys, source: Source, errors: &mut FieldErrors) -> Option<CorsOrigin> {
    let text = match (&keys.authentication_cors_origin, source) {
        (Some(text), _) => text,
        (None, Source::File) => return Some(CorsOrigin::Any),
        (None, Source::Options) => return None,
    };
    match text.as_str() {
        "" => None,
        "*" => Some(CorsOrigin::Any),
        origin if is_origin(origin) => Some(CorsOrigin::One(origin.to_owned())),
        _ => {
            errors.add(
                "authentication.cors_origin",
                "Must be *, empty for none, or an origin, such as https://ui.example.org.",
            );
            None
        }
    }
}

/// Scheme, host and perhaps port, as browsers write it.
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', ',']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(keys: &AuthenticationKeys, source: Source) -> Result<Users, String> {
        let mut errors = FieldErrors::default();
        let users = Users::new(keys, source, &mut errors);
        errors.into_result().map_err(|errors| errors.to_string())?;
        Ok(users)
    }

    fn roles() -> AuthenticationKeys {
        AuthenticationKeys { authorization: Some("RBAC".into()), ..AuthenticationKeys::default() }
    }

    #[test]
    fn without_a_file_everybody_is_welcome() {
        let users = users(&AuthenticationKeys::default(), Source::Options).unwrap();
        assert_eq!(users.without_credentials(), Some("system:anonymous"));
        assert_eq!(users.authorization, Authorization::AlwaysAllow);
        assert_eq!(users.cors, None);
        assert!(!users.is_open_by_choice);
    }

    #[test]
    fn a_file_is_the_whole_truth() {
        let error = users(&AuthenticationKeys::default(), Source::File).unwrap_err();
        assert!(error.starts_with("authorization: Missing data for required field"), "{error}");
        let users = users(&roles(), Source::File).unwrap();
        assert_eq!(users.without_credentials(), None);
        assert_eq!(users.cors, Some(CorsOrigin::Any));
    }

    #[test]
    fn all_enabled_strategies_are_tried_in_the_order_of_the_original() {
        let keys = AuthenticationKeys {
            authentication_strategy_keystone_enabled: Some(true),
            authentication_strategy_keycloak_enabled: Some(true),
            ..roles()
        };
        let found = users(&keys, Source::File).unwrap();
        let endpoint = "http://localhost:5000/v3".to_owned();
        let keystone = Strategy::Keystone { endpoint };
        let endpoint = "http://localhost:9080".to_owned();
        let keycloak = Strategy::Keycloak { endpoint, realm: "krake".to_owned() };
        assert_eq!(found.strategies, [keystone, keycloak]);
        assert_eq!(found.without_credentials(), None);
        let keys =
            AuthenticationKeys { authentication_strategy_static_enabled: Some(true), ..keys };
        let found = users(&keys, Source::File).unwrap();
        assert_eq!(found.without_credentials(), Some("system"));
    }

    #[test]
    fn what_cannot_work_is_told() {
        let keys = AuthenticationKeys {
            authorization: Some("rbac".into()),
            authentication_cors_origin: Some("https://ui.example.org/".into()),
            authentication_strategy_keycloak_enabled: Some(true),
            authentication_strategy_keycloak_endpoint: Some("localhost:9080".into()),
            ..AuthenticationKeys::default()
        };
        let errors = users(&keys, Source::File).unwrap_err();
        for field in ["authorization: ", "authentication.cors_origin: ", "keycloak.endpoint: "] {
            assert!(errors.contains(field), "{errors}");
        }
        for (origin, expected) in [
            ("", None),
            ("*", Some(CorsOrigin::Any)),
            ("https://a:1", Some(CorsOrigin::One("https://a:1".into()))),
        ] {
            let keys =
                AuthenticationKeys { authentication_cors_origin: Some(origin.into()), ..roles() };
            assert_eq!(users(&keys, Source::File).unwrap().cors, expected);
        }
    }
}
