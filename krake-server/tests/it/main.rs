//! The server as its clients see it: in process over the memory store, over sockets, and as a program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its assumptions do")]

mod access;
mod bed;
mod blocking;
mod broken;
mod certificates;
mod concurrency;
mod crud;
mod deletion;
mod dry_runs;
mod identity;
mod identity_service;
mod lists;
mod openapi;
mod patches;
mod program;
mod raw;
mod refusals;
mod relist;
mod resume;
mod secure;
mod sockets;
mod stock;
mod tls;
mod watches;
