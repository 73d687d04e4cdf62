//! The reference server: the kinds of Krake over HTTP, kept in a directory, on etcd or in memory.

mod bootstrap;
mod command_line;
mod config_file;
mod configuration;
mod dangers;
mod etcd;
mod keys;
mod log;
mod resource_files;
mod serve;
mod settings;
mod store;

use std::process::ExitCode;

use clap::Parser;

use crate::command_line::{Command, CommandLine};

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(line: CommandLine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match line.command {
        None => runtime.block_on(serve::serve(line.serve)),
        Some(Command::Bootstrap(command)) => runtime.block_on(bootstrap::bootstrap(command)),
    }
}

#[expect(clippy::print_stderr, reason = "this is where a program says why it failed")]
fn complain(error: &anyhow::Error) {
    eprintln!("krake-server: {error:#}");
}
