//! How much clients may use.

use clap::Args;
use serde::{Deserialize, Serialize};

/// The bounds of [`krake_server::Limits`]. Times are in seconds.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[command(next_help_heading = "Limits")]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the paths of keys")]
pub(crate) struct LimitKeys {
    /// Largest body of a request [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub(crate) limits_body_bytes: Option<usize>,
    /// How long a body may take to arrive [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_body_time: Option<f64>,
    /// How long a request may take, watches and `blocking` excepted [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_request_time: Option<f64>,
    /// How long an answer may be held back by the parameter `blocking` [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_blocking_time: Option<f64>,
    /// How long a request waits for the caches to catch up with the store [default: 3]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_freshness_time: Option<f64>,
    /// Longest path and query of a request [default: 16384]
    #[arg(long, value_name = "BYTES")]
    pub(crate) limits_uri_bytes: Option<usize>,
    /// Largest head of a request; 8192 at the least [default: 65536]
    #[arg(long, value_name = "BYTES")]
    pub(crate) limits_header_bytes: Option<usize>,
    /// How long a client may take to agree on TLS [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_handshake_time: Option<f64>,
    /// How long a connection may wait for the head of its next request [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_header_time: Option<f64>,
    /// How long a client may leave unread what it is sent [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_write_time: Option<f64>,
    /// Most connections at once [default: 10000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_connections: Option<usize>,
    /// Most connections of one client address at once [default: 5000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_connections_per_address: Option<usize>,
    /// Most requests that read at once, open watches excepted [default: 2000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_reads: Option<usize>,
    /// Most requests that write at once [default: 1000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_writes: Option<usize>,
    /// Most memory for bodies of requests at once [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub(crate) limits_bodies_bytes: Option<usize>,
    /// Most open watches [default: 8000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_watches: Option<usize>,
    /// Most open watches of one user [default: 4000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_watches_per_user: Option<usize>,
    /// How long open requests may take to finish at the end [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limits_drain_time: Option<f64>,
    /// How many recent changes of each kind are kept for watchers [default: 10000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limits_window_changes: Option<usize>,
    /// How many bytes the recent changes of each kind may keep in memory [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub(crate) limits_window_bytes: Option<usize>,
}
