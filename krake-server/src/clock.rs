//! The wall clock of the machine.

use std::time::SystemTime;

use krake_core::{Clock, Timestamp};

/// The operating system's clock: what a server uses unless it is given another one.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else takes")]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}
