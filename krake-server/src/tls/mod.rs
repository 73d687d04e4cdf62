//! Encrypted connections.

mod config;
mod handle;
mod handshake;
mod peer;

pub(crate) use config::{provider, roots};
pub use handle::{Tls, TlsOptions};
pub(crate) use handshake::{Shaken, handshake};
pub(crate) use peer::Peer;
