//! The Krake API server as a library.

mod builder;
mod clock;
mod http;
mod limits;
mod refusal;
mod registry;
mod server;
mod stock;
pub mod store;
mod update_event;
mod watch_cache;

pub use builder::{BuildError, ServerBuilder};
pub use clock::SystemClock;
pub use http::ServerBody;
pub use limits::Limits;
pub use server::{Respond, Server};
pub use update_event::{UnknownUpdateEvent, UpdateEvent};
