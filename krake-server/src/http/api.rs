//! The stations that a request passes.

use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use ::http::request::Parts;
use ::http::{HeaderValue, Method, Request, Response};
use bytes::Bytes;
use futures::FutureExt;
use http_body::Body;
use krake_core::Kind;
use tokio_util::sync::CancellationToken;

use super::body::ServerBody;
use super::gate::Gate;
use super::observed::Observed;
use super::query::{self, CollectionQuery};
use super::request_id::{self, RequestIds};
use super::route::{Reading, Route, Router};
use super::watch::Drain;
use super::{CorsOrigin, answer, head, list, path, receive, watch};
use crate::load::{BodyRoom, Quota, ServerLoad, Taken};
use crate::metrics::{Recorder, ServerMetrics, Sources, TextFormat};
use crate::refusal::Refusal;
use crate::registry::{Collection, Operation, Precondition, Writer, Written};
use crate::watch_cache::{Filter, Freshness, KindCache};
use crate::{Limits, User};

const VERSION: &str = concat!("{\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}");
const OK: &str = "{\"status\":\"ok\"}";

/// How the API answers, whatever it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    /// The pages that may use the API, if any.
    pub(crate) cors: Option<CorsOrigin>,
    /// Where problems are explained.
    pub(crate) problem_base_url: String,
}

/// The API as a function from requests to responses.
pub(crate) struct Api {
    router: Router,
    caches: Vec<Arc<KindCache>>,
    writer: Writer,
    freshness: Freshness,
    gate: Gate,
    settings: Settings,
    request_ids: RequestIds,
    metrics: ServerMetrics,
    /// The end of the server, and of all its watches.
    stop: CancellationToken,
}

impl Api {
    pub(crate) fn new(
        metrics: ServerMetrics,
        writer: Writer,
        gate: Gate,
        settings: Settings,
        stop: CancellationToken,
    ) -> Self {
        let Sources { caches, freshness, .. } = metrics.sources();
        let (caches, freshness) = (caches.clone(), freshness.clone());
        let router = Router::new(&caches);
        let request_ids = RequestIds::new();
        Self { router, caches, writer, freshness, gate, settings, request_ids, metrics, stop }
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.caches.iter().map(|cache| cache.kind())
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    pub(crate) const fn metrics(&self) -> &ServerMetrics {
        &self.metrics
    }

    pub(crate) fn load(&self) -> &ServerLoad {
        &self.metrics.sources().load
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.metrics.sources().recorder
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
        let mut observed = Observed::begin(self.metrics.sources());
        let mut response = self
            .handle_in_time(&parts, body, &mut observed)
            .await
            .unwrap_or_else(|refusal| {
                report(&refusal, &parts, &id);
                answer::problem(refusal, &self.settings.problem_base_url)
            });
        if let Some(cors) = &self.settings.cors {
            cors.mark(&parts.headers, response.headers_mut());
        }
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
        observed.answered(response.status().as_u16());
        response
    }

    /// Handles a request within its deadline; a panic in the code of a kind is the failure of this request alone.
    async fn handle_in_time<B>(
        &self,
        parts: &Parts,
        body: B,
        observed: &mut Observed<'_>,
    ) -> Result<Response<ServerBody>, Refusal>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        let limit = self.limits().request_time;
        let handled = AssertUnwindSafe(self.handle(parts, body, observed)).catch_unwind();
        match tokio::time::timeout(limit, handled).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Refusal::Internal("the code of a kind panicked".into())),
            Err(_) => Err(Refusal::Deadline { limit }),
        }
    }

    async fn handle<B>(
        &self,
        parts: &Parts,
        body: B,
        observed: &mut Observed<'_>,
    ) -> Result<Response<ServerBody>, Refusal>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        head::check(parts, self.limits())?;
        let segments = path::segments(parts.uri.path());
        if let Some(cors) = &self.settings.cors
            && parts.method == Method::OPTIONS
        {
            let segments = segments.filter(|segments| self.router.knows(segments));
            segments.ok_or(Refusal::NoRoute)?;
            return cors.preflight(&parts.headers);
        }
        let route = segments.as_deref().ok_or(Refusal::NoRoute);
        let route = route.and_then(|segments| self.router.route(&parts.method, segments));
        observed.about(parts, &route);
        let _reading = self.begin(&route)?;
        let user = self.user_of(parts, segments.as_deref()).await?;
        let route = route?;
        self.gate.permit(&user, &route).await?;
        match route {
            Route::Create(cache, collection) => {
                let (body, _room) = self.receive(body).await?;
                let _writing = self.load().write()?;
                Ok(shown(self.writer.create(cache, collection, &body).await?))
            }
            Route::Write(cache, address, operation) => {
                let precondition = Precondition::of(&parts.headers)?;
                let operation = match operation {
                    Operation::Delete if cache.rules().can_be_forced() && is_forced(parts) => {
                        Operation::Remove
                    }
                    other => other,
                };
                let (body, _room) = self.receive(body).await?;
                let _writing = self.load().write()?;
                let written = self
                    .writer
                    .update(cache, address, operation, body, precondition);
                Ok(shown(written.await?))
            }
            Route::Read(reading) => self.read(parts, &user, reading).await,
        }
    }

    /// Takes the place of a request that reads. One that writes gets its place when its body is there, so that slow senders do not
    /// keep others out; it is only told here if it has no chance.
    fn begin(&self, route: &Result<Route<'_>, Refusal>) -> Result<Option<Taken<&Quota>>, Refusal> {
        match route {
            Ok(route) if route.is_about_health() => Ok(None),
            Ok(Route::Create(..) | Route::Write(..)) => {
                self.load().expect_write()?;
                Ok(None)
            }
            Ok(Route::Read(_)) | Err(_) => Ok(Some(self.load().read()?)),
        }
    }

    async fn receive<B>(&self, body: B) -> Result<(Bytes, BodyRoom<'_>), Refusal>
    where
        B: Body,
        B::Error: fmt::Display,
    {
        let (body, room) = receive::receive(body, self.limits(), self.load()).await?;
        self.recorder().bodies.record(body.len() as u64);
        Ok((body, room))
    }

    /// Who sent the request. Probes come from machines without credentials, and tell nothing.
    async fn user_of(
        &self,
        parts: &Parts,
        segments: Option<&[Cow<'_, str>]>,
    ) -> Result<User, Refusal> {
        match segments {
            Some([probe]) if probe == "healthz" || probe == "readyz" => Ok(User::anonymous()),
            _ => self.gate.admit(parts).await,
        }
    }

    async fn read(
        &self,
        parts: &Parts,
        user: &User,
        reading: Reading<'_>,
    ) -> Result<Response<ServerBody>, Refusal> {
        match reading {
            Reading::Version => Ok(answer::fixed(VERSION)),
            Reading::Me => Ok(answer::text(self.gate.describe(user).await?)),
            Reading::Release => Ok(answer::released()),
            Reading::Healthy => self.healthy(),
            Reading::Ready => self.ready().await,
            Reading::Metrics => self.show_metrics(parts),
            Reading::Object(cache, address) => {
                self.freshness.now().await?;
                let object = cache.get(&address.key()).ok_or_else(|| address.missing())?;
                Ok(answer::object(object.json(), object.revision()))
            }
            Reading::Collection(cache, collection) => {
                self.read_collection(parts, user, cache, collection).await
            }
        }
    }

    async fn read_collection(
        &self,
        parts: &Parts,
        user: &User,
        cache: &Arc<KindCache>,
        collection: Collection<'_>,
    ) -> Result<Response<ServerBody>, Refusal> {
        let mut query = CollectionQuery::parse(parts.uri.query().unwrap_or_default())?;
        let Some(watch) = query.watch.take() else {
            let body = list::list(cache, &self.freshness, collection, query).await?;
            return Ok(answer::json(body));
        };
        let filter = Filter {
            prefix: collection.prefix().into(),
            selector: query.selector,
            update_event: watch.update_event.unwrap_or(cache.update_event()),
        };
        let open = self.load().watch(user)?;
        let drain = parts.extensions.get::<Drain>();
        let drain = drain.map_or_else(|| self.stop.clone(), |Drain(token)| token.clone());
        let lines = watch::watch(cache, &self.freshness, filter, watch, drain, open).await?;
        Ok(answer::watch(ServerBody::watch(lines)))
    }

    fn show_metrics(&self, request: &Parts) -> Result<Response<ServerBody>, Refusal> {
        let format = TextFormat::accepted(&request.headers);
        match self.metrics.text_in(format) {
            Ok(text) => Ok(answer::metrics(text, format)),
            Err(error) => Err(Refusal::Internal(Box::new(error))),
        }
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

fn is_forced(parts: &Parts) -> bool {
    query::is_forced(parts.uri.query().unwrap_or_default())
}

fn shown(Written { json, revision }: Written) -> Response<ServerBody> {
    answer::object(json, revision)
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
