//! Where resources are kept.

use clap::Args;
use serde::{Deserialize, Serialize};

/// The store: in a directory, on etcd, or in memory.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[command(next_help_heading = "Store")]
#[serde(default)]
pub(crate) struct StoreKeys {
    /// Directory to keep resources in; it is created when missing [default: ./krake-data]
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    pub(crate) data_dir: Option<String>,
    /// Keep resources in memory only: they are lost at the end
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) memory: Option<bool>,
    /// Keep resources on etcd: the client URLs of its members
    #[arg(long, alias = "etcd", value_name = "URL", value_delimiter = ',', conflicts_with_all = ["data_dir", "memory"])]
    pub(crate) etcd_endpoints: Option<Vec<String>>,
    /// Host of the one member of etcd, where endpoints are not given [default: 127.0.0.1]
    #[arg(long, value_name = "HOST", conflicts_with_all = ["data_dir", "memory", "etcd_endpoints"])]
    pub(crate) etcd_host: Option<String>,
    /// Port of the one member of etcd, where endpoints are not given [default: 2379]
    #[arg(long, value_name = "PORT", conflicts_with_all = ["data_dir", "memory", "etcd_endpoints"])]
    pub(crate) etcd_port: Option<u16>,
    /// The authorities of the certificates of etcd, PEM; without them, connections to etcd are not encrypted
    #[arg(long, value_name = "FILE")]
    pub(crate) etcd_ca: Option<String>,
    /// The certificate to show to etcd, PEM
    #[arg(long, value_name = "FILE", requires = "etcd_ca", requires = "etcd_key")]
    pub(crate) etcd_cert: Option<String>,
    /// The private key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "etcd_cert")]
    pub(crate) etcd_key: Option<String>,
    /// The user to authenticate to etcd as
    #[arg(long, value_name = "USER", requires = "etcd_password_file")]
    pub(crate) etcd_user: Option<String>,
    /// A file with the password of that user
    #[arg(long, value_name = "FILE", requires = "etcd_user")]
    pub(crate) etcd_password_file: Option<String>,
    /// How long etcd may take for a request, with all attempts [default: 8]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) etcd_time: Option<f64>,
    /// Taken for compatibility: the server solves conflicts on its own, up to eight times
    #[arg(long, value_name = "COUNT")]
    pub(crate) etcd_retry_transactions: Option<u64>,
}
