//! What the tour prints.

use std::io::{self, IsTerminal, Write};

use tokio::time::Instant;
use tracing_subscriber::filter::LevelFilter;

/// Standard output, with the time since the start in front of what happens.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    started: Instant,
    has_colours: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";

impl Terminal {
    pub(crate) fn new() -> Self {
        let has_colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { started: Instant::now(), has_colours }
    }

    /// The title of the next step.
    pub(crate) fn step(&self, number: usize, title: &str) {
        print(&format!("\n{}", self.in_colour(BOLD, &format!("{number}. {title}"))));
    }

    /// Something that happened.
    pub(crate) fn event(&self, subject: &str, text: &str) {
        let seconds = format!("{:6.1}s", self.started.elapsed().as_secs_f64());
        print(&format!("{}  {subject:<20} {text}", self.in_colour(DIM, &seconds)));
    }

    /// The end of the tour.
    pub(crate) fn success(&self, text: &str) {
        print(&format!("\n{}", self.in_colour(GREEN, text)));
    }

    /// Why the tour did not get to its end.
    pub(crate) fn failure(&self, text: &str) {
        print(&format!("\n{} {text}", self.in_colour(RED, "failed:")));
    }

    fn in_colour(&self, colour: &str, text: &str) -> String {
        if self.has_colours { format!("{colour}{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Prints a line as it is.
pub(crate) fn print(text: &str) {
    // Nobody reads on: nothing is left to tell.
    let _ = writeln!(io::stdout(), "{text}");
}

/// Logs to standard error if `KRAKE_LOG` names a level, such as `info` or `debug`.
pub(crate) fn log() {
    let level = std::env::var("KRAKE_LOG")
        .ok()
        .and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::OFF))
        .with_writer(io::stderr)
        .init();
}
