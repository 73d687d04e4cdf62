//! Carries out what an application wants, and clears away what it leaves behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_core::kubernetes::{Application, ApplicationStatus, Cluster};
use krake_core::{Key, ResourceRef};
use krake_runtime::{
    Action, Context, Controller, Delta, Failure, Reconciled, Reconciler, Runnable, Store,
};

use super::concern::{concerned, concerns_access, concerns_work};
use super::execute::{address, bring};
use super::health::Health;
use super::inventory;
use super::record::Record;
use super::services::endpoints;
use super::sites::Site;
use super::status::{self, Applied, Failed};
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
/// the controller itself remembers nothing.
pub fn applications(options: ApplicationOptions) -> Box<dyn Runnable> {
    Controller::<Application>::named("applications")
        .filter(concerns_work)
        .watches_with::<Cluster, _>(woken)
        .finalizer(FINALIZER)
        .workers(WORKERS)
        .timeout(RUN_LIMIT)
        .build(Applications { options })
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
}

/// What is left to be removed.
#[derive(Debug, Default)]
struct Debt {
    /// Clusters that are being cleaned up.
    leaving: Vec<ResourceRef>,
    /// Why others cannot be cleaned up now.
    failure: Option<Failed>,
}

#[async_trait]
impl Reconciler<Application> for Applications {
    async fn reconcile(
        &self,
        application: Arc<Application>,
        ctx: &Context<Application>,
    ) -> Reconciled {
        let Some(target) = &application.status.scheduled_to else { return Ok(Action::done()) };
        let mut record = Record::new(ctx.api(), Application::clone(&application));
        let health = match self.run_on(target, &application, &mut record, ctx).await? {
            Ok(health) => health,
            Err(failed) => {
                let generation = application.metadata.generation;
                record
                    .change(|status| status::failed(status, generation, &failed))
                    .await?;
                return Err(Failure::retry(failed.reason.message));
            }
        };
        let debt = self.clear_all_but(Some(target), &mut record, ctx).await?;
        let needed: Vec<_> = debt.leaving.iter().chain([target]).collect();
        record.disown(&needed).await?;
        let is_calm = health.is_settled() && debt.leaving.is_empty();
        Ok(Action::requeue_after(self.interval(is_calm)))
    }

    async fn cleanup(
        &self,
        application: Arc<Application>,
        ctx: &Context<Application>,
    ) -> Reconciled {
        // The finalizer goes by what is recorded, so this must be the truth and not a cached state.
        let api = ctx.api::<Application>();
        let Some(stored) = api.find(&application.metadata.name).await? else {
            return Ok(Action::done());
        };
        let mut record = Record::new(api, stored);
        if !record.status().inventory.is_empty() {
            record.change(status::leaving).await?;
        }
        let debt = self.clear_all_but(None, &mut record, ctx).await?;
        let reason = debt.failure.as_ref().map(|failed| &failed.reason);
        record
            .change(|status| status::deleting(status, reason))
            .await?;
        match debt.failure {
            Some(failed) => Err(Failure::retry(failed.reason.message)),
            None if record.status().inventory.is_empty() => Ok(Action::done()),
            None => Ok(Action::requeue_after(self.interval(false))),
        }
    }
}

impl Applications {
    const fn interval(&self, is_calm: bool) -> Duration {
        if is_calm { self.options.calm_interval } else { self.options.anxious_interval }
    }

    /// Applies the manifests to the cluster that the application is bound to; the inner error goes into its status.
    async fn run_on(
        &self,
        target: &ResourceRef,
        application: &Application,
        record: &mut Record,
        ctx: &Context<Application>,
    ) -> Result<Result<Health, Failed>, Failure> {
        let site = Site::of(target, &self.options.connections, ctx).await?;
        let connection = match site.into_connection(target) {
            Ok(connection) => connection,
            Err(failed) => return Ok(Err(failed)),
        };
        let desired = match address(&connection, &application.spec.manifest).await {
            Ok(desired) => desired,
            Err(failed) => return Ok(Err(failed)),
        };
        let generation = application.metadata.generation;
        if record.status().observed_generation != generation {
            let new: Vec<_> = desired.iter().map(|desired| desired.item.clone()).collect();
            record
                .change(|status| status::begin(status, target, &new))
                .await?;
        }
        let progress = bring(&connection, target, &desired, record).await?;
        if let Some(failed) = progress.failure.clone() {
            record
                .change(|status| status::account(status, target, &progress))
                .await?;
            return Ok(Err(failed));
        }
        let applied = Applied {
            generation,
            manifest: application.spec.manifest.clone(),
            services: endpoints(&progress.objects, connection.host()),
            health: Health::of(&progress.objects),
        };
        let change = |status: &mut ApplicationStatus| {
            status::account(status, target, &progress);
            status::applied(status, target, &applied);
        };
        record.change(change).await?;
        Ok(Ok(applied.health))
    }

    /// Removes everything from every cluster but `kept`. A cluster that does not answer keeps its debt, for later.
    async fn clear_all_but(
        &self,
        kept: Option<&ResourceRef>,
        record: &mut Record,
        ctx: &Context<Application>,
    ) -> Result<Debt, Failure> {
        let clusters = record
            .status()
            .inventory
            .iter()
            .map(|entry| entry.cluster.clone());
        let is_former = |cluster: &ResourceRef| kept.is_none_or(|kept| !kept.same_name(cluster));
        let former: Vec<_> = clusters.filter(is_former).collect();
        let mut debt = Debt::default();
        for cluster in former {
            match self.clear(&cluster, record, ctx).await? {
                Ok(true) => {}
                Ok(false) => debt.leaving.push(cluster),
                Err(failed) => {
                    tracing::debug!(%cluster, reason = failed.reason.message, "cannot clean up");
                    debt.failure.get_or_insert(failed);
                }
            }
        }
        Ok(debt)
    }

    /// Removes everything from one cluster; answers whether nothing is left.
    async fn clear(
        &self,
        cluster: &ResourceRef,
        record: &mut Record,
        ctx: &Context<Application>,
    ) -> Result<Result<bool, Failed>, Failure> {
        let connection = match Site::of(cluster, &self.options.connections, ctx).await? {
            Site::Registered(Ok(connection)) => connection,
            Site::Registered(Err(failed)) => return Ok(Err(failed)),
            Site::Gone => {
                let forget = |status: &mut ApplicationStatus| {
                    inventory::strike_cluster(&mut status.inventory, cluster);
                };
                record.change(forget).await?;
                return Ok(Ok(true));
            }
        };
        let progress = bring(&connection, cluster, &[], record).await?;
        record
            .change(|status| status::account(status, cluster, &progress))
            .await?;
        Ok(match progress.failure {
            Some(failed) => Err(failed),
            None => Ok(progress.leaving == 0),
        })
    }
}
