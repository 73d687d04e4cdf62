//! A place to test controllers: the real server in the same process, virtual time, faults on demand.
//!
//! A test bed needs no port and no file. Run it under paused time, `#[tokio::test(start_paused = true)]`: then every wait is as
//! short as it takes the tasks to get there, and the same on every machine.

mod bed;
mod builder;
mod clock;
mod faults;
mod gateway;
mod watches;

pub use bed::TestBed;
pub use builder::TestBedBuilder;
pub use faults::Faults;
