//! What moves inside a cluster: workload controllers, scheduler, kubelets, garbage collector.
//!
//! Each controller is a pure function from the [`World`](world::World) to a [`Plan`](plan::Plan) for one object; one loop feeds
//! them with the store's events, and carries their plans out through the same writes that requests use.

mod conditions;
mod daemon_set;
mod definition;
mod deployment;
mod dispatch;
mod endpoints;
mod event;
mod garbage;
mod job;
mod namespace;
mod plan;
mod pod;
mod pod_status;
mod replica_set;
mod rollout;
mod run;
mod scheduler;
mod service;
mod stateful_set;
mod template;
mod volume_claim;
mod world;

pub(crate) use run::run;
