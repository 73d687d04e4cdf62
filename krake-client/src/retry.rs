//! Asking again when the server has asked for it.

use std::time::Duration;

use http::Method;
use tokio::time::{Instant, sleep};

use crate::Error;

/// How often a request is sent altogether.
const TRIES: u32 = 5;

/// The least that the wait before a further try is stretched by, at random: those who were refused together do not come back
/// together.
const STRETCH: Duration = Duration::from_millis(100);

/// The tries of one request.
#[derive(Debug)]
pub(crate) struct Retries {
    /// Whether the request may be carried out twice.
    is_repeatable: bool,
    left: u32,
    /// When nobody waits for the answer any more.
    end: Instant,
}

impl Retries {
    pub(crate) fn new(method: &Method, limit: Duration) -> Self {
        Self { is_repeatable: method.is_safe(), left: TRIES - 1, end: Instant::now() + limit }
    }

    /// Waits until the request should be sent again; false when its error is final.
    pub(crate) async fn again(&mut self, error: &Error) -> bool {
        let Some(pause) = self.pause(error, rand::random()) else { return false };
        self.left -= 1;
        sleep(pause).await;
        true
    }

    /// How long to wait, for a `jitter` between 0 and 1: as long as the server says, and up to half as long again. Nothing, if
    /// another try makes no sense or its answer could not be awaited.
    fn pause(&self, error: &Error, jitter: f64) -> Option<Duration> {
        // What was refused for overload has not been done. What failed otherwise may have been.
        let may_repeat = match error.status()? {
            429 => true,
            503 => self.is_repeatable,
            _ => false,
        };
        let wanted = error
            .retry_after()
            .filter(|_| may_repeat && self.left > 0)?;
        let pause = wanted + (wanted / 2).max(STRETCH).mul_f64(jitter);
        let has_time = Instant::now()
            .checked_add(pause)
            .is_some_and(|then| then < self.end);
        has_time.then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use krake_core::Problem;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn refused(status: u16, retry_after: Option<Duration>) -> Error {
        let problem = Box::new(Problem::new(status, "busy"));
        Error::Refused { request: "GET /".to_owned(), problem, retry_after }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_has_surely_not_been_done_or_may_be_done_twice_is_repeated() {
        let (read, write) =
            (Retries::new(&Method::GET, SECOND * 30), Retries::new(&Method::PUT, SECOND * 30));
        let repeats = |retries: &Retries, status| {
            retries.pause(&refused(status, Some(SECOND)), 0.0).is_some()
        };
        assert!(repeats(&read, 429) && repeats(&read, 503));
        assert!(repeats(&write, 429) && !repeats(&write, 503));
        assert!(
            ![404, 409, 500, 507]
                .iter()
                .any(|status| repeats(&read, *status))
        );
        assert_eq!(read.pause(&refused(429, None), 0.0), None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_comes_back_too_early_nor_all_at_once_nor_in_vain() {
        let retries = Retries::new(&Method::GET, SECOND * 30);
        let pause = |after: Duration, jitter| retries.pause(&refused(429, Some(after)), jitter);
        assert_eq!(pause(SECOND * 4, 0.0), Some(SECOND * 4));
        assert_eq!(pause(SECOND * 4, 1.0), Some(SECOND * 6));
        assert_eq!(pause(Duration::ZERO, 1.0), Some(STRETCH));
        assert_eq!(pause(SECOND * 30, 0.0), None);
        assert_eq!(pause(Duration::MAX / 4, 1.0), None);
    }
}
