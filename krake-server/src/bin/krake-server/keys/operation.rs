//! How the server behaves, and what it tells.

use clap::Args;
use serde::{Deserialize, Serialize};

/// Everything that is neither store, address, users nor limits.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[command(next_help_heading = "Operation")]
#[serde(default)]
pub(crate) struct OperationKeys {
    /// Create the resources of this file before serving, as far as they do not exist; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) bootstrap: Option<Vec<String>>,
    /// What watches call a change: UPDATED, or MODIFIED for clients of the original [default: UPDATED]
    #[arg(long, value_name = "NAME")]
    pub(crate) watch_update_event: Option<String>,
    /// Where the classes of problems are explained
    #[arg(long, value_name = "URL")]
    pub(crate) docs_problem_base_url: Option<String>,
    /// How much goes to standard error: error, warning, info, debug or trace [default: warning]
    #[arg(long, value_name = "LEVEL", env = "KRAKE_LOG")]
    pub(crate) log_level: Option<String>,
}
