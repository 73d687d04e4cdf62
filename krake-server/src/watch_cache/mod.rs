//! The server's memory of its store: per kind the current objects and a window of recent changes.
//!
//! One `Reflector` follows the store and feeds every `KindCache`. Reads, lists and watches are served from there, fresh as
//! of the request (`Freshness`). An object is encoded once for all its readers and watchers. A `Subscriber` is a cursor
//! into the shared window: nobody has a queue of their own, and who falls out of the window is told so.

mod cached;
mod change;
mod follower;
mod freshness;
mod kind_cache;
mod pages;
mod reflector;
mod scan;
mod selection;
mod state;
mod subscriber;
mod window;

pub(crate) use cached::{Cached, EventType};
pub(crate) use follower::{Follower, Version};
pub(crate) use freshness::Freshness;
pub(crate) use kind_cache::{KindCache, Sizes, Snapshot};
pub(crate) use reflector::Reflector;
pub(crate) use scan::{Scan, Visit};
pub(crate) use selection::Selection;
pub(crate) use subscriber::{FellBehind, Filter, Start, Subscriber};
pub(crate) use window::WindowLimits;

/// Objects of one kind by key; a clone is a snapshot and costs nothing.
type Objects = imbl::OrdMap<std::sync::Arc<str>, std::sync::Arc<Cached>>;
