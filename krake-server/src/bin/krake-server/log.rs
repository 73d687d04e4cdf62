//! The log of the program.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;

/// Sends the log to standard error.
pub(crate) fn to_stderr(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
