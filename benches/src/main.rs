//! Compares the server with what bounds it, in one run on one machine.
//!
//! `cargo run --release -p krake-benches -- compare` prints, for each measure, the rate of the server, that of its limit
//! under the same load, and whether their ratio reaches the target. The load generator runs on the same cores.

mod bare;
mod compare;
#[cfg(feature = "etcd")]
mod etcd;
mod load;
mod report;

use std::time::Duration;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "krake-benches")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the server beside its limits.
    Compare {
        /// How long each side of each measure is loaded at a time, in seconds.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// How often the sides take turns.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Connections at a time.
        #[arg(long, default_value_t = 64)]
        connections: usize,
        /// Measure the server on this etcd, too.
        #[cfg(feature = "etcd")]
        #[arg(long, value_name = "URL")]
        etcd: Option<String>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command::Compare {
        seconds,
        rounds,
        connections,
        #[cfg(feature = "etcd")]
        etcd,
    } = Cli::parse().command;
    let load = load::Load { duration: Duration::from_secs(seconds), connections };
    #[cfg_attr(not(feature = "etcd"), expect(unused_mut, reason = "etcd adds rows"))]
    let mut rows = compare::all(&load, rounds).await?;
    #[cfg(feature = "etcd")]
    if let Some(endpoint) = etcd {
        rows.extend(etcd::all(&load, rounds, &endpoint).await?);
    }
    report::print(&rows);
    Ok(())
}
