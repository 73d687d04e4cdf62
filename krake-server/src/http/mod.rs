//! From requests to responses.
//!
//! A request passes these stations, in this order: accept ([`socket`]) → limits, deadline, request id ([`api`]) → route
//! ([`route`]) → decode, validate, registry and commit ([`crate::registry`]) → answer ([`answer`]). There is no authentication
//! and no authorization yet; they belong right before and right after the route.

mod answer;
mod api;
mod body;
mod hold;
mod list;
mod patch_form;
mod path;
mod precondition;
mod query;
mod receive;
mod request_id;
mod route;
mod socket;
mod stall;
mod watch;
mod write_query;

pub(crate) use api::Api;
pub use body::ServerBody;
pub(crate) use watch::Drain;
