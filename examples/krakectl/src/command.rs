//! The command tree.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use krake_client::{Client, CredentialFiles, Credentials};
use krake_core::LabelConstraint;

use crate::output::Format;

/// Manage applications and clusters on a Krake server.
#[derive(Debug, Parser)]
#[command(name = "krakectl", version)]
pub(crate) struct Cli {
    /// Address of the API server.
    #[arg(long, global = true, env = "KRAKE_SERVER", default_value = "http://localhost:8080")]
    pub(crate) server: String,
    /// The authorities that the server's certificate comes from, PEM; without them, those of the system.
    #[arg(long, global = true, env = "KRAKE_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// A client certificate that tells the server who you are, PEM.
    #[arg(long, global = true, env = "KRAKE_CERT", value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of the certificate, PEM; without it, it is in the same file.
    #[arg(long, global = true, env = "KRAKE_KEY", value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file with a token that tells the server who you are.
    #[arg(long, global = true, env = "KRAKE_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// A client of the server.
    pub(crate) fn connect(&self) -> anyhow::Result<Client> {
        let files = CredentialFiles {
            authorities: self.ca.clone(),
            certificate: self.cert.clone(),
            key: self.key.clone(),
            token: self.token_file.clone(),
        };
        Ok(Client::connect_with(&self.server, &Credentials::from_files(&files)?)?)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Applications and the clusters they run on.
    #[command(name = "kubernetes", alias = "kube", subcommand)]
    Kubernetes(Kubernetes),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Kubernetes {
    /// Workloads that Krake places and keeps running.
    #[command(name = "application", alias = "app", subcommand)]
    Application(Application),
    /// Kubernetes clusters.
    #[command(subcommand)]
    Cluster(Cluster),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Application {
    /// List applications.
    List(List),
    /// Show one application.
    Get(One),
    /// Create an application from Kubernetes manifests.
    Create(Create),
    /// Change an application.
    Update(Update),
    /// Delete an application and what it has on its cluster.
    Delete(One),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cluster {
    /// List clusters.
    List(List),
    /// Show one cluster.
    Get(One),
    /// Register an existing cluster by its kubeconfig.
    Register(Register),
    /// Delete a cluster, and the applications on it.
    Delete(One),
}

/// Options of every command on namespaced kinds.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Namespace.
    #[arg(short, long, default_value = "system:admin")]
    pub(crate) namespace: String,
    /// Form of the result.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Of all namespaces.
    #[arg(short, long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// Name of the resource.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) one: One,
    /// Kubernetes manifests, YAML with one or more documents; `-` reads standard input.
    #[arg(short, long)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) placement: Placement,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) one: One,
    /// New manifests instead of the present ones.
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) placement: Placement,
}

/// Labels, and where an application may run.
#[derive(Debug, Args)]
pub(crate) struct Placement {
    /// Label of the application, KEY=VALUE; repeatable.
    #[arg(short, long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    /// Demand on the labels of the cluster, such as "location is DE"; repeatable.
    #[arg(short = 'L', long = "cluster-label-constraint", value_name = "CONSTRAINT")]
    pub(crate) label_constraints: Vec<LabelConstraint>,
    /// Custom resource definition that the cluster must have, PLURAL.GROUP; repeatable.
    #[arg(short = 'R', long = "cluster-resource-constraint", value_name = "NAME")]
    pub(crate) custom_resources: Vec<String>,
    /// Keep the application where it is, even if a better place appears.
    #[arg(long)]
    pub(crate) disable_migration: bool,
    /// Let the application move.
    #[arg(long, conflicts_with = "disable_migration")]
    pub(crate) enable_migration: bool,
}

impl Placement {
    /// Whether it may move; `None` when nothing was said.
    pub(crate) fn migration(&self) -> Option<bool> {
        (self.disable_migration || self.enable_migration).then_some(!self.disable_migration)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Register {
    /// Kubeconfig of the cluster.
    #[arg(short, long)]
    pub(crate) kubeconfig: PathBuf,
    /// Context in the kubeconfig; by default its current one.
    #[arg(short, long)]
    pub(crate) context: Option<String>,
    /// Custom resource definition of the cluster, PLURAL.GROUP; repeatable.
    #[arg(short = 'R', long = "custom-resource", value_name = "NAME")]
    pub(crate) custom_resources: Vec<String>,
    /// Label of the cluster, KEY=VALUE; repeatable.
    #[arg(short, long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) common: Common,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_originals_spellings_are_understood() {
        let cli = Cli::try_parse_from([
            "krakectl",
            "kube",
            "app",
            "create",
            "-f",
            "-",
            "--cluster-label-constraint",
            "location is DE",
            "-l",
            "a=b=c",
            "-n",
            "testing",
            "shop",
            "-o",
            "json",
        ]);
        let Command::Kubernetes(Kubernetes::Application(Application::Create(create))) =
            cli.unwrap().command
        else {
            panic!("another command")
        };
        assert_eq!(create.one.name, "shop");
        assert_eq!(create.placement.labels, [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(create.placement.migration(), None);
        assert_eq!(create.placement.label_constraints[0].to_string(), "location is DE");
    }

    #[test]
    fn a_constraint_that_cannot_be_read_is_a_usage_error() {
        let error =
            Cli::try_parse_from(["krakectl", "kube", "app", "update", "a", "-L", "nonsense"]);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("Invalid label constraint"), "{text}");
    }
}
