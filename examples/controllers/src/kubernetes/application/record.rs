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

    /// Makes the application independent of all clusters but those that it is bound to, runs on, or is `leaving`.
    pub(super) async fn disown(
        &mut self,
        leaving: &[ResourceRef],
    ) -> Result<(), krake_client::Error> {
        if owners_without_former(&self.application, leaving) == self.application.metadata.owners {
            return Ok(());
        }
        // Decided anew on what is stored: the scheduler may have bound the application to another cluster by now.
        let uid = self.application.metadata.uid.clone();
        let edit = |stored: &mut Application| {
            if stored.metadata.uid == uid {
                stored.metadata.owners = owners_without_former(stored, leaving);
            }
        };
        let name = &self.application.metadata.name;
        self.application = self.api.edit(name, edit).await?;
        Ok(())
    }
}

/// The owners of `application`, except for clusters that it has left.
fn owners_without_former(application: &Application, leaving: &[ResourceRef]) -> Vec<ResourceRef> {
    let status = &application.status;
    let needed = || {
        status
            .scheduled_to
            .iter()
            .chain(&status.running_on)
            .chain(leaving)
    };
    let is_needed = |owner: &&ResourceRef| {
        !owner.is_kind(Cluster::KIND) || needed().any(|needed| needed.same_name(owner))
    };
    let owners = application.metadata.owners.iter();
    owners.filter(is_needed).cloned().collect()
}

#[cfg(test)]
mod tests {
    use krake_core::Key;
    use krake_core::kubernetes::ApplicationSpec;

    use super::*;

    fn cluster(name: &str) -> ResourceRef {
        ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", name))
    }

    // Found that a run for the old cluster, still under way, took away the owner that a new binding had just added.
    #[test]
    fn only_clusters_that_nobody_needs_are_disowned() {
        let mut application = Application::new("app", ApplicationSpec::of_manifest(Vec::new()));
        let other_kind = ResourceRef { kind: "Project".into(), ..cluster("former") };
        let owners = ["former", "old", "new", "leaving"].map(cluster);
        application.metadata.owners = owners.into();
        application.metadata.owners.push(other_kind.clone());
        application.status.scheduled_to = Some(cluster("new"));
        application.status.running_on = Some(cluster("old"));
        assert_eq!(
            owners_without_former(&application, &[cluster("leaving")]),
            [cluster("old"), cluster("new"), cluster("leaving"), other_kind]
        );
    }
}
