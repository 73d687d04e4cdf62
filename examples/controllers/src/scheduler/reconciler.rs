//! Carries out what was planned for an application.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_core::kubernetes::{Application, ApplicationStatus, Cluster, ClusterBinding};
use krake_core::{ObjectExt, ResourceRef};
use krake_runtime::{
    Action, Context, Controller, Delta, Failure, Reconciled, Reconciler, Runnable, Store,
};

use super::concern::{concerned, concerns_applications, concerns_placement};
use super::plan::{Plan, plan};
use super::status;

/// The controller that binds applications to clusters.
///
/// It looks at an application whenever its spec or its binding changes, and whenever a cluster changes that it is on or that
/// may be the place it is waiting for.
pub fn scheduler() -> Box<dyn Runnable> {
    Controller::<Application>::named("scheduler")
        .filter(concerns_placement)
        .watches_with::<Cluster, _>(woken)
        .build(Scheduler)
}

fn woken(delta: &Delta<Cluster>, applications: &Store<Application>) -> Vec<krake_core::Key> {
    if !concerns_applications(delta) {
        return Vec::new();
    }
    let applications = applications.list();
    concerned(delta.object(), applications.iter().map(|application| &**application))
}

struct Scheduler;

#[async_trait]
impl Reconciler<Application> for Scheduler {
    async fn reconcile(
        &self,
        application: Arc<Application>,
        ctx: &Context<Application>,
    ) -> Reconciled {
        let clusters = ctx.store::<Cluster>().list();
        match plan(&application, clusters.iter().map(|cluster| &**cluster)) {
            Plan::Nothing => {}
            Plan::Stay => write(&application, ctx, status::placed).await?,
            Plan::Bind { cluster, decision } => {
                if !is_open(&cluster, ctx).await? {
                    // The cache is about to show it, but nothing says that this will lead to a run.
                    return Ok(Action::requeue_after(SOON));
                }
                let binding = ClusterBinding { cluster, decision: Some(decision) };
                bind(&application, &binding, ctx).await?;
            }
            Plan::NotPossible { reason, decision } => {
                let change =
                    |status: &mut ApplicationStatus| status::unplaced(status, &reason, &decision);
                write(&application, ctx, change).await?;
            }
        }
        Ok(Action::done())
    }
}

/// When the scheduler looks again at a choice that the cache made it regret.
const SOON: Duration = Duration::from_secs(1);

/// Whether the server still has the very cluster that was chosen, and not on its way out. An application that is bound to a
/// cluster in deletion is deleted with it, so this is not left to the cache.
async fn is_open(
    chosen: &ResourceRef,
    ctx: &Context<Application>,
) -> Result<bool, krake_client::Error> {
    let found = ctx.api::<Cluster>().find(&chosen.name).await?;
    Ok(found.is_some_and(|found| chosen.refers_to(&found) && !found.metadata.is_deleting()))
}

/// Binds `application`, if it is still what the decision was made from: a newer one may belong elsewhere.
async fn bind(
    application: &Application,
    binding: &ClusterBinding,
    ctx: &Context<Application>,
) -> Result<(), Failure> {
    let api = ctx.api::<Application>();
    let bound = api
        .update_subresource_unchanged(application, "binding", binding)
        .await?;
    let (application, cluster) = (application.key(), &binding.cluster.name);
    tracing::info!(%application, cluster, "bound application");
    write(&bound, ctx, status::placed).await
}

/// Changes the status of `application`, if that makes a difference to it as it is known here.
async fn write(
    application: &Application,
    ctx: &Context<Application>,
    mut change: impl FnMut(&mut ApplicationStatus) + Send,
) -> Result<(), Failure> {
    let mut wanted = application.status.clone();
    change(&mut wanted);
    if wanted != application.status {
        let api = ctx.api::<Application>();
        let edit = |stored: &mut Application| change(&mut stored.status);
        api.edit_status(&application.metadata.name, edit).await?;
    }
    Ok(())
}
