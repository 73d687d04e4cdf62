//! A simulated Kubernetes cluster: in this process, over HTTP on loopback or as a tower service, cheap enough to start many.
//!
//! The `kube` crate, `kubectl` and everything else that speaks to a Kubernetes API work against it. It is made for demos, for tests
//! of controllers, and for asking what a scheduler would do. It is not a Kubernetes: no container ever runs.
//!
//! ```
//! use krake_kube_sim::{Outage, Sim};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sim = Sim::builder().name("edge").nodes(3_usize).start().await?;
//! std::fs::write(std::env::temp_dir().join("edge.kubeconfig"), sim.kubeconfig().to_string())?;
//!
//! sim.set_node_condition("edge-node-1", "Ready", "False").await?;
//! sim.set_outage(Outage::Refuse);
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What happens in it
//!
//! Requests go through [`SimService`] to generic handlers: one table of kinds, extended by custom resource definitions, drives
//! discovery, reading, writing, watching and tables. Objects live in a [`krake_server::store`] that numbers the writes and
//! feeds the watches. One loop follows the store and runs the controllers, each a pure function from the objects to a plan of
//! changes: deployments, replica sets, stateful sets, daemon sets, jobs, endpoints, load balancers, namespaces, garbage
//! collection, a scheduler (node readiness, cordons, taints, node selectors, number of pods), and the kubelets, which start and
//! stop pods after the delays of [`SimOptions`].
//!
//! All timers are tokio's: with time paused and the service used in process, a rollout takes no time. The same seed and the same
//! requests in the same order give the same names and UIDs.
//!
//! # What it does not do
//!
//! * **Authentication, authorization, admission**: every caller may do everything; roles, quotas, limit ranges, network
//!   policies, disruption budgets and webhooks are stored and have no effect. There is no TLS. Access reviews are not served.
//! * **Validation**: names, namespaces, selectors, containers, ports of services, a few immutable fields and the required
//!   top-level members of custom kinds are checked; unknown fields are kept, not refused, whatever `fieldValidation` says.
//!   OpenAPI documents name the kinds but do not describe the fields of built-in ones.
//! * **Representation**: JSON, and YAML where Kubernetes takes it. Bodies in Protocol Buffers, which `kubectl create deployment` and
//!   other generators send, are read for namespaces, config maps, secrets, service accounts, services, deployments and jobs with
//!   the fields that kubectl can set, and refused with 415 otherwise: nothing is lost silently. Answers are always JSON.
//!   Only one version of each built-in kind is served; versions of custom kinds are converted by changing `apiVersion`.
//! * **Merging**: which lists have keys is known by the name of the field for built-in kinds (containers, ports, env, volumes,
//!   conditions and so on), and by the schema for custom kinds; all other lists are one value. Maps are never atomic. Scaling
//!   is recorded as a change of the whole object, not of its `scale`.
//! * **Running**: no logs, exec, attach, port-forward, metrics, probes, init containers, restarts, image pulls or resource
//!   requests in scheduling; affinity and spreading are ignored. A job's pods always succeed. Cron jobs and autoscalers
//!   are stored and do nothing. Volume claims are bound to a volume that does not exist as an object. Ingresses get no address.
//! * **Controllers**: replica sets do not adopt pods; a deployment that is scaled while it rolls out is not scaled in
//!   proportion, has no progress deadline and no minimum ready time; stateful sets know no partitions; one controller revision
//!   is kept in a label only. Node leases exist and are not renewed. A pod is evicted from a silent node after
//!   [`SimOptions::eviction_delay`] whatever it tolerates.

mod addresses;
mod api;
mod apply;
mod clock;
mod cluster;
mod controllers;
mod error;
mod faults;
mod kinds;
mod object;
mod options;
mod patch;
mod protobuf;
mod random;
mod rules;
mod seed;
mod sim;
mod table;
mod writes;

pub use api::{SimBody, SimService};
pub use faults::Outage;
pub use options::{SimBuilder, SimOptions};
pub use sim::{Sim, SimError};
