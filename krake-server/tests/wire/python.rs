//! The replayer.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the replayer, its transcripts and profiles.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

/// A run of the replayer.
pub(crate) fn wire() -> Command {
    let mut command = Command::new("python3");
    command.arg(folder().join("wire.py"));
    command
}

/// What is said when python3 cannot be started.
pub(crate) const MISSING: &str = "the replayer needs python3: `make tools` fetches it";
