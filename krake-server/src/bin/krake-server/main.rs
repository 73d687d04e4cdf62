//! The reference server: the kinds of Krake over HTTP, stored in a directory, in memory or on etcd.

mod arguments;
mod config;
mod etcd;
mod run;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<()> {
    run::log_to_stderr();
    let settings = arguments.settings()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run::run(settings))
}

#[expect(clippy::print_stderr, reason = "this is where a program says why it failed")]
fn complain(error: &anyhow::Error) {
    eprintln!("krake-server: {error:#}");
}
