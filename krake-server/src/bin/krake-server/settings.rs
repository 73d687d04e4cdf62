//! What a run of the server is told.

use std::path::PathBuf;

use krake_server::UpdateEvent;

/// Settings with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Host and port to listen on.
    pub(crate) listen: String,
    /// Where resources are kept.
    pub(crate) data_dir: PathBuf,
    /// Whether resources are kept in memory instead.
    pub(crate) memory: bool,
    /// What watches call updates.
    pub(crate) update_event: UpdateEvent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            data_dir: "krake-data".into(),
            memory: false,
            update_event: UpdateEvent::default(),
        }
    }
}
