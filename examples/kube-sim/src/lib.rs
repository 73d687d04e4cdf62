//! A simulated Kubernetes cluster, in this process.

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
