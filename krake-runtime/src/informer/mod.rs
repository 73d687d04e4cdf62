//! The cache of a controller: kept equal to the server, shared, with changes as they matter to each reader.

mod cache;
mod delta;
mod handle;
mod health;
mod inbox;
mod owners;
mod reflector;
mod registry;
mod store;
mod subscription;

pub use delta::Delta;
pub(crate) use handle::AnyInformer;
pub use handle::Informer;
pub use health::{Behind, NotSynced, SyncState};
pub use registry::{InformerConfig, Informers};
pub use store::Store;
pub use subscription::Subscription;
