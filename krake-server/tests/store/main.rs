//! The promises of the store: one suite over every backend, and what a crash may do to the durable one.

mod backends;
mod commits;
mod crash;
mod damage;
#[cfg(feature = "etcd")]
mod etcd_access;
#[cfg(feature = "etcd")]
mod etcd_limits;
#[cfg(feature = "etcd")]
mod etcd_outages;
mod fixture;
mod model;
mod reads;
mod restart;
#[cfg(feature = "etcd")]
#[path = "../support/mod.rs"]
mod support;
mod watches;
