//! The options of the tour.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// A guided tour of Krake: server, controllers and clusters in one process.
#[derive(Debug, Parser)]
#[command(name = "quickstart")]
pub(crate) struct Options {
    /// End after the tour: with status 0, or 1 when something did not happen.
    #[arg(long)]
    pub(crate) once: bool,
    /// Manifest of the application, YAML with one or more documents, instead of the built-in shop.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Kubeconfig of a real cluster to use instead of the simulated ones; repeatable. The first is labelled location=DE, the
    /// second location=SK.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Vec<PathBuf>,
    /// Address of the API server; if it is taken, any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}
