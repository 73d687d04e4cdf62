//! Where the servers keep their objects.

use tempfile::TempDir;

/// One store for each server, or etcd for all of them.
pub(crate) enum Store {
    Memory,
    InDirectory(TempDir),
    #[cfg(feature = "etcd")]
    OnEtcd(crate::etcd::Etcd),
}

impl Store {
    pub(crate) fn in_directory() -> Self {
        Self::InDirectory(tempfile::tempdir().expect("a temporary directory"))
    }

    #[cfg(feature = "etcd")]
    pub(crate) fn on_etcd() -> Self {
        Self::OnEtcd(crate::etcd::Etcd::start())
    }

    /// What to tell the program of a profile.
    pub(crate) fn options(&self, profile: &str) -> Vec<String> {
        match self {
            Self::Memory => vec!["--memory".to_owned()],
            Self::InDirectory(directory) => {
                let directory = directory.path().join(profile);
                vec![format!("--data-dir={}", directory.display())]
            }
            #[cfg(feature = "etcd")]
            Self::OnEtcd(etcd) => vec![format!("--etcd-endpoints={}", etcd.endpoints().join(","))],
        }
    }

    /// Whether it outlives a server.
    pub(crate) const fn lasts(&self) -> bool {
        !matches!(self, Self::Memory)
    }
}
