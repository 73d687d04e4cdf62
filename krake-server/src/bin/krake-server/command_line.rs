//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::keys::{Keys, StoreKeys};

/// The API server of Krake.
///
/// Every option is also a key of the configuration file, and comes before it. The file is the one given, or else api.yaml in the
/// working directory or in /etc/krake. Without a file everybody may do everything, so the server listens on loopback only.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create resources in the store of a server that is not running, or that keeps them on etcd
    Bootstrap(Bootstrap),
}

/// Serving.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Read settings from this YAML file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: Keys,
}

/// Creating resources: all of them, or none.
#[derive(Debug, Args)]
pub(crate) struct Bootstrap {
    /// YAML files with resources, one or several each; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// Replace resources that exist already
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Read where the store is from this YAML file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: StoreKeys,
}
