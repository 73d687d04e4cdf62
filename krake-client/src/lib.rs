//! The typed client of the Krake API, over HTTP or to a server in the same process.
//!
//! A [`Client`] is a connection; an [`Api`] is one kind on it, in one namespace or all. Objects are read, written and watched
//! as the structs that `#[derive(Resource)]` makes kinds of:
//!
//! ```
//! use krake_client::{Client, ListOptions};
//! use krake_core::kubernetes::Application;
//!
//! # async fn example() -> krake_client::Result<()> {
//! let client = Client::connect("http://127.0.0.1:8080")?;
//! let applications = client.namespace::<Application>("testing");
//! for application in applications.list(&ListOptions::default()).await?.items {
//!     let label = |application: &mut Application| {
//!         application.metadata.labels.insert("seen".into(), "yes".into());
//!     };
//!     applications.edit(&application.metadata.name, label).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Servers that want to know who asks are reached with [`Credentials`]: a certificate, or a token.
//!
//! Writes are conditional whenever the object carries a resource version, so nobody's change is overwritten unseen;
//! [`Api::edit`] does the reading and repeating that this asks for. Errors are told apart by predicates: see [`Error`].
//!
//! A request that an overloaded server refuses is sent again when the server says so (`Retry-After`), a few times and within
//! the request's limit; one that may have been carried out is repeated only if it reads.
//!
//! What it is not: a cache. Programs that react to changes use the informers of `krake-runtime`, which are built on
//! [`Api::watch`].

mod api;
mod client;
mod credentials;
mod edit;
mod error;
mod network;
mod object;
mod options;
mod patch;
mod request;
mod retry;
mod service;
mod transport;
mod wait;
mod watch;

pub use api::Api;
pub use client::{Client, WriteObserver, Written};
pub use credentials::Credentials;
pub use error::{Error, Result};
pub use network::ensure_crypto_provider;
pub use object::ApiObject;
pub use options::{ListOptions, WatchOptions};
pub use patch::Patch;
pub use transport::{BoxError, ResponseBody, Transport};
pub use watch::WatchStream;
