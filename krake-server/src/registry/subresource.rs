//! Handlers of further subresources, as kinds register them.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use krake_core::schemars::{JsonSchema, SchemaGenerator};
use krake_core::{Problem, Resource, Revision, Timestamp};
use serde::de::DeserializeOwned;

use super::plan::{self, Planned};
use super::typed::encode;
use super::{Change, Current, Plan, decode};
use crate::openapi::SubresourceBody;
use crate::refusal::Refusal;

/// Decodes bodies for one subresource of `K`.
pub(crate) trait Handler<K>: Send + Sync {
    /// Decodes a body; the plan applies it.
    fn plan(&self, body: Bytes, order: Order) -> Result<Box<dyn Plan>, Refusal>;

    /// What a body looks like.
    fn describe(&self, generator: &mut SchemaGenerator) -> SubresourceBody;
}

/// How a body is read.
type Decode<B> = fn(&[u8]) -> Result<B, Refusal>;

/// How a body is described.
type Describe = fn(&mut SchemaGenerator) -> SubresourceBody;

/// A handler made of a function.
pub(crate) struct FunctionHandler<K, B, F> {
    function: Arc<F>,
    decode: Decode<B>,
    describe: Describe,
    of: PhantomData<fn(K)>,
}

/// What is looked at first, and so told first when both are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    BodyFirst,
    ObjectFirst,
}

impl<K, B: DeserializeOwned, F> FunctionHandler<K, B, F> {
    pub(crate) fn new(function: F) -> Self {
        Self {
            function: Arc::new(function),
            decode: decode::whole,
            describe: |_| SubresourceBody::Open,
            of: PhantomData,
        }
    }

    /// The same, with a body that says what it looks like.
    pub(crate) fn described(function: F) -> Self
    where
        B: JsonSchema,
    {
        let describe: Describe =
            |generator| SubresourceBody::Described(generator.subschema_for::<B>());
        Self { describe, ..Self::new(function) }
    }
}

impl<K, F> FunctionHandler<K, (), F> {
    /// Whatever the body is.
    pub(crate) fn without_body(function: F) -> Self {
        Self {
            function: Arc::new(function),
            decode: |_| Ok(()),
            describe: |_| SubresourceBody::None,
            of: PhantomData,
        }
    }
}

impl<K, B, F> Handler<K> for FunctionHandler<K, B, F>
where
    K: Resource,
    B: Send + 'static,
    F: Fn(&mut K, B, Timestamp) -> Result<(), Problem> + Send + Sync + 'static,
{
    fn plan(&self, body: Bytes, order: Order) -> Result<Box<dyn Plan>, Refusal> {
        let decoded = match order {
            Order::BodyFirst => Some((self.decode)(&body)?),
            Order::ObjectFirst => None,
        };
        let function = Arc::clone(&self.function);
        let decode = self.decode;
        Ok(Box::new(FunctionPlan { function, decode, body, decoded, of: PhantomData::<fn(K)> }))
    }

    fn describe(&self, generator: &mut SchemaGenerator) -> SubresourceBody {
        (self.describe)(generator)
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
