//! The client against a scripted service and against the real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod credentials;
mod network;
mod notes;
mod real;
mod scripted;
mod watches;
