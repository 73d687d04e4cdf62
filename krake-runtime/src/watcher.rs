//! Following the objects of a kind through broken connections, as a stream of events.
//!
//! The protocol is that of client-go's reflector with streamed initial state: open a watch that begins with the current
//! state; from then on resume after the last revision; when the server no longer knows that far back, begin anew. Two rules
//! keep it from hanging or storming: a stream without any sign of life for longer than three heartbeats is dead, and a watch
//! that ends within a second without having said anything counts as an error, so that it backs off.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use krake_client::{Api, ApiObject, WatchOptions, WatchStream};
use krake_core::{ObjectExt, Revision, Selector, WatchEvent};
use tokio::time::{Instant, sleep_until, timeout};

use crate::backoff::{Attempts, Backoff};

/// The interval at which the server is asked for a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A watch that ends sooner than this without an event has failed.
const SHORT: Duration = Duration::from_secs(1);

/// How a kind is followed.
#[derive(Clone, Debug)]
pub struct Config {
    /// Only objects with these labels.
    pub selector: Selector,
    /// The pauses after errors.
    pub backoff: Backoff,
    /// After how much quiet the pauses start small again.
    pub reset_after: Duration,
    /// How long a watch may be silent; three missed heartbeats and some grace by default.
    pub idle_limit: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            selector: Selector::default(),
            backoff: Backoff::WATCH,
            reset_after: Duration::from_mins(1),
            idle_limit: HEARTBEAT * 7 / 2,
        }
    }
}

/// What happens to the objects of a kind.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "consumers must handle every step of the protocol")]
pub enum Event<K> {
    /// The current state follows, object by object; what is not among them is gone.
    Init,
    /// An object of the current state.
    InitApply(K),
    /// The current state is complete, as of this revision.
    InitDone(Revision),
    /// An object was created or changed.
    Apply(K),
    /// An object was removed; its revision is that of the removal.
    Delete(K),
    /// Nothing happened up to this revision that was not said.
    Bookmark(Revision),
}

/// Why a watch is not running at the moment. It will be opened again; none of these ends the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the watch, or it broke.
    #[error("the watch failed")]
    Watch(#[source] krake_client::Error),
    /// The server ended the watch at once.
    #[error("the watch ended within a second, without an event")]
    EndedAtOnce,
    /// The server ended the watch before the initial state was complete.
    #[error("the watch ended before it had told the current state")]
    Incomplete,
    /// No sign of life.
    #[error("the watch was silent for {0:?}")]
    Silent(Duration),
}

impl Error {
    fn is_gone(&self) -> bool {
        matches!(self, Self::Watch(error) if error.is_gone())
    }
}

/// Follows the objects of `api` for ever. Errors tell that the stream is interrupted; it goes on by itself.
///
/// # Cancel safety
/// Dropping the future of `next` loses nothing.
pub fn watcher<K: ApiObject>(
    api: Api<K>,
    config: Config,
) -> impl Stream<Item = Result<Event<K>, Error>> + Send {
    stream::unfold(Watcher::new(api, config), async |mut watcher| {
        let event = watcher.next().await;
        Some((event, watcher))
    })
}

/// The state of following a kind.
pub(crate) struct Watcher<K> {
    api: Api<K>,
    config: Config,
    attempts: Attempts,
    /// Everything up to here has been said; `None` if the current state must be told first.
    resume: Option<Revision>,
    /// When the current state was last asked for because history was gone.
    restarted: Option<Instant>,
    phase: Phase<K>,
}

enum Phase<K> {
    /// No watch; one may be opened from this time on.
    Closed {
        until: Option<Instant>,
    },
    Open(Open<K>),
}

struct Open<K> {
    events: WatchStream<K>,
    since: Instant,
    has_spoken: bool,
}

impl<K: ApiObject> Watcher<K> {
    pub(crate) fn new(api: Api<K>, config: Config) -> Self {
        let attempts = Attempts::new(config.backoff, config.reset_after);
        let phase = Phase::Closed { until: None };
        Self { api, config, attempts, resume: None, restarted: None, phase }
    }

    /// The next event or interruption.
    ///
    /// # Cancel safety
    /// May be dropped; nothing is lost.
    pub(crate) async fn next(&mut self) -> Result<Event<K>, Error> {
        loop {
            let step = match &mut self.phase {
                Phase::Closed { until } => {
                    if let Some(until) = *until {
                        sleep_until(until).await;
                    }
                    self.open().await
                }
                Phase::Open(open) => {
                    let limit = self.config.idle_limit;
                    match timeout(limit, open.events.next()).await {
                        Ok(item) => self.received(item),
                        Err(_) => Err(Error::Silent(limit)),
                    }
                }
            };
            match step {
                Ok(Some(event)) => return Ok(event),
                Ok(None) => {}
                Err(error) => {
                    self.interrupted(&error);
                    return Err(error);
                }
            }
        }
    }

    async fn open(&mut self) -> Result<Option<Event<K>>, Error> {
        let options = WatchOptions {
            selector: self.config.selector.clone(),
            after: self.resume,
            initial_events: self.resume.is_none(),
            bookmarks: true,
            heartbeat: Some(HEARTBEAT),
            ..WatchOptions::default()
        };
        let events = self.api.watch(&options).await.map_err(Error::Watch)?;
        self.phase = Phase::Open(Open { events, since: Instant::now(), has_spoken: false });
        Ok(self.resume.is_none().then_some(Event::Init))
    }

    /// Judges what came from the watch: its end, or something.
    fn received(
        &mut self,
        item: Option<krake_client::Result<WatchEvent<K>>>,
    ) -> Result<Option<Event<K>>, Error> {
        match item {
            Some(event) => Ok(self.event(event.map_err(Error::Watch)?)),
            None => self.ended().map(|()| None),
        }
    }

    fn event(&mut self, event: WatchEvent<K>) -> Option<Event<K>> {
        if let Phase::Open(open) = &mut self.phase {
            open.has_spoken |= !matches!(event, WatchEvent::Bookmark(_));
        }
        let is_initial = self.resume.is_none();
        match event {
            WatchEvent::Added(object) if is_initial => Some(Event::InitApply(object)),
            WatchEvent::Added(object) | WatchEvent::Updated(object) => {
                self.resume = self.resume.max(Some(object.revision()));
                Some(Event::Apply(object))
            }
            WatchEvent::Deleted(object) => {
                self.resume = self.resume.max(Some(object.revision()));
                Some(Event::Delete(object))
            }
            WatchEvent::Bookmark(mark) if is_initial && !mark.initial_events_end => None,
            WatchEvent::Bookmark(mark) => {
                self.resume = self.resume.max(Some(mark.revision));
                Some(if is_initial {
                    Event::InitDone(mark.revision)
                } else {
                    Event::Bookmark(mark.revision)
                })
            }
            // The client turns these into errors.
            WatchEvent::Error(_) => None,
        }
    }

    /// The server ended the watch: opened again at once, unless that would be a storm.
    fn ended(&mut self) -> Result<(), Error> {
        let Phase::Open(open) = &self.phase else { return Ok(()) };
        if self.resume.is_none() {
            return Err(Error::Incomplete);
        }
        if open.since.elapsed() < SHORT && !open.has_spoken {
            return Err(Error::EndedAtOnce);
        }
        self.phase = Phase::Closed { until: None };
        Ok(())
    }

    fn interrupted(&mut self, error: &Error) {
        let now = Instant::now();
        let asked = match error {
            Error::Watch(error) => error.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let pause = self.attempts.failed(now, rand::random()).max(asked);
        let until = if self.restarts(error, now) { now } else { now + pause };
        self.phase = Phase::Closed { until: Some(until) };
    }

    /// Whether the current state is asked for at once, because that history is gone is no fault; unless it just was.
    fn restarts(&mut self, error: &Error, now: Instant) -> bool {
        if !error.is_gone() {
            return false;
        }
        let is_news = self.resume.take().is_some();
        let is_rare = self
            .restarted
            .is_none_or(|last| now - last >= self.config.reset_after);
        if is_news && is_rare {
            self.restarted = Some(now);
        }
        is_news && is_rare
    }
}

/// An interruption, shared by everyone who asks how a cache is.
pub(crate) type SharedError = Arc<Error>;

#[cfg(test)]
mod tests {
    use krake_client::Transport;
    use krake_core::kubernetes::Application;
    use krake_core::{Problem, ProblemTitle};

    use super::*;

    /// A server that is never asked.
    #[derive(Debug)]
    struct Nobody;

    #[async_trait::async_trait]
    impl Transport for Nobody {
        async fn send(
            &self,
            _request: http::Request<bytes::Bytes>,
        ) -> Result<http::Response<krake_client::ResponseBody>, krake_client::BoxError> {
            Err("nobody is there".into())
        }
    }

    fn gone() -> Error {
        Error::Watch(krake_client::Error::Refused {
            request: "GET /".into(),
            problem: Box::new(Problem::titled(410, ProblemTitle::Gone, "list again")),
            retry_after: None,
        })
    }

    fn pause(watcher: &Watcher<Application>) -> Duration {
        match watcher.phase {
            Phase::Closed { until: Some(until) } => until - Instant::now(),
            _ => Duration::ZERO,
        }
    }

    /// A server that comes back after a long outage without its history was asked for the current state only after one more
    /// pause of up to half a minute.
    #[tokio::test(start_paused = true)]
    async fn gone_history_is_no_fault_even_after_faults_but_rarely() {
        let api = krake_client::Client::new(Nobody).all::<Application>();
        let mut watcher = Watcher::new(api, Config::default());
        for _ in 0..20 {
            watcher.interrupted(&Error::EndedAtOnce);
        }
        watcher.resume = Some(Revision(7));
        watcher.interrupted(&gone());
        assert_eq!((pause(&watcher), watcher.resume), (Duration::ZERO, None));

        watcher.resume = Some(Revision(9));
        watcher.interrupted(&gone());
        assert!(pause(&watcher) > Duration::ZERO, "a server that forgets at once is not stormed");
        assert_eq!(watcher.resume, None);
    }
}
