//! The stations that a request passes.

use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use ::http::request::Parts;
use ::http::{HeaderValue, Method, Request, Response};
use futures::FutureExt;
use http_body::Body;
use krake_core::Kind;
use tokio_util::sync::CancellationToken;

use super::body::ServerBody;
use super::description::Description;
use super::gate::Gate;
use super::observed::Observed;
use super::query::CollectionQuery;
use super::request_id::{self, RequestIds};
use super::route::{Reading, Route, Router};
use super::watch::Drain;
use super::write::{Handled, Write, shown};
use super::{CorsOrigin, answer, head, list, path, watch};
use crate::load::{Quota, ServerLoad, Taken};
use crate::metrics::{Recorder, ServerMetrics, Sources, TextFormat};
use crate::openapi;
use crate::refusal::Refusal;
use crate::registry::{Collection, Writer};
use crate::tls::Peer;
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
    /// The description of the API, made when it is first asked for.
    description: OnceLock<Description>,
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
        let description = OnceLock::new();
        Self {
            router,
            caches,
            writer,
            freshness,
            gate,
            settings,
            request_ids,
            description,
            metrics,
            stop,
        }
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.caches.iter().map(|cache| cache.kind())
    }

    /// The kind of that name in an API.
    pub(crate) fn kind(&self, api: &str, kind: &str) -> Option<&KindCache> {
        let mut caches = self.caches.iter().map(|cache| &**cache);
        caches.find(|cache| cache.kind().api == api && cache.kind().kind == kind)
    }

    pub(crate) const fn writer(&self) -> &Writer {
        &self.writer
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

    /// Handles a request within its deadline, which does not count what it asks to wait for. A panic in the code of a kind is the
    /// failure of this request alone.
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
        let handled =
            tokio::time::timeout(limit, isolated(self.handle(parts, body, &mut *observed)));
        match handled.await.unwrap_or(Err(Refusal::Deadline { limit }))? {
            Handled::Done(response) => Ok(response),
            Handled::Held(hold) => {
                observed.held_back();
                Ok(shown(isolated(hold.last_known()).await?))
            }
        }
    }

    async fn handle<B>(
        &self,
        parts: &Parts,
        body: B,
        observed: &mut Observed<'_>,
    ) -> Result<Handled, Refusal>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: fmt::Display,
    {
        if parts.extensions.get() == Some(&Peer::Insecure) {
            return Err(Refusal::Insecure);
        }
        head::check(parts, self.limits())?;
        let segments = path::segments(parts.uri.path());
        if let Some(cors) = &self.settings.cors
            && parts.method == Method::OPTIONS
        {
            let segments = segments.filter(|segments| self.router.knows(segments));
            segments.ok_or(Refusal::NoRoute)?;
            return cors.preflight(&parts.headers).map(Handled::Done);
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
                self.writing(parts, &user)
                    .create(cache, collection, body)
                    .await
            }
            Route::Write(cache, address, operation) => {
                self.writing(parts, &user)
                    .update(cache, address, operation, body)
                    .await
            }
            Route::Read(reading) => Ok(Handled::Done(self.read(parts, &user, reading).await?)),
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

    fn writing<'a>(&'a self, parts: &'a Parts, user: &'a User) -> Write<'a> {
        Write {
            writer: &self.writer,
            limits: self.limits(),
            load: self.load(),
            recorder: self.recorder(),
            parts,
            user,
            drain: self.drain(parts),
        }
    }

    /// The end of the connection, or of the server where there is none.
    fn drain(&self, parts: &Parts) -> CancellationToken {
        let drain = parts.extensions.get::<Drain>();
        drain.map_or_else(|| self.stop.clone(), |Drain(token)| token.clone())
    }

    async fn read(
        &self,
        parts: &Parts,
        user: &User,
        reading: Reading<'_>,
    ) -> Result<Response<ServerBody>, Refusal> {
        match reading {
            Reading::Version => Ok(answer::fixed(VERSION)),
            Reading::Description => Ok(self.description().answer(&parts.headers)),
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

    fn description(&self) -> &Description {
        let kinds = self.caches.iter().map(|cache| cache.rules());
        self.description
            .get_or_init(|| Description::new(&openapi::document(kinds)))
    }

    async fn read_collection(
        &self,
        parts: &Parts,
        user: &User,
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
        let open = self.load().watch(user)?;
        let drain = self.drain(parts);
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

fn query_of(parts: &Parts) -> &str {
    parts.uri.query().unwrap_or_default()
}

/// Turns a panic into a refusal.
async fn isolated<T>(handled: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let panicked = |_| Err(Refusal::Internal("the code of a kind panicked".into()));
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .unwrap_or_else(panicked)
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
