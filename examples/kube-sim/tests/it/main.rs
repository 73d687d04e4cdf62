//! The simulated cluster as the `kube` crate sees it, in process and over a socket.

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
