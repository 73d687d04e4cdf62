//! A store on an etcd cluster: shared by several servers, and readable for whoever knows the original's keys.
//!
//! Keys and values are kept as they are, one commit is one etcd transaction, and a [`Revision`](krake_core::Revision) is etcd's.
//!
//! # Members
//!
//! All traffic goes to one member at a time (`Cluster`). When it fails, everything moves on to the next: reads are repeated
//! there, and so are writes that certainly did not happen. A write whose answer is lost is [`Error::Unknown`](super::Error::Unknown).
//!
//! # Watches
//!
//! A watch follows the whole keyspace and filters by itself. So it sees every revision, and knows without asking how far it has
//! got: etcd's own progress reports may overtake events in releases before 3.4.25 and 3.5.8. It starts one revision early
//! and drops what it knows, because etcd would otherwise not notice that history right after that revision is compacted.

mod batches;
mod cluster;
mod convert;
mod failure;
mod follow;
mod options;
mod range;
mod revision;
mod store;
mod transaction;

pub use options::{EtcdOptions, EtcdOptionsError, EtcdTls, EtcdUser};
pub use store::EtcdStore;
