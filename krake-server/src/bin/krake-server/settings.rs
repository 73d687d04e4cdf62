//! What a run of the server is told.

use std::path::PathBuf;

use krake_server::UpdateEvent;

/// Settings with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Host and port to listen on.
    pub(crate) listen: String,
    /// Where resources are kept.
    pub(crate) storage: Storage,
    /// What watches call updates.
    pub(crate) update_event: UpdateEvent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            storage: Storage::Embedded("krake-data".into()),
            update_event: UpdateEvent::default(),
        }
    }
}

/// Where resources are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In a directory.
    Embedded(PathBuf),
    /// In memory: they are lost at the end.
    Memory,
    /// On an etcd cluster.
    Etcd(Etcd),
}

/// An etcd cluster, and the files that hold the secrets for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Etcd {
    /// Client URLs of its members.
    pub(crate) endpoints: Vec<String>,
    /// The authority that signed the members' certificates.
    pub(crate) ca: Option<PathBuf>,
    /// This server's certificate and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    /// Name of the user, and the file with the password.
    pub(crate) user: Option<(String, PathBuf)>,
}
