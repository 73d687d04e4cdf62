//! One run for one application: on the cluster where it belongs, and on those that it has left.

use std::time::Duration;

use krake_core::kubernetes::{Application, ApplicationStatus};
use krake_core::{ObjectExt, ResourceRef};
use krake_runtime::{Context, Failure};

use super::execute::{address, bring};
use super::health::Health;
use super::inventory;
use super::patience::Patience;
use super::record::Record;
use super::services::endpoints;
use super::sites::Site;
use super::status::{self, Applied, Failed};
use crate::kubernetes::access::Connections;

/// A run under way. Its methods fail when Krake's own API does; what a cluster refuses is an answer, for the status.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) connections: &'a Connections,
    pub(super) patience: &'a Patience,
    pub(super) ctx: &'a Context<Application>,
    pub(super) record: Record,
}

/// What is left on the clusters that were to be cleared.
#[derive(Debug, Default)]
pub(super) struct Debt {
    /// Clusters on which something is on its way out.
    pub(super) leaving: Vec<ResourceRef>,
    /// Why others cannot be cleared now.
    pub(super) failure: Option<Failed>,
}

impl Run<'_> {
    /// Applies the manifests of `application` to `target` and writes down the outcome; answers whether nothing is expected
    /// to change there by itself.
    pub(super) async fn run_on(
        &mut self,
        target: &ResourceRef,
        application: &Application,
    ) -> Result<Result<bool, Failed>, Failure> {
        let generation = application.metadata.generation;
        let outcome = self.apply(target, application).await?;
        if let Err(failed) = &outcome {
            let change =
                |status: &mut ApplicationStatus| status::failed(status, generation, failed);
            self.record.change(change).await?;
        }
        Ok(outcome)
    }

    async fn apply(
        &mut self,
        target: &ResourceRef,
        application: &Application,
    ) -> Result<Result<bool, Failed>, Failure> {
        let site = Site::of(target, self.connections, self.ctx).await?;
        let connection = match site.into_way_to_run_on(target) {
            Ok(connection) => connection,
            Err(failed) => return Ok(Err(failed)),
        };
        let desired = match address(&connection, &application.spec.manifest).await {
            Ok(desired) => desired,
            Err(failed) => return Ok(Err(failed)),
        };
        if status::is_news(self.record.status(), application) {
            let items: Vec<_> = desired.iter().map(|desired| desired.item.clone()).collect();
            self.record
                .change(|status| status::begin(status, target, &items))
                .await?;
        }
        let mut progress = bring(&connection, target, &desired, &mut self.record).await?;
        if let Some(failed) = progress.failure.take() {
            self.record
                .change(|status| status::account(status, target, &progress))
                .await?;
            return Ok(Err(failed));
        }
        let applied = Applied {
            waited: self.waited(target, application),
            generation: application.metadata.generation,
            manifest: application.spec.manifest.clone(),
            services: endpoints(&progress.objects, connection.host()),
            health: Health::of(&progress.objects),
        };
        let change = |status: &mut ApplicationStatus| {
            status::account(status, target, &progress);
            status::applied(status, target, &applied);
        };
        self.record.change(change).await?;
        Ok(Ok(applied.is_settled() && progress.leaving == 0))
    }

    /// How long the application has been on its way to `target`; nothing, if it is there.
    fn waited(&self, target: &ResourceRef, application: &Application) -> Duration {
        let key = application.key();
        if status::is_moving(self.record.status(), target) {
            return self.patience.waited(&key, target);
        }
        self.patience.end(&key);
        Duration::ZERO
    }

    /// Removes everything from the clusters that the application has left for `target`, and makes it independent of them;
    /// answers whether nothing more is expected to go by itself.
    ///
    /// Until it runs on `target` as its user wants it, the application keeps what it has. A cluster that does not answer keeps its debt, for
    /// later, but the application no longer depends on it.
    pub(super) async fn leave_others(&mut self, target: &ResourceRef) -> Result<bool, Failure> {
        let is_there = |cluster: &ResourceRef| cluster.same_name(target);
        if !self
            .record
            .status()
            .running_on
            .as_ref()
            .is_some_and(is_there)
        {
            return Ok(true);
        }
        let debt = self.clear_all_but(Some(target)).await?;
        self.record.disown(&debt.leaving).await?;
        Ok(debt.leaving.is_empty())
    }

    /// Removes everything from every cluster but `kept`.
    pub(super) async fn clear_all_but(
        &mut self,
        kept: Option<&ResourceRef>,
    ) -> Result<Debt, Failure> {
        let clusters = self
            .record
            .status()
            .inventory
            .iter()
            .map(|entry| entry.cluster.clone());
        let is_former = |cluster: &ResourceRef| kept.is_none_or(|kept| !kept.same_name(cluster));
        let former: Vec<_> = clusters.filter(is_former).collect();
        let mut debt = Debt::default();
        for cluster in former {
            match self.clear(&cluster).await? {
                Ok(true) => {}
                Ok(false) => debt.leaving.push(cluster),
                Err(failed) => {
                    tracing::debug!(%cluster, reason = failed.reason.message, "cannot clear cluster");
                    debt.failure.get_or_insert(failed);
                }
            }
        }
        Ok(debt)
    }

    /// Removes everything from one cluster; answers whether nothing is left.
    async fn clear(&mut self, cluster: &ResourceRef) -> Result<Result<bool, Failed>, Failure> {
        let site = Site::of(cluster, self.connections, self.ctx).await?;
        let connection = match site.into_way_to_clear() {
            Some(Ok(connection)) => connection,
            Some(Err(failed)) => return Ok(Err(failed)),
            None => {
                let forget = |status: &mut ApplicationStatus| {
                    inventory::strike_cluster(&mut status.inventory, cluster);
                };
                self.record.change(forget).await?;
                return Ok(Ok(true));
            }
        };
        let mut progress = bring(&connection, cluster, &[], &mut self.record).await?;
        self.record
            .change(|status| status::account(status, cluster, &progress))
            .await?;
        Ok(progress
            .failure
            .take()
            .map_or(Ok(progress.leaving == 0), Err))
    }
}
