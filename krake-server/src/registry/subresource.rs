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
    order: Order,
    of: PhantomData<fn(K)>,
}

/// What is looked at first, and so told first when both are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    BodyFirst,
    ObjectFirst,
}

impl<K, B: DeserializeOwned, F> FunctionHandler<K, B, F> {
    pub(crate) fn new(function: F, order: Order) -> Self {
        Self { function: Arc::new(function), decode: decode::whole, order, of: PhantomData }
    }
}

impl<K, F> FunctionHandler<K, (), F> {
    /// Whatever the body is.
    pub(crate) fn without_body(function: F) -> Self {
        let order = Order::BodyFirst;
        Self { function: Arc::new(function), decode: |_| Ok(()), order, of: PhantomData }
    }
}

impl<K, B, F> Handler<K> for FunctionHandler<K, B, F>
where
    K: Resource,
    B: Send + 'static,
    F: Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
{
    fn plan(&self, body: Bytes) -> Result<Box<dyn Plan>, Refusal> {
        let decoded = match self.order {
            Order::BodyFirst => Some((self.decode)(&body)?),
            Order::ObjectFirst => None,
        };
        let function = Arc::clone(&self.function);
        let decode = self.decode;
        Ok(Box::new(FunctionPlan { function, decode, body, decoded, of: PhantomData::<fn(K)> }))
    }
}

struct FunctionPlan<K, B, F> {
    function: Arc<F>,
    decode: Decode<B>,
    body: Bytes,
    /// The body, if it was decoded in advance, for the first attempt; further ones decode it again.
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
