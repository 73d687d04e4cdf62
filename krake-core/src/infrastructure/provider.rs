//! Services that create virtual machines and clusters in clouds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::polymorphic::polymorphic;
use crate::{FieldErrors, Metadata, Resource};

/// An infrastructure provider for everybody.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(
    api = "infrastructure",
    plural = "globalinfrastructureproviders",
    scope = "global",
    validate = validate_global,
    crate = crate
)]
pub struct GlobalInfrastructureProvider {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is asked.
    pub spec: InfrastructureProviderSpec,
}

/// An infrastructure provider for one namespace.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(
    api = "infrastructure",
    plural = "infrastructureproviders",
    validate = validate_namespaced,
    crate = crate
)]
pub struct InfrastructureProvider {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is asked.
    pub spec: InfrastructureProviderSpec,
}

polymorphic! {
    /// How an infrastructure provider is asked: `{"type": "im", "im": {…}}`.
    pub enum InfrastructureProviderSpec {
        /// An Infrastructure Manager.
        "im" => Im(ImProvider),
    }
}

/// An Infrastructure Manager. Needs a token, or a user name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImProvider {
    /// Where it is.
    #[schemars(example = "http://im.example.com:8800")]
    pub url: String,
    /// The user.
    #[serde(default)]
    pub username: Option<String>,
    /// The password of the user. Secret.
    #[serde(default)]
    #[schemars(extend("format" = "password"))]
    pub password: Option<String>,
    /// The access token. Secret.
    #[serde(default)]
    #[schemars(extend("format" = "password"))]
    pub token: Option<String>,
}

impl InfrastructureProviderSpec {
    fn validate(&self) -> Result<(), FieldErrors> {
        let Self::Im(ImProvider { username, password, token, .. }) = self;
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if is_given(token) || (is_given(username) && is_given(password)) {
            return Ok(());
        }
        Err(FieldErrors::single(
            "spec",
            "At least one authentication should be defined in the IM infrastructure provider spec.",
        ))
    }
}

fn validate_global(
    new: &GlobalInfrastructureProvider,
    _old: Option<&GlobalInfrastructureProvider>,
) -> Result<(), FieldErrors> {
    new.spec.validate()
}

fn validate_namespaced(
    new: &InfrastructureProvider,
    _old: Option<&InfrastructureProvider>,
) -> Result<(), FieldErrors> {
    new.spec.validate()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_needs_a_token_or_a_user_with_password() {
        let text = |given: bool| given.then(|| "x".to_owned());
        for (username, password, token, expected) in [
            (false, false, true, true),
            (true, true, false, true),
            (true, true, true, true),
            (true, false, false, false),
            (false, true, false, false),
            (false, false, false, false),
        ] {
            let spec = InfrastructureProviderSpec::Im(ImProvider {
                url: "http://im".into(),
                username: text(username),
                password: text(password),
                token: text(token),
            });
            let provider = InfrastructureProvider::new("a", spec.clone());
            assert_eq!(provider.validate(None).is_ok(), expected);
            let global = GlobalInfrastructureProvider::new("a", spec);
            assert_eq!(global.validate(None), provider.validate(None));
        }
    }
}
