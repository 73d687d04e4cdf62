//! The simulated cluster as the `kube` crate sees it, in process and over a socket.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails is a test that fails")]

mod apply;
mod collections;
mod custom;
mod deletion;
mod discovery;
mod faults;
mod objects;
mod support;
mod watching;
mod workloads;
