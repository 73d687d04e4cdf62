//! From requests to responses.
//!
//! A request passes these stations, in this order: accept ([`socket`]) → limits, deadline, request id ([`api`]) → authenticate →
//! authorize → route ([`route`]) → decode, admission, registry and commit ([`crate::registry`]) → answer ([`answer`]).

mod answer;
mod api;
mod body;
mod list;
mod path;
mod precondition;
mod query;
mod receive;
mod request_id;
mod route;
mod socket;
mod stall;
mod watch;

pub(crate) use api::Api;
pub use body::ServerBody;
pub(crate) use watch::Drain;
