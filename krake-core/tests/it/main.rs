//! The crate as its users see it.

mod derive;
mod dynamic;
mod kinds;
mod watch;
