//! The work queue: which keys want a run, and when.

mod core;
#[cfg(test)]
mod model;
mod priority;
mod work_queue;

pub(crate) use core::Work;
pub(crate) use priority::Priority;
pub(crate) use work_queue::WorkQueue;
