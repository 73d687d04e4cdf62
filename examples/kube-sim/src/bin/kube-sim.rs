//! Starts one simulated cluster and writes its kubeconfig.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use krake_kube_sim::Sim;

/// A simulated Kubernetes cluster on a loopback port.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to write the kubeconfig.
    #[arg(long, default_value = "kube-sim.kubeconfig")]
    kubeconfig: PathBuf,
    /// The cluster's name.
    #[arg(long, default_value = "kube-sim")]
    name: String,
    /// How many nodes it has.
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Seed of generated names.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { kubeconfig, name, nodes, seed } = Arguments::parse();
    let sim = Sim::builder()
        .name(name)
        .nodes(nodes)
        .seed(seed)
        .start()
        .await?;
    let text = serde_json::to_string_pretty(&sim.kubeconfig())?;
    std::fs::write(&kubeconfig, text)
        .with_context(|| format!("cannot write {}", kubeconfig.display()))?;
    #[expect(clippy::print_stdout, reason = "the output of the program")]
    {
        println!(
            "{} serves; try: kubectl --kubeconfig {} get nodes",
            sim.url(),
            kubeconfig.display()
        );
    }
    tokio::signal::ctrl_c().await?;
    sim.shutdown().await;
    Ok(())
}
