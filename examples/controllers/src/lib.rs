//! The stock controllers of Krake.

pub mod kubernetes;
pub mod scheduler;
