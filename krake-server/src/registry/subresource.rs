//! Handlers of further subresources, as kinds register them.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use krake_core::{Problem, Resource, Revision, Timestamp};
use serde::de::DeserializeOwned;

use super::plan::{self, Planned};
use super::typed::encode;
use super::{Change, Current, Plan, decode};
use crate::refusal::Refusal;

/// Decodes bodies for one subresource of `K`.
pub(crate) trait Handler<K>: Send + Sync {
    /// Decodes a body; the plan applies it.
    fn plan(&self, body: Bytes) -> Result<Box<dyn Plan>, Refusal>;
}

/// How a body is read.
type Decode<B> = fn(&[u8]) -> Result<B, Refusal>;

/// A handler made of a function.
pub(crate) struct FunctionHandler<K, B, F> {
    function: Arc<F>,
    decode: Decode<B>,
    /// Whether a missing object is told before anything that is wrong with the body.
    finds_first: bool,
    of: PhantomData<fn(K)>,
}

impl<K, B: DeserializeOwned, F> FunctionHandler<K, B, F> {
    pub(crate) fn new(function: F) -> Self {
        let function = Arc::new(function);
        Self { function, decode: decode::whole, finds_first: false, of: PhantomData }
    }

    /// The same, but the object is looked for before the body is read.
    pub(crate) fn finding_first(self) -> Self {
        Self { finds_first: true, ..self }
    }
}

impl<K, F> FunctionHandler<K, (), F> {
    /// Whatever the body is.
    pub(crate) fn without_body(function: F) -> Self {
        let function = Arc::new(function);
        Self { function, decode: |_| Ok(()), finds_first: false, of: PhantomData }
    }
}

impl<K, B, F> Handler<K> for FunctionHandler<K, B, F>
where
    K: Resource,
    B: Send + 'static,
    F: Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
{
    fn plan(&self, body: Bytes) -> Result<Box<dyn Plan>, Refusal> {
        let decoded = if self.finds_first { None } else { Some((self.decode)(&body)?) };
        let function = Arc::clone(&self.function);
        let decode = self.decode;
        Ok(Box::new(FunctionPlan { function, decode, body, decoded, of: PhantomData::<fn(K)> }))
    }
}

struct FunctionPlan<K, B, F> {
    function: Arc<F>,
    decode: Decode<B>,
    body: Bytes,
    /// The body for the first attempt, unless the object is looked for first; further ones decode it again.
    decoded: Option<B>,
    of: PhantomData<fn(K)>,
}

impl<K, B, F> Plan for FunctionPlan<K, B, F>
where
    K: Resource,
    B: Send,
    F: Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync,
{
    fn expects(&self) -> Option<Revision> {
        None
    }

    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal> {
        let body = match self.decoded.take() {
            Some(body) => body,
            None => (self.decode)(&self.body)?,
        };
        let stored: K = current.decode()?;
        let planned: Planned<K> =
            plan::subresource(&stored, |object| (self.function)(object, body, now))?;
        encode(planned)
    }
}
