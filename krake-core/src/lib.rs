//! The conventions every part of Krake shares: what a resource looks like, how it is named, addressed, versioned, selected
//! and validated, and the stock resource types.
//!
//! This crate is pure data and rules. It performs no I/O, reads no clock and no environment, and does not know tokio; the
//! server, the client and the runtime are built on it and meet in its types.
//!
//! A kind is a struct with a [`Metadata`] field and `#[derive(Resource)]`:
//!
//! ```
//! use krake_core::{Metadata, Resource};
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
//!     domain: String,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
//! struct SiteStatus {
//!     ready: bool,
//! }
//!
//! let site = Site::new("home", SiteSpec { domain: "example.org".into() });
//! assert_eq!(Site::KIND.path(Some("testing"), Some("home")), "/demo/namespaces/testing/sites/home");
//! assert_eq!(serde_json::to_value(&site)?["api"], "demo");
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod base;
mod clock;
mod constraint;
mod dynamic;
mod excerpt;
pub mod infrastructure;
pub mod input;
mod key;
mod kind;
pub mod kubernetes;
mod metadata;
pub mod openstack;
mod problem;
mod reason;
mod reference;
mod request_body;
mod resource;
mod revision;
pub mod schema;
mod selector;
mod timestamp;
mod validation;
mod watch;

pub use clock::Clock;
pub use constraint::{Comparison, ConstraintError, LabelConstraint, MetricConstraint};
pub use dynamic::DynObject;
pub use key::Key;
pub use kind::{Kind, Scope};
#[cfg(feature = "derive")]
pub use krake_core_derive::Resource;
pub use metadata::{CASCADE_DELETION, Labels, Metadata};
pub use problem::{Problem, ProblemTitle};
pub use reason::{Reason, ReasonCode};
pub use reference::{ResourceRef, Uid};
pub use resource::{List, ListMetadata, Object, ObjectExt, Resource, WithStatus};
pub use revision::Revision;
pub use schemars;
pub use selector::{FieldPath, FieldSelector, Requirement, Selector, SelectorError};
pub use timestamp::{Timestamp, TimestampError};
pub use validation::{FieldError, FieldErrors, decode, is_valid_name};
pub use watch::{Bookmark, WatchEvent};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
