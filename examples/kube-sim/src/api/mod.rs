//! The Kubernetes API over HTTP.

mod aggregated;
mod answer;
mod body;
mod continuation;
mod discovery;
mod filter;
mod modify;
mod negotiation;
mod openapi;
mod query;
mod read;
mod request;
mod route;
mod scale;
mod server;
mod service;
mod watch;

pub use body::SimBody;
pub(crate) use server::serve;
pub use service::SimService;
