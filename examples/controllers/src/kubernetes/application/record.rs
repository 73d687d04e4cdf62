//! The status of one application during a run.

use krake_client::Api;
use krake_core::Resource;
use krake_core::ResourceRef;
use krake_core::kubernetes::{Application, ApplicationStatus, Cluster};

/// An application as it is stored, as far as this run knows, and the only way in which the run writes it.
///
/// Every change is a function that is applied to what is stored at that moment and touches only what this controller owns:
/// what the scheduler or a user wrote meanwhile stays.
#[derive(Debug)]
pub(super) struct Record {
    api: Api<Application>,
    application: Application,
}

impl Record {
    pub(super) const fn new(api: Api<Application>, application: Application) -> Self {
        Self { api, application }
    }

    pub(super) const fn status(&self) -> &ApplicationStatus {
        &self.application.status
    }

    /// Changes the status; writes nothing if that makes no difference.
    pub(super) async fn change(
        &mut self,
        mut change: impl FnMut(&mut ApplicationStatus) + Send,
    ) -> Result<(), krake_client::Error> {
        let mut wanted = self.application.status.clone();
        change(&mut wanted);
        if wanted == self.application.status {
            return Ok(());
        }
        let uid = self.application.metadata.uid.clone();
        let edit = |stored: &mut Application| {
            // Another instance of the same name has a story of its own.
            if stored.metadata.uid == uid {
                change(&mut stored.status);
            }
        };
        let name = &self.application.metadata.name;
        self.application = self.api.edit_status(name, edit).await?;
        Ok(())
    }

    /// Makes the application independent of all clusters but `needed`.
    pub(super) async fn disown(
        &mut self,
        needed: &[&ResourceRef],
    ) -> Result<(), krake_client::Error> {
        let is_needed = |owner: &ResourceRef| {
            !owner.is_kind(Cluster::KIND) || needed.iter().any(|needed| needed.same_name(owner))
        };
        if self.application.metadata.owners.iter().all(is_needed) {
            return Ok(());
        }
        let edit = |stored: &mut Application| stored.metadata.owners.retain(is_needed);
        let name = &self.application.metadata.name;
        self.application = self.api.edit(name, edit).await?;
        Ok(())
    }
}
