//! Bodies in Protocol Buffers, as far as the generators of kubectl (`kubectl create deployment` …) send them.

mod decode;
mod schema;

pub(crate) use decode::{Undecodable, decode};
