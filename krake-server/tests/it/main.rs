//! The server as its clients see it: in process over the memory store, over sockets, and as a program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its assumptions do")]

mod access;
mod bed;
mod broken;
mod concurrency;
mod crud;
mod deletion;
mod lists;
mod program;
mod raw;
mod refusals;
mod relist;
#[path = "../support/program.rs"]
mod running;
mod sockets;
mod stock;
mod watches;
