//! Makes the runs that a queue hands out: several at a time, each with a limit, none able to take another one down.

mod job;
mod pool;
mod retry;

pub(crate) use job::{Job, Run, RunKey};
pub(crate) use pool::{Limits, Pool};
pub use retry::RetryPolicy;
