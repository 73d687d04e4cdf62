//! The stock controllers of Krake: they bind applications to clusters, keep them there, watch the clusters, and collect what
//! is left over.
//!
//! Each controller is a pair: a pure `plan`, which decides, and a thin reconciler, which acts. They are written against the
//! public API of `krake-runtime` and `krake-client` and are no different from a user's own. [`stock`] makes all of them for
//! a manager:
//!
//! ```no_run
//! use krake_client::Client;
//! use krake_controllers::{StockOptions, stock};
//! use krake_runtime::Manager;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect("http://127.0.0.1:8080")?;
//! let controllers = stock(&StockOptions::default());
//! let manager = controllers.into_iter().fold(Manager::new(client), Manager::add);
//! manager.run(std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

pub mod kubernetes;
pub mod scheduler;
mod stock;

pub use stock::{StockOptions, stock};
