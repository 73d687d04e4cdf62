//! Requests that write.

use std::fmt;
use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Method, Response};
use http_body::Body;
use tokio_util::sync::CancellationToken;

use super::body::ServerBody;
use super::hold::Hold;
use super::write_query::WriteQuery;
use super::{answer, receive};
use crate::Limits;
use crate::refusal::Refusal;
use crate::registry::{
    Address, Collection, Operation, PatchForm, Precondition, Sent, WriteOptions, Writer, Written,
};
use crate::watch_cache::KindCache;

/// A request that has been handled.
pub(super) enum Handled {
    Done(Response<ServerBody>),
    /// A write that is done, but not to be answered yet.
    Held(Hold),
}

/// A request that writes.
pub(super) struct Write<'a> {
    pub(super) writer: &'a Writer,
    pub(super) limits: &'a Limits,
    pub(super) parts: &'a Parts,
    /// The wish of the connection that its requests end.
    pub(super) drain: CancellationToken,
}

impl Write<'_> {
    /// POST.
    pub(super) async fn create<B>(
        self,
        cache: &Arc<KindCache>,
        collection: Collection<'_>,
        body: B,
    ) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        let query = WriteQuery::parse(self.query(), cache.rules().states())?;
        let body = receive::receive(body, self.limits).await?;
        let written = self.writer.create(cache, collection, &body, query.effect);
        Ok(self.handled(cache, written.await?, query))
    }

    /// PUT, PATCH and DELETE.
    pub(super) async fn update<B>(
        self,
        cache: &Arc<KindCache>,
        address: Address<'_>,
        operation: Operation<'_>,
        body: B,
    ) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        let is_resource = matches!(operation, Operation::Replace | Operation::Delete);
        let states = cache.rules().states().filter(|_| is_resource);
        let query = WriteQuery::parse(self.query(), states)?;
        let operation = match operation {
            Operation::Delete if cache.rules().can_be_forced() && query.is_forced => {
                Operation::Remove
            }
            other => other,
        };
        let precondition = Precondition::of(&self.parts.headers)?;
        let options = WriteOptions { precondition, effect: query.effect };
        let sent = self.sent(body).await?;
        let written = self.writer.update(cache, address, operation, sent, options);
        Ok(self.handled(cache, written.await?, query))
    }

    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    async fn sent<B>(&self, body: B) -> Result<Sent, Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        if self.parts.method != Method::PATCH {
            return Ok(Sent::Whole(receive::receive(body, self.limits).await?));
        }
        let form = PatchForm::of(&self.parts.headers)?;
        let body = receive::receive(body, self.limits).await?;
        Ok(Sent::Patch { form, body, limit: self.limits.body_bytes })
    }

    /// The answer, perhaps to be held back.
    fn handled(self, cache: &Arc<KindCache>, written: Written, query: WriteQuery) -> Handled {
        let Some(awaited) = query.awaited else { return Handled::Done(shown(written)) };
        let (cache, limit) = (Arc::clone(cache), self.limits.blocking_time);
        Handled::Held(Hold { cache, written, awaited, limit, drain: self.drain })
    }
}

/// The answer to a write.
pub(super) fn shown(Written { json, revision, .. }: Written) -> Response<ServerBody> {
    match revision {
        Some(revision) => answer::object(json, revision),
        None => answer::untagged(json),
    }
}
