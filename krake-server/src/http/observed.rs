//! What is recorded of a request.

use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use ::http::request::Parts;
use tokio::time::Instant;

use super::query;
use super::route::{Reading, Route};
use crate::metrics::{RequestSeries, RequestVerb, Sources};
use crate::refusal::Refusal;
use crate::registry::Operation;
use crate::watch_cache::KindCache;

/// The status of requests whose sender has not waited for the answer.
const NOT_AWAITED: u16 = 499;

/// A request on its way; it is recorded when this is dropped.
pub(super) struct Observed<'a> {
    sources: &'a Sources,
    series: &'a RequestSeries,
    verb: RequestVerb,
    status: u16,
    begin: Instant,
    /// How long the work took, if the answer is held back after it.
    worked: Option<Duration>,
}

impl<'a> Observed<'a> {
    /// A request that begins, about nothing that is known so far.
    pub(super) fn begin(sources: &'a Sources) -> Self {
        Self {
            sources,
            series: sources.recorder.path(None),
            verb: RequestVerb::Other,
            status: NOT_AWAITED,
            begin: Instant::now(),
            worked: None,
        }
    }

    /// The request is about this.
    pub(super) fn about(&mut self, request: &Parts, route: &Result<Route<'_>, Refusal>) {
        let Ok(route) = route else { return };
        (self.verb, self.series) = match route {
            Route::Create(cache, _) => (RequestVerb::Create, self.of_kind(cache, None)),
            Route::Write(cache, _, operation) => {
                let subresource = match operation {
                    Operation::Replace | Operation::Delete | Operation::Remove => None,
                    Operation::Status => Some("status"),
                    Operation::Subresource(name) => Some(*name),
                };
                (verb_of(&request.method), self.of_kind(cache, subresource))
            }
            Route::Read(Reading::Object(cache, _)) => (RequestVerb::Get, self.of_kind(cache, None)),
            Route::Read(Reading::Collection(cache, _)) => {
                let is_watch = query::is_watch(request.uri.query().unwrap_or_default());
                let verb = if is_watch { RequestVerb::Watch } else { RequestVerb::List };
                (verb, self.of_kind(cache, None))
            }
            Route::Read(_) => {
                (RequestVerb::Get, self.sources.recorder.path(Some(request.uri.path())))
            }
        };
    }

    fn of_kind(&self, cache: &KindCache, subresource: Option<&str>) -> &'a RequestSeries {
        let mut caches = self.sources.caches.iter();
        match caches.find(|known| std::ptr::eq(Arc::as_ptr(known), cache)) {
            Some(cache) => cache.metrics().requests_for(subresource),
            None => self.series,
        }
    }

    /// The work is done, and what follows is a wait that the sender has asked for: it does not count.
    pub(super) fn held_back(&mut self) {
        self.worked = Some(self.begin.elapsed());
    }

    /// The request was answered.
    pub(super) const fn answered(&mut self, status: u16) {
        self.status = status;
    }
}

const fn verb_of(write: &Method) -> RequestVerb {
    match *write {
        Method::DELETE => RequestVerb::Delete,
        Method::PATCH => RequestVerb::Patch,
        _ => RequestVerb::Update,
    }
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        let duration = self.worked.unwrap_or_else(|| self.begin.elapsed());
        self.series.record(self.verb, self.status, duration);
    }
}
