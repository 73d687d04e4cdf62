//! The garbage collector: deletes what depends on what is being deleted.
//!
//! An object depends on those that its `owners` name, and is deleted with the first of them. Each deletion puts
//! `cascade_deletion` on the finalizers of the object. When that one's turn has come, the collector deletes all dependents, and
//! takes it off once there are none left: so a tree goes from its leaves to its root, and each controller on the way gets the
//! time that its own finalizer asks for.
//!
//! What is left over is collected, too: an object whose owner was pinned by its uid and is certainly gone. All decisions are
//! made from what the caches show, never from events, so nothing is lost with a broken watch or a restart. Objects that
//! depend on each other in a circle go together, once all of them are in deletion and nothing else depends on them.

mod collector;
mod decision;
mod member;
mod sweep;

pub use collector::GarbageCollector;
