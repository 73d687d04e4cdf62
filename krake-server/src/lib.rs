//! The Krake API server as a library.

pub mod store;
