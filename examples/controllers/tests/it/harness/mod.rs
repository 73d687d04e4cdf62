//! What the tests stand on.

mod bed;
mod cluster;
mod manifest;

pub(crate) use bed::Bed;
pub(crate) use cluster::TestCluster;
pub(crate) use manifest::{config_map, deployment};

/// How long to wait for anything; only a broken test waits that long.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
