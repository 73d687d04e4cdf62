//! `krakectl kube cluster`

use std::path::Path;

use anyhow::Context;
use krake_client::Client;
use krake_core::kubernetes::{Cluster, ClusterNode, ClusterSpec, Registration};
use serde_json::Value;

use crate::command::{Cluster as Command, Register};
use crate::output::{self, Rows};
use crate::verbs;

pub(crate) async fn run(client: &Client, command: Command) -> anyhow::Result<String> {
    match command {
        Command::List(list) => verbs::list::<Cluster>(client, &list).await,
        Command::Get(one) => verbs::get::<Cluster>(client, &one).await,
        Command::Register(register) => self::register(client, register).await,
        Command::Delete(one) => verbs::delete::<Cluster>(client, &one).await,
    }
}

async fn register(client: &Client, command: Register) -> anyhow::Result<String> {
    let Registration { name, kubeconfig } =
        read_kubeconfig(&command.kubeconfig, command.context.as_deref())?;
    let mut cluster = Cluster::new(name, ClusterSpec::of_kubeconfig(kubeconfig));
    cluster.spec.custom_resources = command.custom_resources;
    cluster.metadata.labels.extend(command.labels);
    let clusters = client.namespace::<Cluster>(&command.common.namespace);
    let created = clusters.create(&cluster).await?;
    command.common.output.one(&created)
}

fn read_kubeconfig(path: &Path, context: Option<&str>) -> anyhow::Result<Registration> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let config: Value = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is not valid YAML", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let reduced = Registration::reduce(&config, context, |file| std::fs::read(folder.join(file)));
    reduced.with_context(|| format!("{} cannot be registered", path.display()))
}

impl Rows for Cluster {
    fn columns(&self) -> Vec<(&'static str, String)> {
        let mut columns = output::metadata(&self.metadata);
        columns.push(("state", output::state(&self.status.state)));
        columns
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        let status = &self.status;
        let reason = status.reason.as_ref();
        let reason =
            reason.map(|reason| format!("{}: {}", output::state(&reason.code), reason.message));
        vec![
            ("reason", output::optional(reason)),
            ("custom_resources", output::lines(&self.spec.custom_resources)),
            ("nodes", ready_nodes(&status.nodes)),
            ("scheduled_to", output::optional(status.scheduled_to.as_ref())),
            ("running_on", output::optional(status.running_on.as_ref())),
        ]
    }
}

/// How many nodes are ready, of how many.
fn ready_nodes(nodes: &[ClusterNode]) -> String {
    let is_ready = |node: &&ClusterNode| {
        let conditions = node.status.iter().flat_map(|status| &status.conditions);
        conditions
            .into_iter()
            .any(|condition| condition.kind == "Ready" && condition.status == "True")
    };
    format!("{}/{}", nodes.iter().filter(is_ready).count(), nodes.len())
}
