//! Informers, work queues, reconcilers and managers: the controller runtime of Krake.
//!
//! A *controller* watches one kind and brings the world in line with each of its objects. What is particular about it is one
//! function, [`Reconciler::reconcile`]; everything around it is here: caches that survive broken connections, a queue that
//! runs each key once at a time, retries, finalizers, orderly start and shutdown. A *run* is caused by a change, a timer or
//! a restart, and does the same whatever caused it.
//!
//! This crate serves no HTTP and stores nothing; that is `krake-server`. It talks to a server through
//! [`krake_client::Client`], over a socket or in the same process.
//!
//! # A controller of one's own
//!
//! Sites consist of pages. The controller keeps one page for each text of a site and counts them:
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use krake_core::{Metadata, Resource};
//! use krake_runtime::{
//!     Action, Context, Controller, Reconciled, Reconciler, Runnable, generation_changed,
//! };
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Resource, Clone, Debug, PartialEq)]
//! #[resource(api = "demo", plural = "sites")]
//! struct Site {
//!     metadata: Metadata,
//!     spec: SiteSpec,
//!     status: SiteStatus,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! struct SiteSpec {
//!     pages: Vec<String>,
//! }
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct SiteStatus {
//!     ready: usize,
//! }
//!
//! #[derive(Resource, Clone, Debug, PartialEq)]
//! #[resource(api = "demo", plural = "pages")]
//! struct Page {
//!     metadata: Metadata,
//!     text: String,
//! }
//!
//! struct Sites;
//!
//! #[async_trait]
//! impl Reconciler<Site> for Sites {
//!     async fn reconcile(&self, site: Arc<Site>, ctx: &Context<Site>) -> Reconciled {
//!         let page = |text: &String| Page::new(format!("{}-{text}", site.metadata.name), text.clone());
//!         let want = site.spec.pages.iter().map(page).collect();
//!         let ready = ctx.sync_children(&site, want).await?.len(); // any error: tried again later
//!         ctx.set_status(&site, SiteStatus { ready }).await?; // no write where nothing changed
//!         Ok(Action::done())
//!     }
//! }
//!
//! fn sites() -> Box<dyn Runnable> {
//!     Controller::<Site>::named("sites")
//!         .owns::<Page>()
//!         .filter(generation_changed())
//!         .workers(8)
//!         .build(Sites)
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), krake_client::Error> {
//! // In a test: `#[tokio::test(start_paused = true)]`
//! use krake_runtime::GarbageCollector;
//! use krake_runtime::testing::TestBed;
//!
//! let bed = TestBed::builder().kind::<Site>().kind::<Page>().start().await;
//! bed.run(sites()).run(GarbageCollector::new().kind::<Site>().kind::<Page>().build());
//! let api = bed.client().namespace::<Site>("testing");
//! api.create(&Site::new("home", SiteSpec { pages: vec!["about".into()] })).await?;
//! bed.settle().await;
//!
//! // A page is deleted while the watch is broken, and too late for the watch to be resumed.
//! let pages = bed.client().namespace::<Page>("testing");
//! bed.faults().drop_watches::<Page>();
//! pages.delete("home-about").await?;
//! bed.compact().await;
//! bed.settle().await;
//! assert!(!pages.get("home-about").await?.metadata.is_deleting());
//! assert_eq!(api.get("home").await?.status.ready, 1);
//! # Ok(())
//! # }
//! ```
//!
//! A program hands its controllers to a [`Manager`]: `Manager::new(client).add(sites()).run(shutdown).await`.
//!
//! # How data flows
//!
//! server → [`watcher`] (one stream, resumed or begun anew) → [`Informer`] (cache of `Arc<K>`, owner index) → [`Subscription`]s
//! (conflated [`Delta`]s) → filters and mappings → queue (one entry a key) → workers → [`Reconciler`] → writes through
//! [`Context`], which the next run of the key waits for.
//!
//! # Features
//!
//! * `testing`: `testing::TestBed`, the real server in the same process, in virtual time, with faults.

mod backoff;
mod controller;
mod error_chain;
mod gc;
mod informer;
mod lock;
mod manager;
mod monitor;
mod queue;
mod reconcile;
mod runner;
#[cfg(feature = "testing")]
pub mod testing;
pub mod watcher;

pub use backoff::Backoff;
pub use controller::{Controller, Predicate, generation_changed};
pub use gc::GarbageCollector;
pub use informer::{
    Behind, Delta, Informer, InformerConfig, Informers, NotSynced, Store, Subscription, SyncState,
};
pub use manager::{Env, Manager, RunError, Runnable};
pub use monitor::{CacheRecord, Load, Monitor, Outcome, RunRecord};
pub use reconcile::{
    Action, Cause, Class, Context, Failure, FailureExt, Reconciled, Reconciler, reconcile_fn,
};
pub use runner::RetryPolicy;
pub use tokio_util::sync::CancellationToken;
