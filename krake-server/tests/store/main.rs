//! The promises of the store: one suite over every backend, and what a crash may do to the durable one.

mod backends;
mod commits;
mod crash;
mod damage;
mod fixture;
mod model;
mod reads;
mod restart;
#[cfg(feature = "etcd")]
#[path = "../support/etcd.rs"]
mod support;
mod watches;
