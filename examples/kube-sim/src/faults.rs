//! Failures on demand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::watch;

use crate::options::SimOptions;
use crate::random::Random;

/// How a cluster's API is out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// It is not.
    #[default]
    None,
    /// Connections are closed without an answer; open watches break. In process the service fails with
    /// [`ConnectionRefused`](std::io::ErrorKind::ConnectionRefused).
    Refuse,
    /// Every request is answered 503; open watches end.
    Unavailable,
    /// Requests are accepted and never answered, open watches fall silent; both go on when the outage is over.
    Hang,
}

/// What is wrong with the API at the moment.
#[derive(Debug)]
pub(crate) struct Faults {
    outage: watch::Sender<Outage>,
    state: Mutex<State>,
    random: Random,
}

#[derive(Debug)]
struct State {
    latency: Duration,
    error_rate: f64,
    next: VecDeque<StatusCode>,
}

impl Faults {
    pub(crate) fn new(options: &SimOptions) -> Self {
        let state = State {
            latency: options.latency,
            error_rate: options.error_rate,
            next: VecDeque::new(),
        };
        Self {
            outage: watch::Sender::new(Outage::None),
            state: Mutex::new(state),
            // A stream of its own: injected failures do not change the names that objects get.
            random: Random::new(options.seed ^ u64::MAX),
        }
    }

    pub(crate) fn outage(&self) -> watch::Receiver<Outage> {
        self.outage.subscribe()
    }

    pub(crate) fn set_outage(&self, outage: Outage) {
        self.outage.send_replace(outage);
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        self.with(|state| state.latency = latency);
    }

    pub(crate) fn set_error_rate(&self, rate: f64) {
        self.with(|state| state.error_rate = rate);
    }

    pub(crate) fn fail_next(&self, requests: usize, status: StatusCode) {
        self.with(|state| state.next.extend(std::iter::repeat_n(status, requests)));
    }

    /// How long a request has to wait.
    pub(crate) fn latency(&self) -> Duration {
        self.with(|state| state.latency)
    }

    /// The failure the next request meets, if any.
    pub(crate) fn next_failure(&self) -> Option<StatusCode> {
        self.with(|state| {
            let unlucky = || {
                (state.error_rate > 0.0 && self.random.fraction() < state.error_rate)
                    .then_some(StatusCode::INTERNAL_SERVER_ERROR)
            };
            state.next.pop_front().or_else(unlucky)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
