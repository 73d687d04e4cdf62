//! The stock controllers at work: Krake's server in this process, and clusters behind sockets.
//!
//! The clusters are simulated. With `KRAKE_TEST_KUBECONFIGS=PATH:PATH` the same tests run against two real ones, each in a
//! namespace of its own; those that break clusters stay with simulated ones.

mod access;
mod crash;
mod harness;
mod life;
mod migration;
mod outage;
mod placement;
