//! Files that may change while the server runs.

mod contents;
mod error;
mod reloading;

pub(crate) use contents::Contents;
pub use error::FileError;
pub(crate) use reloading::{Reloading, Source};
