//! Carries out what was planned for an application.

use std::sync::Arc;

use async_trait::async_trait;
use krake_core::ObjectExt;
use krake_core::kubernetes::{Application, ApplicationStatus, Cluster, ClusterBinding};
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
                tracing::info!(
                    application = %application.key(), cluster = %cluster.name, "binding application"
                );
                let binding = ClusterBinding { cluster, decision: Some(decision) };
                let name = &application.metadata.name;
                let api = ctx.api::<Application>();
                let bound = api.update_subresource(name, "binding", &binding).await?;
                write(&bound, ctx, status::placed).await?;
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
