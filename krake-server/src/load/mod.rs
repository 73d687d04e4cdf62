//! How much the server does at once, and how much it may.
//!
//! Whatever takes a part of something limited holds a guard that gives it back. Nobody waits for a part: who gets none is told to
//! come back later, so that nothing piles up.

mod quota;
mod server_load;
mod shares;

pub(crate) use quota::{Quota, Taken};
pub(crate) use server_load::{BodyRoom, OpenWatch, Overload, ServerLoad};
