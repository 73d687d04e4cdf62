//! The Krake API server as a library.
//!
//! A server is a [`store`], some kinds, and nothing else: each `#[derive(Resource)]` type gets create, read, replace, patch,
//! status, delete, list and watch under its own URLs, with validation, finalizers and optimistic concurrency. No kind has handlers of
//! its own, except for the subresources it registers.
//!
//! It is a [`tower::Service`] over HTTP requests: a program embeds it without a socket, or [serves](Server::serve) it on one.
//! It is not a framework for other HTTP endpoints, and it runs no controllers.
//!
//! ```
//! use http::Request;
//! use http_body_util::BodyExt;
//! use krake_core::{Metadata, Resource};
//! use krake_server::ServerBuilder;
//! use krake_server::store::MemoryStore;
//! use serde::{Deserialize, Serialize};
//! use tower::ServiceExt;
//!
//! #[derive(Resource, Clone, Debug, PartialEq)]
//! #[resource(api = "demo", plural = "sites")]
//! struct Site {
//!     metadata: Metadata,
//!     spec: SiteSpec,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! struct SiteSpec {
//!     domain: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = ServerBuilder::new(MemoryStore::new()).kind::<Site>().build().await?;
//! let body = r#"{"metadata": {"name": "home"}, "spec": {"domain": "example.org"}}"#;
//! let request = Request::post("/demo/namespaces/testing/sites").body(body.to_owned())?;
//! let response = server.clone().oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! let bytes = response.into_body().collect().await?.to_bytes();
//! let site: Site = serde_json::from_slice(&bytes)?;
//! assert_eq!(site.metadata.generation, 1);
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # How data flows
//!
//! A write is decoded once into a plan, a pure function from the stored object to the new one. The plan is committed under the
//! guard that nobody has written meanwhile, and made anew if somebody has. A commit is answered when it is durable.
//!
//! Reads, lists and watches never touch the store: one task follows it and keeps, per kind, the current objects and a window of
//! recent changes, each encoded once for everybody. A read first waits until this memory is as new as the store was when the
//! request came. A watch is a position in the window; one that falls out of it is told so and ends.
//!
//! # Features
//!
//! * `etcd`: the store on an etcd cluster (`store::EtcdStore`). Its client needs `protoc` at build time.

mod authentication;
mod authorization;
mod bootstrap;
mod builder;
mod clock;
mod files;
mod http;
mod limits;
mod load;
mod metrics;
mod openapi;
mod refusal;
mod registry;
mod security;
mod server;
mod stock;
pub mod store;
mod tls;
mod update_event;
mod watch_cache;

pub use authentication::{
    Authentication, AuthenticationError, Authenticator, ClientCertificate, FixedUser,
    IdentityError, IdentityOptions, Keycloak, Keystone, TokenFile, User,
};
pub use authorization::{
    Access, AccessScope, AlwaysAllow, AlwaysDeny, AuthorizationError, Authorizer, Decision,
};
pub use bootstrap::{BootstrapError, Bootstrapped, Existing, RefusedResource};
pub use builder::{BuildError, ServerBuilder};
pub use clock::SystemClock;
pub use files::FileError;
pub use http::{CorsOrigin, ServerBody};
pub use limits::Limits;
pub use metrics::ServerMetrics;
pub use server::{ActingAs, Respond, Server};
pub use tls::{Tls, TlsOptions};
pub use update_event::{UnknownUpdateEvent, UpdateEvent};
