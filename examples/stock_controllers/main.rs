//! The stock controllers against a server of their own process: scheduler, applications, clusters, garbage collector.
//!
//! `cargo run --example stock_controllers -- --server http://127.0.0.1:8080`

use std::io;

use anyhow::Context;
use clap::Parser;
use krake_client::Client;
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
    /// What to log: error, warn, info, debug or trace.
    #[arg(long, env = "KRAKE_LOG", default_value = "info")]
    log: LevelFilter,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .init();
    let client = Client::connect(&options.server)?;
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
