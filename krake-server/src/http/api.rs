//! The stations that a request passes.

use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use ::http::request::Parts;
use ::http::{HeaderValue, Method, Request, Response};
use futures::FutureExt;
use http_body::Body;
use krake_core::Kind;
use tokio_util::sync::CancellationToken;

use super::body::ServerBody;
use super::hold::Hold;
use super::query::CollectionQuery;
use super::request_id::{self, RequestIds};
use super::route::{Reading, Route, Router};
use super::watch::Drain;
use super::write_query::WriteQuery;
use super::{answer, list, path, receive, watch};
use crate::Limits;
use crate::refusal::Refusal;
use crate::registry::{
    Address, Collection, Operation, PatchForm, Precondition, Sent, WriteOptions, Writer, Written,
};
use crate::watch_cache::{Filter, Freshness, KindCache};

const VERSION: &str = concat!("{\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}");
const OK: &str = "{\"status\":\"ok\"}";

/// The API as a function from requests to responses.
pub(crate) struct Api {
    router: Router,
    caches: Vec<Arc<KindCache>>,
    writer: Writer,
    freshness: Freshness,
    limits: Limits,
    request_ids: RequestIds,
    /// The end of the server, and of all its watches.
    stop: CancellationToken,
}

impl Api {
    pub(crate) fn new(
        caches: Vec<Arc<KindCache>>,
        writer: Writer,
        freshness: Freshness,
        limits: Limits,
        stop: CancellationToken,
    ) -> Self {
        let router = Router::new(&caches);
        Self { router, caches, writer, freshness, limits, request_ids: RequestIds::new(), stop }
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.caches.iter().map(|cache| cache.kind())
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Answers a request, whatever it is.
    pub(crate) async fn respond<B>(&self, request: Request<B>) -> Response<ServerBody>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        let (parts, body) = request.into_parts();
        let id = self.request_ids.of(&parts.headers);
        let mut response = self
            .handle_in_time(&parts, body)
            .await
            .unwrap_or_else(|refusal| {
                report(&refusal, &parts, &id);
                answer::problem(refusal)
            });
        if parts.method == Method::HEAD {
            response = without_body(response);
        }
        tracing::debug!(
            request_id = id.to_str().unwrap_or_default(),
            method = %parts.method,
            path = parts.uri.path(),
            status = response.status().as_u16(),
            "request answered"
        );
        response.headers_mut().insert(request_id::HEADER, id);
        response
    }

    /// Handles a request within its deadline, which does not count what it asks to wait for. A panic in the code of a kind is the
    /// failure of this request alone.
    async fn handle_in_time<B>(
        &self,
        parts: &Parts,
        body: B,
    ) -> Result<Response<ServerBody>, Refusal>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        let limit = self.limits.request_time;
        let handled = tokio::time::timeout(limit, isolated(self.handle(parts, body)));
        match handled.await.unwrap_or(Err(Refusal::Deadline { limit }))? {
            Handled::Done(response) => Ok(response),
            Handled::Held(hold) => Ok(shown(isolated(hold.last_known()).await?)),
        }
    }

    async fn handle<B>(&self, parts: &Parts, body: B) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        // Authentication comes here, before the route is known; authorization follows the route.
        let segments: Vec<Cow<'_, str>> =
            path::segments(parts.uri.path()).ok_or(Refusal::NoRoute)?;
        match self.router.route(&parts.method, &segments)? {
            Route::Create(cache, collection) => self.create(parts, body, cache, collection).await,
            Route::Write(cache, address, operation) => {
                self.write(parts, body, cache, (address, operation)).await
            }
            Route::Read(reading) => Ok(Handled::Done(self.read(parts, reading).await?)),
        }
    }

    async fn create<B>(
        &self,
        parts: &Parts,
        body: B,
        cache: &Arc<KindCache>,
        collection: Collection<'_>,
    ) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        let query = WriteQuery::parse(query_of(parts), cache.rules().states())?;
        let body = receive::receive(body, &self.limits).await?;
        let written = self
            .writer
            .create(cache, collection, &body, query.effect)
            .await?;
        Ok(self.written(parts, cache, written, query))
    }

    async fn write<B>(
        &self,
        parts: &Parts,
        body: B,
        cache: &Arc<KindCache>,
        (address, operation): (Address<'_>, Operation<'_>),
    ) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Error: fmt::Display,
    {
        let of_resource = matches!(operation, Operation::Replace | Operation::Delete);
        let query =
            WriteQuery::parse(query_of(parts), cache.rules().states().filter(|_| of_resource))?;
        let precondition = Precondition::of(&parts.headers)?;
        let form = (parts.method == Method::PATCH)
            .then(|| PatchForm::of(&parts.headers))
            .transpose()?;
        let operation = match operation {
            Operation::Delete if cache.rules().can_be_forced() && query.is_forced => {
                Operation::Remove
            }
            other => other,
        };
        let body = receive::receive(body, &self.limits).await?;
        let sent = match form {
            Some(form) => Sent::Patch { form, body, limit: self.limits.body_bytes },
            None => Sent::Whole(body),
        };
        let options = WriteOptions { precondition, effect: query.effect };
        let written = self
            .writer
            .update(cache, address, operation, sent, options)
            .await?;
        Ok(self.written(parts, cache, written, query))
    }

    /// The answer to a write, perhaps held back.
    fn written(
        &self,
        parts: &Parts,
        cache: &Arc<KindCache>,
        written: Written,
        query: WriteQuery,
    ) -> Handled {
        let Some(awaited) = query.awaited else { return Handled::Done(shown(written)) };
        let limit = self.limits.blocking_time;
        Handled::Held(Hold {
            cache: Arc::clone(cache),
            written,
            awaited,
            limit,
            drain: self.drain(parts),
        })
    }

    /// The end of the connection, or of the server where there is none.
    fn drain(&self, parts: &Parts) -> CancellationToken {
        let drain = parts.extensions.get::<Drain>();
        drain.map_or_else(|| self.stop.clone(), |Drain(token)| token.clone())
    }

    async fn read(
        &self,
        parts: &Parts,
        reading: Reading<'_>,
    ) -> Result<Response<ServerBody>, Refusal> {
        match reading {
            Reading::Version => Ok(answer::fixed(VERSION)),
            Reading::Healthy => self.healthy(),
            Reading::Ready => self.ready().await,
            Reading::Object(cache, address) => {
                self.freshness.now().await?;
                let object = cache.get(&address.key()).ok_or_else(|| address.missing())?;
                Ok(answer::object(object.json(), object.revision()))
            }
            Reading::Collection(cache, collection) => {
                self.read_collection(parts, cache, collection).await
            }
        }
    }

    async fn read_collection(
        &self,
        parts: &Parts,
        cache: &Arc<KindCache>,
        collection: Collection<'_>,
    ) -> Result<Response<ServerBody>, Refusal> {
        let mut query = CollectionQuery::parse(query_of(parts))?;
        let Some(watch) = query.watch.take() else {
            let body = list::list(cache, &self.freshness, collection, query).await?;
            return Ok(answer::json(body));
        };
        let filter = Filter {
            prefix: collection.prefix().into(),
            selection: query.selection,
            update_event: watch.update_event.unwrap_or(cache.update_event()),
        };
        let drain = self.drain(parts);
        let lines = watch::watch(cache, &self.freshness, filter, watch, drain).await?;
        Ok(answer::watch(ServerBody::watch(lines)))
    }

    /// Whether a restart would change nothing for the better.
    fn healthy(&self) -> Result<Response<ServerBody>, Refusal> {
        if self.writer.is_store_broken() { Err(Refusal::Broken) } else { Ok(answer::fixed(OK)) }
    }

    /// Whether requests can be served: the store answers and takes writes, and the caches follow it.
    async fn ready(&self) -> Result<Response<ServerBody>, Refusal> {
        if self.stop.is_cancelled() {
            return Err(Refusal::NotReady);
        }
        self.healthy()?;
        self.freshness.now().await?;
        Ok(answer::fixed(OK))
    }
}

fn query_of(parts: &Parts) -> &str {
    parts.uri.query().unwrap_or_default()
}

/// A handled request.
enum Handled {
    Done(Response<ServerBody>),
    /// A write that is done, but not to be answered yet.
    Held(Hold),
}

/// Turns a panic into a refusal.
async fn isolated<T>(handled: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let panicked = |_| Err(Refusal::Internal("the code of a kind panicked".into()));
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .unwrap_or_else(panicked)
}

fn shown(Written { json, revision, .. }: Written) -> Response<ServerBody> {
    match revision {
        Some(revision) => answer::object(json, revision),
        None => answer::untagged(json),
    }
}

fn without_body(response: Response<ServerBody>) -> Response<ServerBody> {
    let length = response.body().size_hint().exact();
    let mut response = response.map(|_| ServerBody::empty());
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(::http::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// Tells the operator of faults; clients learn only that there was one.
fn report(refusal: &Refusal, parts: &Parts, id: &HeaderValue) {
    if !refusal.is_fault() {
        return;
    }
    let cause = std::error::Error::source(refusal).map(ToString::to_string);
    tracing::error!(
        request_id = id.to_str().unwrap_or_default(),
        method = %parts.method,
        path = parts.uri.path(),
        status = refusal.status(),
        error = %refusal,
        cause,
        "request failed"
    );
}
