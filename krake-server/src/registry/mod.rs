//! What the kinds of a server allow: typed rules behind bytes, and the commit of what they decide.

mod address;
mod batch;
mod change;
mod current;
mod decode;
mod document;
mod key_locks;
mod plan;
mod rules;
mod subresource;
mod typed;
mod writer;

pub(crate) use address::{Address, Collection, is_key_of};
pub(crate) use batch::NewObject;
pub(crate) use change::{Change, Operation, Plan};
pub(crate) use current::Current;
pub(crate) use document::{Document, version_member};
pub(crate) use rules::{Readable, Rules};
pub(crate) use subresource::{FunctionHandler, Handler};
pub(crate) use typed::TypedRules;
pub(crate) use writer::{Precondition, Writer, Written};
