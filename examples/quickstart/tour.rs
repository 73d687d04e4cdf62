//! The steps of the tour.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use krake_client::{Api, Client};
use krake_core::kubernetes::{Application, ApplicationState, Cluster, ClusterState};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::fleet::{Fleet, LOCATIONS, Member};
use crate::shop::{self, NAME, NAMESPACE};
use crate::terminal::{self, Terminal};

/// How long a step may take before the tour gives up.
const STEP_LIMIT: Duration = Duration::from_secs(90);

/// What the steps need.
#[derive(Debug)]
pub(crate) struct Tour<'a> {
    pub(crate) client: Client,
    pub(crate) terminal: &'a Terminal,
    pub(crate) fleet: &'a Fleet,
    pub(crate) manifest: Vec<Value>,
}

impl Tour<'_> {
    /// Walks through all steps.
    ///
    /// # Errors
    /// The first step that did not get where it should.
    pub(crate) async fn walk(&self) -> anyhow::Result<()> {
        self.register().await?;
        self.apply().await?;
        self.change().await?;
        self.relocate().await?;
        self.delete().await?;
        self.terminal
            .success("That was the tour: everything went as it should.");
        Ok(())
    }

    async fn register(&self) -> anyhow::Result<()> {
        let nature = if self.fleet.is_simulated() { "simulated" } else { "real" };
        let names: Vec<_> = self
            .fleet
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        self.terminal
            .step(1, &format!("Register {nature} clusters: {}", names.join(", ")));
        let clusters = self.client.namespace::<Cluster>(NAMESPACE);
        for member in &self.fleet.members {
            clusters.create(&member.resource()).await?;
        }
        for member in &self.fleet.members {
            let is_online = |cluster: Option<&Cluster>| {
                cluster.is_some_and(|cluster| cluster.status.state == ClusterState::Online)
            };
            let online = clusters.wait(&member.name, is_online, STEP_LIMIT).await;
            online.with_context(|| format!("the cluster {} did not come online", member.name))?;
        }
        Ok(())
    }

    async fn apply(&self) -> anyhow::Result<()> {
        let member = self.member(0)?;
        self.terminal
            .step(2, &format!("Apply an application that wants: location is {}", member.location));
        self.bring_up(member).await
    }

    /// Creates the application and waits until it runs.
    pub(crate) async fn bring_up(&self, member: &Member) -> anyhow::Result<()> {
        let application = shop::application(self.manifest.clone(), member.location)?;
        let created = self.applications().create(&application).await?;
        self.runs_on(member, created.metadata.generation).await
    }

    async fn change(&self) -> anyhow::Result<()> {
        let mut manifest = self.manifest.clone();
        let change = shop::change(&mut manifest);
        self.terminal.step(3, &format!("Change it: {change}"));
        let edit = |application: &mut Application| application.spec.manifest.clone_from(&manifest);
        let edited = self.applications().edit(NAME, edit).await?;
        self.runs_on(self.member(0)?, edited.metadata.generation)
            .await
    }

    async fn relocate(&self) -> anyhow::Result<()> {
        let location = LOCATIONS[1];
        self.terminal
            .step(4, &format!("Move it: location is {location}"));
        let Ok(member) = self.member(1) else {
            terminal::print("         left out: there is only one cluster");
            return Ok(());
        };
        let constraint = shop::constraint(location)?;
        let edit = |application: &mut Application| {
            application.spec.constraints.cluster.labels = Some(vec![constraint.clone()]);
        };
        let edited = self.applications().edit(NAME, edit).await?;
        self.runs_on(member, edited.metadata.generation).await
    }

    async fn delete(&self) -> anyhow::Result<()> {
        self.terminal
            .step(5, "Delete it: garbage collector and controller clean up in turn");
        let applications = self.applications();
        applications.delete(NAME).await?;
        let gone = applications
            .wait(NAME, |application| application.is_none(), STEP_LIMIT)
            .await;
        gone.context("the application did not go")?;
        self.emptied().await?;
        self.show_pods().await
    }

    /// Waits until the application, as of `generation`, runs on this cluster and on no other.
    async fn runs_on(&self, member: &Member, generation: u64) -> anyhow::Result<()> {
        let is_there = |application: Option<&Application>| {
            application.is_some_and(|application| runs_on(application, &member.name, generation))
        };
        if let Err(error) = self.applications().wait(NAME, is_there, STEP_LIMIT).await {
            let seen = self.applications().find(NAME).await?;
            bail!(
                "the application did not run on {}: {error}; {}",
                member.name,
                explain(seen.as_ref())
            );
        }
        self.show_pods().await
    }

    /// Waits until the last pods have left: clusters remove them after what they belong to.
    async fn emptied(&self) -> anyhow::Result<()> {
        let end = Instant::now() + STEP_LIMIT;
        for member in &self.fleet.members {
            while !member.pods().await?.is_empty() {
                ensure!(Instant::now() < end, "pods stayed behind on {}", member.name);
                sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }

    async fn show_pods(&self) -> anyhow::Result<()> {
        for member in &self.fleet.members {
            let pods = member.pods().await?;
            if pods.is_empty() {
                self.terminal.event(&member.name, "no pods");
            }
            for (name, state) in pods {
                self.terminal
                    .event(&member.name, &format!("pod {name} {state}"));
            }
        }
        Ok(())
    }

    fn applications(&self) -> Api<Application> {
        self.client.namespace(NAMESPACE)
    }

    pub(crate) fn member(&self, index: usize) -> anyhow::Result<&Member> {
        self.fleet
            .members
            .get(index)
            .context("the tour needs a cluster")
    }
}

fn runs_on(application: &Application, cluster: &str, generation: u64) -> bool {
    let status = &application.status;
    let health = &status.container_health;
    status.observed_generation == generation
        && status.state == ApplicationState::Running
        && status
            .running_on
            .as_ref()
            .is_some_and(|on| on.name == cluster)
        && status
            .inventory
            .iter()
            .all(|inventory| inventory.cluster.name == cluster)
        && health.running_pods == health.desired_pods
}

/// What is known of an application that is not where it should be.
fn explain(application: Option<&Application>) -> String {
    let Some(application) = application else { return "it does not exist".to_owned() };
    let status = &application.status;
    let reason = status
        .reason
        .as_ref()
        .map_or("no reason given", |reason| reason.message.as_str());
    format!(
        "its state is {:?}, {} of {} pods run, {reason}",
        status.state, status.container_health.running_pods, status.container_health.desired_pods
    )
}
