//! Requests that write.

use std::fmt;
use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Method, Response};
use bytes::Bytes;
use http_body::Body;
use tokio_util::sync::CancellationToken;

use super::body::ServerBody;
use super::hold::Hold;
use super::write_query::{Awaited, WriteQuery};
use super::{answer, receive};
use crate::load::{BodyRoom, OpenWatch, ServerLoad};
use crate::metrics::Recorder;
use crate::refusal::Refusal;
use crate::registry::{
    Address, Collection, Operation, PatchForm, Precondition, Sent, WriteOptions, Writer, Written,
};
use crate::watch_cache::KindCache;
use crate::{Limits, User};

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
    pub(super) load: &'a ServerLoad,
    pub(super) recorder: &'a Recorder,
    pub(super) parts: &'a Parts,
    pub(super) user: &'a User,
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
        let awaited = self.awaited(query.awaited)?;
        let (body, _room) = self.receive(body).await?;
        let _writing = self.load.write()?;
        let written = self.writer.create(cache, collection, &body, query.effect);
        Ok(self.handled(cache, written.await?, awaited))
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
        let awaited = self.awaited(query.awaited)?;
        let (sent, _room) = self.sent(operation, body).await?;
        let _writing = self.load.write()?;
        let written = self.writer.update(cache, address, operation, sent, options);
        Ok(self.handled(cache, written.await?, awaited))
    }

    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// What the answer waits for, which counts as an open watch.
    fn awaited(&self, awaited: Option<Awaited>) -> Result<Option<(Awaited, OpenWatch)>, Refusal> {
        let Some(awaited) = awaited else { return Ok(None) };
        Ok(Some((awaited, self.load.watch(self.user)?)))
    }

    async fn receive<B>(&self, body: B) -> Result<(Bytes, BodyRoom<'_>), Refusal>
    where
        B: Body,
        B::Error: fmt::Display,
    {
        let (body, room) = receive::receive(body, self.limits, self.load).await?;
        self.recorder.bodies.record(body.len() as u64);
        Ok((body, room))
    }

    async fn sent<B>(
        &self,
        operation: Operation<'_>,
        body: B,
    ) -> Result<(Sent, BodyRoom<'_>), Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        if self.parts.method != Method::PATCH {
            let (body, room) = self.receive(body).await?;
            return Ok((Sent::Whole(body), room));
        }
        let form = PatchForm::of(&self.parts.headers, operation)?;
        let (body, room) = self.receive(body).await?;
        Ok((Sent::Patch { form, body, limit: self.limits.body_bytes }, room))
    }

    /// The answer, perhaps to be held back.
    fn handled(
        &self,
        cache: &Arc<KindCache>,
        written: Written,
        awaited: Option<(Awaited, OpenWatch)>,
    ) -> Handled {
        let Some((awaited, place)) = awaited else { return Handled::Done(shown(written)) };
        let (cache, limit) = (Arc::clone(cache), self.limits.blocking_time);
        Handled::Held(Hold { cache, written, awaited, limit, drain: self.drain.clone(), place })
    }
}

/// The answer to a write.
pub(super) fn shown(Written { json, revision, .. }: Written) -> Response<ServerBody> {
    match revision {
        Some(revision) => answer::object(json, revision),
        None => answer::untagged(json),
    }
}
