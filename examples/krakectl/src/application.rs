//! `krakectl kube app`

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use krake_client::{Api, Client};
use krake_core::LabelConstraint;
use krake_core::kubernetes::{Application, ApplicationSpec, Outcome};
use serde_json::Value;

use crate::command::{Application as Command, Create, Placement, Update};
use crate::output::{self, Rows};
use crate::verbs;

pub(crate) async fn run(client: &Client, command: Command) -> anyhow::Result<String> {
    match command {
        Command::List(list) => verbs::list::<Application>(client, &list).await,
        Command::Get(one) => verbs::get::<Application>(client, &one).await,
        Command::Create(create) => self::create(client, create).await,
        Command::Update(update) => self::update(client, update).await,
        Command::Delete(one) => verbs::delete::<Application>(client, &one).await,
    }
}

fn api(client: &Client, namespace: &str) -> Api<Application> {
    client.namespace(namespace)
}

async fn create(client: &Client, command: Create) -> anyhow::Result<String> {
    let manifest = read_manifest(&command.file)?;
    let mut application =
        Application::new(command.one.name, ApplicationSpec::of_manifest(manifest));
    place(&mut application, command.placement);
    let created = api(client, &command.one.common.namespace)
        .create(&application)
        .await?;
    command.one.common.output.one(&created)
}

async fn update(client: &Client, command: Update) -> anyhow::Result<String> {
    let manifest = command.file.as_deref().map(read_manifest).transpose()?;
    let api = api(client, &command.one.common.namespace);
    let mut application = api.get(&command.one.name).await?;
    if let Some(manifest) = manifest {
        application.spec.manifest = manifest;
    }
    place(&mut application, command.placement);
    let updated = api.update(&application).await?;
    command.one.common.output.one(&updated)
}

/// Labels are merged, constraints replace the present ones of their sort.
fn place(application: &mut Application, placement: Placement) {
    let migration = placement.migration();
    let constraints = &mut application.spec.constraints;
    if let Some(migration) = migration {
        constraints.migration = migration;
    }
    if !placement.label_constraints.is_empty() {
        constraints.cluster.labels = Some(placement.label_constraints);
    }
    if !placement.custom_resources.is_empty() {
        constraints.cluster.custom_resources = placement.custom_resources;
    }
    application.metadata.labels.extend(placement.labels);
}

fn read_manifest(path: &Path) -> anyhow::Result<Vec<Value>> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    serde_saphyr::from_multiple(&text)
        .with_context(|| format!("{} is not valid YAML", path.display()))
}

impl Rows for Application {
    fn columns(&self) -> Vec<(&'static str, String)> {
        let mut columns = output::metadata(&self.metadata);
        columns.push(("state", output::state(&self.status.state)));
        columns
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        let (spec, status) = (&self.spec, &self.status);
        let health = &status.container_health;
        let cluster = &spec.constraints.cluster;
        let services: Vec<_> = status
            .services
            .iter()
            .map(|(name, endpoint)| format!("{name}: {}", endpoint.as_str().unwrap_or("unknown")))
            .collect();
        let reason = status.reason.as_ref();
        let reason =
            reason.map(|reason| format!("{}: {}", output::state(&reason.code), reason.message));
        vec![
            ("reason", output::optional(reason)),
            (
                "container_health",
                format!(
                    "{} active / {} failed / {} succeeded / {} desired",
                    health.running_pods,
                    health.failed_pods,
                    health.completed_pods,
                    health.desired_pods
                ),
            ),
            ("services", output::lines(&services)),
            ("allow migration", spec.constraints.migration.to_string()),
            ("label constraints", output::lines(labels(cluster.labels.as_deref()))),
            ("resources constraints", output::lines(&cluster.custom_resources)),
            ("scheduled_to", output::optional(status.scheduled_to.as_ref())),
            ("running_on", output::optional(status.running_on.as_ref())),
            ("decision", output::lines(&verdicts(self))),
        ]
    }
}

fn labels(constraints: Option<&[LabelConstraint]>) -> &[LabelConstraint] {
    constraints.unwrap_or_default()
}

fn verdicts(application: &Application) -> Vec<String> {
    let verdicts = application
        .status
        .decision
        .iter()
        .flat_map(|decision| &decision.verdicts);
    let mark = |outcome| if outcome == Outcome::Chosen { "*" } else { "-" };
    verdicts
        .map(|verdict| format!("{} {}: {}", mark(verdict.outcome), verdict.cluster, verdict.reason))
        .collect()
}
