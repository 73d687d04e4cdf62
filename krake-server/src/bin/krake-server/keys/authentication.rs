//! Who may do what.

use clap::Args;
use serde::{Deserialize, Serialize};

/// Authentication and authorization.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[command(next_help_heading = "Users")]
#[serde(default)]
pub(crate) struct AuthenticationKeys {
    /// What decides what users may do: RBAC, always-allow or always-deny
    #[arg(long, value_name = "MODE")]
    pub(crate) authorization: Option<String>,
    /// Take senders without credentials for the user system:anonymous
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) authentication_allow_anonymous: Option<bool>,
    /// The one origin whose pages may use the API from browsers, * for all, or nothing for none
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) authentication_cors_origin: Option<String>,
    /// Take every sender for the same user
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) authentication_strategy_static_enabled: Option<bool>,
    /// The name of that user [default: system]
    #[arg(long, value_name = "USER")]
    pub(crate) authentication_strategy_static_name: Option<String>,
    /// Recognise senders by tokens of Keystone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) authentication_strategy_keystone_enabled: Option<bool>,
    #[arg(
        long,
        value_name = "URL",
        help = "Where Keystone is [default: http://localhost:5000/v3]"
    )]
    pub(crate) authentication_strategy_keystone_endpoint: Option<String>,
    /// Recognise senders by tokens of Keycloak
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) authentication_strategy_keycloak_enabled: Option<bool>,
    #[arg(long, value_name = "URL", help = "Where Keycloak is [default: http://localhost:9080]")]
    pub(crate) authentication_strategy_keycloak_endpoint: Option<String>,
    /// The realm of Keycloak [default: krake]
    #[arg(long, value_name = "REALM")]
    pub(crate) authentication_strategy_keycloak_realm: Option<String>,
    /// The authorities of the certificates of Keystone or Keycloak, PEM, instead of those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) authentication_identity_ca: Option<String>,
    /// How long Keystone or Keycloak may take to answer [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) authentication_identity_call_time: Option<f64>,
    /// How long a token they have accepted is accepted again without asking; 0 asks for every request [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) authentication_identity_cache_time: Option<f64>,
    /// Recognise senders by tokens in this file, one TOKEN,USER a line
    #[arg(long, value_name = "FILE")]
    pub(crate) authentication_token_file: Option<String>,
}
