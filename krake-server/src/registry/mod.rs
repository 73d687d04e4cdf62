//! What the kinds of a server allow: typed rules behind bytes, and the commit of what they decide.

mod address;
mod batch;
mod change;
mod check;
mod current;
mod decode;
mod document;
mod key_locks;
mod patch;
mod plan;
mod rules;
mod sent;
mod states;
mod subresource;
mod typed;
mod writer;

pub(crate) use address::{Address, Collection, is_key_of};
pub(crate) use batch::NewObject;
pub(crate) use change::{Change, Operation, Plan};
pub(crate) use current::Current;
pub(crate) use document::{Document, version_member};
pub(crate) use rules::{Readable, Rules};
pub(crate) use sent::{PatchForm, Sent};
pub(crate) use states::{FunctionStates, States};
pub(crate) use subresource::{FunctionHandler, Handler, Order};
pub(crate) use typed::TypedRules;
pub(crate) use writer::{Effect, Precondition, WriteOptions, Writer, Written};
