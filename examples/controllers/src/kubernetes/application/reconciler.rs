//! Carries out what an application wants, and clears away what it leaves behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_core::Key;
use krake_core::kubernetes::{Application, Cluster};
use krake_runtime::{
    Action, Context, Controller, Delta, Failure, Reconciled, Reconciler, Runnable, Store,
};

use super::concern::{concerned, concerns_access, concerns_work};
use super::patience::Patience;
use super::record::Record;
use super::run::Run;
use super::status;
use crate::kubernetes::access::Connections;

/// The finalizer of applications that may have something on a cluster.
pub const FINALIZER: &str = "kubernetes_resources_deletion";

/// Longer than any run on a cluster that answers, however slowly.
const RUN_LIMIT: Duration = Duration::from_mins(5);

/// Most of a run is waiting for a cluster.
const WORKERS: usize = 16;

/// How the controller of applications works.
#[derive(Clone, Debug)]
pub struct ApplicationOptions {
    /// The connections to the clusters; share them with the other controllers of the process.
    pub connections: Connections,
    /// The time between two looks at an application whose pods all run.
    pub calm_interval: Duration,
    /// The time between two looks at an application that is starting, stopping or losing pods.
    pub anxious_interval: Duration,
}

impl Default for ApplicationOptions {
    /// Looks every 10 s, every 2 s while something is expected to change.
    fn default() -> Self {
        Self {
            connections: Connections::default(),
            calm_interval: Duration::from_secs(10),
            anxious_interval: Duration::from_secs(2),
        }
    }
}

/// The controller that puts applications on the clusters they are bound to, keeps them there as their users want them,
/// moves them and removes them.
///
/// What is on a cluster is recorded in the status of the application before it is created, and struck off when it is gone;
/// the controller itself remembers nothing but how long it has waited for a move: what is on the old cluster stays until all
/// pods run on the new one, or five minutes have passed.
pub fn applications(options: ApplicationOptions) -> Box<dyn Runnable> {
    Controller::<Application>::named("applications")
        .filter(concerns_work)
        .watches_with::<Cluster, _>(woken)
        .finalizer(FINALIZER)
        .workers(WORKERS)
        .timeout(RUN_LIMIT)
        .build(Applications { options, patience: Patience::default() })
}

fn woken(delta: &Delta<Cluster>, applications: &Store<Application>) -> Vec<Key> {
    if !concerns_access(delta) {
        return Vec::new();
    }
    let applications = applications.list();
    concerned(delta.object(), applications.iter().map(|application| &**application))
}

struct Applications {
    options: ApplicationOptions,
    patience: Patience,
}

#[async_trait]
impl Reconciler<Application> for Applications {
    async fn reconcile(
        &self,
        application: Arc<Application>,
        ctx: &Context<Application>,
    ) -> Reconciled {
        let Some(target) = &application.status.scheduled_to else { return Ok(Action::done()) };
        let mut run = self.run(ctx, Application::clone(&application));
        let outcome = run.run_on(target, &application).await?;
        let has_left = run.leave_others(target).await?;
        match outcome {
            Ok(is_settled) => Ok(Action::requeue_after(self.interval(is_settled && has_left))),
            Err(failed) => Err(Failure::retry(failed.reason.message)),
        }
    }

    async fn cleanup(
        &self,
        application: Arc<Application>,
        ctx: &Context<Application>,
    ) -> Reconciled {
        // The finalizer goes by what is recorded, so this must be the truth and not a cached state.
        let stored = ctx
            .api::<Application>()
            .find(&application.metadata.name)
            .await?;
        let Some(stored) = stored else { return Ok(Action::done()) };
        let mut run = self.run(ctx, stored);
        if !run.record.status().inventory.is_empty() {
            run.record.change(status::leaving).await?;
        }
        let debt = run.clear_all_but(None).await?;
        let reason = debt.failure.as_ref().map(|failed| &failed.reason);
        run.record
            .change(|status| status::deleting(status, reason))
            .await?;
        match debt.failure {
            Some(failed) => Err(Failure::retry(failed.reason.message)),
            None if run.record.status().inventory.is_empty() => Ok(Action::done()),
            None => Ok(Action::requeue_after(self.interval(false))),
        }
    }

    async fn forget(&self, key: &Key, _: Option<Arc<Application>>, _: &Context<Application>) {
        self.patience.end(key);
    }
}

impl Applications {
    fn run<'a>(&'a self, ctx: &'a Context<Application>, application: Application) -> Run<'a> {
        let record = Record::new(ctx.api(), application);
        let Self { options, patience } = self;
        Run { connections: &options.connections, patience, ctx, record }
    }

    const fn interval(&self, is_calm: bool) -> Duration {
        if is_calm { self.options.calm_interval } else { self.options.anxious_interval }
    }
}
