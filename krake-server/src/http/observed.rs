//! What is recorded of a request.

use std::sync::Arc;

use ::http::Method;
use ::http::request::Parts;
use tokio::time::Instant;

use super::query;
use super::route::{Reading, Route};
use crate::metrics::{Recorder, RequestSeries, RequestVerb};
use crate::refusal::Refusal;
use crate::registry::Operation;

/// The status of requests whose sender has not waited for the answer.
const NOT_AWAITED: u16 = 499;

/// A request on its way; it is recorded when this is dropped.
pub(super) struct Observed {
    series: Arc<RequestSeries>,
    verb: RequestVerb,
    status: u16,
    begin: Instant,
}

impl Observed {
    /// A request that begins, about nothing that is known so far.
    pub(super) fn begin(recorder: &Recorder) -> Self {
        Self {
            series: Arc::clone(recorder.path(None)),
            verb: RequestVerb::Other,
            status: NOT_AWAITED,
            begin: Instant::now(),
        }
    }

    /// The request is about this.
    pub(super) fn about(
        &mut self,
        request: &Parts,
        route: &Result<Route<'_>, Refusal>,
        recorder: &Recorder,
    ) {
        let Ok(route) = route else { return };
        (self.verb, self.series) = match route {
            Route::Create(cache, _) => {
                (RequestVerb::Create, Arc::clone(cache.metrics().resource()))
            }
            Route::Write(cache, _, operation) => {
                let series = match operation {
                    Operation::Replace | Operation::Delete | Operation::Remove => {
                        cache.metrics().resource()
                    }
                    Operation::Status => cache.metrics().subresource("status"),
                    Operation::Subresource(name) => cache.metrics().subresource(name),
                };
                (verb_of(&request.method), Arc::clone(series))
            }
            Route::Read(Reading::Object(cache, _)) => {
                (RequestVerb::Get, Arc::clone(cache.metrics().resource()))
            }
            Route::Read(Reading::Collection(cache, _)) => {
                let is_watch = query::is_watch(request.uri.query().unwrap_or_default());
                let verb = if is_watch { RequestVerb::Watch } else { RequestVerb::List };
                (verb, Arc::clone(cache.metrics().resource()))
            }
            Route::Read(_) => {
                (RequestVerb::Get, Arc::clone(recorder.path(Some(request.uri.path()))))
            }
        };
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

impl Drop for Observed {
    fn drop(&mut self) {
        self.series
            .record(self.verb, self.status, self.begin.elapsed());
    }
}
