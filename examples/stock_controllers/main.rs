//! The stock controllers against a server of their own process: scheduler, applications, clusters, garbage collector.
//!
//! `cargo run --example stock_controllers -- --server http://127.0.0.1:8080`

use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use krake_client::{Client, CredentialFiles, Credentials};
use krake_controllers::{StockOptions, stock};
use krake_runtime::Manager;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;

/// Run the stock controllers of Krake.
#[derive(Debug, Parser)]
struct Options {
    /// Address of the API server.
    #[arg(long, env = "KRAKE_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The authorities that the server's certificate comes from, PEM; without them, those of the system.
    #[arg(long, env = "KRAKE_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A client certificate that tells the server who you are, PEM.
    #[arg(long, env = "KRAKE_CERT", value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The private key of the certificate, PEM; without it, it is in the same file.
    #[arg(long, env = "KRAKE_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file with a token that tells the server who you are.
    #[arg(long, env = "KRAKE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// What to log: error, warn, info, debug or trace.
    #[arg(long, env = "KRAKE_LOG", default_value = "info")]
    log: LevelFilter,
}

impl Options {
    /// A client of the server.
    fn connect(&self) -> anyhow::Result<Client> {
        let files = CredentialFiles {
            authorities: self.ca.clone(),
            certificate: self.cert.clone(),
            key: self.key.clone(),
            token: self.token_file.clone(),
        };
        Ok(Client::connect_with(&self.server, &Credentials::from_files(&files)?)?)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .init();
    let client = options.connect()?;
    let manager = stock(&StockOptions::default())
        .into_iter()
        .fold(Manager::new(client), Manager::add);
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let shutdown = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    Ok(manager.run(shutdown).await?)
}
