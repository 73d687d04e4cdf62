//! `krakectl`, the command line of Krake.
//!
//! The commands, options and outputs are those of the original's `krakectl`; so far those of applications and registered
//! clusters. Results go to standard output, problems to standard error; the exit status is 0, 1 (refused or failed) or 2
//! (wrong usage).

mod application;
mod cluster;
mod command;
mod output;
mod verbs;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::command::{Cli, Command, Kubernetes};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(text) => print(&text),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

/// A reader that went away (`krakectl … | head`) is no failure.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

async fn run(cli: Cli) -> anyhow::Result<String> {
    let client = cli.connect()?;
    let Command::Kubernetes(command) = cli.command;
    match command {
        Kubernetes::Application(command) => application::run(&client, command).await,
        Kubernetes::Cluster(command) => cluster::run(&client, command).await,
    }
}

/// The problem as the server sent it; for everything else the chain of causes.
fn describe(error: &anyhow::Error) -> String {
    let problem = error
        .downcast_ref::<krake_client::Error>()
        .and_then(krake_client::Error::problem);
    problem.map_or_else(
        || format!("krakectl: {error:#}"),
        |problem| serde_json::to_string_pretty(problem).unwrap_or_else(|_| problem.to_string()),
    )
}
