//! Where the server listens, and how connections are encrypted.

use clap::Args;
use serde::{Deserialize, Serialize};

/// Address and TLS.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[command(next_help_heading = "Address")]
#[serde(default)]
pub(crate) struct AddressKeys {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["host", "port"])]
    pub(crate) listen: Option<String>,
    /// Host to listen on, where `listen` is not given [default: 127.0.0.1]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Port to listen on, where `listen` is not given [default: 8080]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Speak HTTPS only
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) tls_enabled: Option<bool>,
    /// The server's certificate and those above it, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<String>,
    /// The private key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<String>,
    /// The authorities whose client certificates name their users, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_client_ca: Option<String>,
}
