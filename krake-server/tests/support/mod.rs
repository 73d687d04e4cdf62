//! Real programs beside the server.

mod etcd;
mod gate;

pub(crate) use etcd::Etcd;
pub(crate) use gate::{Gate, Passage};
