//! From requests to responses.
//!
//! A request passes these stations, in this order: accept ([`socket`]) and shake hands ([`crate::tls`]) → limits, deadline, request
//! id ([`api`]) → authenticate ([`gate`]) → route ([`route`]) → authorize ([`gate`]) → decode, validate, registry and commit
//! ([`crate::registry`]) → answer ([`answer`]). Browsers that ask before they send ([`cors`]) and probes are answered without
//! authentication.

mod answer;
mod api;
mod body;
mod cors;
mod description;
mod gate;
mod head;
mod hold;
mod list;
mod observed;
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
mod write;
mod write_query;

pub(crate) use api::{Api, Settings};
pub use body::ServerBody;
pub use cors::CorsOrigin;
pub(crate) use gate::Gate;
pub(crate) use watch::Drain;
