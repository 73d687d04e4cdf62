//! A guided tour: a server, the stock controllers and two clusters in one process, and an application that is placed,
//! changed, moved and deleted.
//!
//! Run it with `cargo run --example quickstart`; see `--help` for its options.

mod fleet;
mod narrator;
mod options;
mod plane;
mod shop;
mod terminal;
mod tour;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::fleet::Fleet;
use crate::options::Options;
use crate::plane::Plane;
use crate::terminal::Terminal;
use crate::tour::Tour;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    terminal::log();
    let terminal = Terminal::new();
    match run(options, &terminal).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options, terminal: &Terminal) -> anyhow::Result<()> {
    krake_client::ensure_crypto_provider();
    let manifest = shop::manifest(options.manifest.as_deref())?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let fleet = match options.kubeconfig.as_slice() {
        [] => Fleet::simulated(folder.path()).await?,
        files => Fleet::real(files).await?,
    };
    let mut plane = Plane::start(&folder.path().join("data"), options.listen, terminal).await?;
    let tour = Tour { client: plane.client.clone(), terminal, fleet: &fleet, manifest };
    let address = plane.address;
    let outcome = tokio::select! {
        outcome = show(&tour, &options, address) => outcome,
        error = plane.broken() => Err(error),
    };
    plane.shutdown().await;
    fleet.shutdown().await;
    outcome
}

/// The tour; and then, if it is not to end there, the application once more and time to look around.
async fn show(tour: &Tour<'_>, options: &Options, address: SocketAddr) -> anyhow::Result<()> {
    tour.walk().await?;
    if options.once {
        return Ok(());
    }
    terminal::print(
        "Everything keeps running; the application is brought back so that there is something to see.",
    );
    tour.bring_up(tour.member(0)?).await?;
    terminal::print(&hints(address, tour.fleet));
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")
}

/// Commands to look around with.
fn hints(address: SocketAddr, fleet: &Fleet) -> String {
    let namespace = shop::NAMESPACE;
    let mut text = format!(
        "\nIn another terminal, try:\n\
         \n  curl 'http://{address}/kubernetes/namespaces/{namespace}/applications?watch'\
         \n  cargo run -q --bin krakectl -- --server http://{address} kube app list -n {namespace}\
         \n  cargo run -q --bin krakectl -- --server http://{address} kube app get {} -n {namespace}\
         \n  cargo run -q --bin krakectl -- --server http://{address} kube app update {} -n {namespace} -L 'location is {}'",
        shop::NAME,
        shop::NAME,
        fleet::LOCATIONS[1],
    );
    let kubectl = fleet.members.iter().map(|member| {
        format!("\n  kubectl --kubeconfig {} get deploy,svc,pods -A", member.kubeconfig.display())
    });
    text.extend(kubectl);
    text.push_str("\n\nCtrl-C ends everything.");
    text
}
