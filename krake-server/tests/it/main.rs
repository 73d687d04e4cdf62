//! The server as its clients see it: in process over the memory store, over sockets, and as a program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its assumptions do")]

mod access;
mod bed;
mod blocking;
mod bodies;
mod bootstrap;
mod broken;
mod certificates;
mod concurrency;
mod configuration;
mod crud;
mod deletion;
mod dry_runs;
#[cfg(feature = "etcd")]
mod etcd;
mod gated;
mod hostile;
mod identity;
mod identity_service;
mod lists;
mod metrics;
mod openapi;
mod overload;
mod patches;
mod program;
mod raw;
mod refusals;
mod relist;
mod resume;
#[path = "../support/program.rs"]
mod running;
mod samples;
mod secure;
mod shipped_roles;
mod sockets;
mod stock;
#[cfg(feature = "etcd")]
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod watches;
mod wrong_bodies;
