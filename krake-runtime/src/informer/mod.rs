//! The cache of a controller: kept equal to the server, shared, with changes as they matter to each reader.

mod delta;
mod signatures;

pub use delta::Delta;
pub use signatures::*;
