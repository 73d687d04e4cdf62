//! The typed client of the Krake API, over HTTP or to a server in the same process.

mod api;
mod client;
mod edit;
mod error;
mod network;
mod object;
mod options;
mod request;
mod service;
mod transport;
mod wait;
mod watch;

pub use api::Api;
pub use client::{Client, WriteObserver};
pub use error::{Error, Result};
pub use network::ensure_crypto_provider;
pub use object::ApiObject;
pub use options::{ListOptions, WatchOptions};
pub use transport::{BoxError, ResponseBody, Transport};
pub use watch::WatchStream;
