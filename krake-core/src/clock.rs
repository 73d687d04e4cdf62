//! Where wall-clock time comes from.

use std::fmt::Debug;

use crate::Timestamp;

/// A source of wall-clock time.
///
/// Nothing in the libraries asks the operating system for the time: whoever assembles a program hands a clock in, so that
/// tests own it. Durations and time-outs do not use this; they are tokio's.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The current time, in UTC.
    fn now(&self) -> Timestamp;
}
