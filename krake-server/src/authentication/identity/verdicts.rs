//! What an identity service said about tokens, for a while.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::unsync::Cache;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::IdentityOptions;
use crate::User;
use crate::authentication::token::TokenDigest;

/// How long a refusal counts: enough to spare the service those who insist.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// What the service said about a token, or why it said nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Known(User),
    /// With its answer.
    Refused(Arc<str>),
    /// With the reason.
    Unavailable(Arc<str>),
}

/// The verdicts that still count, and the calls that are under way.
///
/// A call belongs to nobody: whoever asks about the same token meanwhile gets the same verdict, and it is made to its end even if all
/// of them go.
pub(super) struct Verdicts {
    cache_time: Duration,
    calls: usize,
    state: Mutex<State>,
}

struct State {
    entries: Cache<TokenDigest, Entry>,
    calls: JoinSet<()>,
}

/// Nothing while the call is under way.
type Entry = watch::Receiver<Option<Judged>>;

#[derive(Clone)]
struct Judged {
    verdict: Verdict,
    until: Instant,
}

impl Verdicts {
    pub(super) fn new(options: &IdentityOptions) -> Self {
        let entries = Cache::new(options.cached_tokens.max(1));
        Self {
            cache_time: options.cache_time,
            calls: options.calls,
            state: Mutex::new(State { entries, calls: JoinSet::new() }),
        }
    }

    /// What is known of a token, or what `call` finds out, which must end by itself.
    pub(super) async fn of(
        &self,
        token: TokenDigest,
        call: impl Future<Output = Verdict> + Send + 'static,
    ) -> Verdict {
        let Some(mut entry) = self.entry(token, call) else {
            return Verdict::Unavailable("too many tokens are being checked at once".into());
        };
        let judged = entry.wait_for(Option::is_some).await;
        let judged = judged.ok().and_then(|judged| judged.clone());
        judged.map_or_else(
            || Verdict::Unavailable("the check was given up".into()),
            |judged| judged.verdict,
        )
    }

    fn entry(
        &self,
        token: TokenDigest,
        call: impl Future<Output = Verdict> + Send + 'static,
    ) -> Option<Entry> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.calls.try_join_next().is_some() {}
        if let Some(entry) = state.entries.get(&token)
            && counts(entry)
        {
            return Some(entry.clone());
        }
        if state.calls.len() >= self.calls {
            return None;
        }
        let (sender, entry) = watch::channel(None);
        let cache_time = self.cache_time;
        state.calls.spawn(async move {
            let verdict = call.await;
            let until = Instant::now() + verdict.lifetime(cache_time);
            // Nobody may be left who wants to know.
            let _ = sender.send(Some(Judged { verdict, until }));
        });
        state.entries.insert(token, entry.clone());
        Some(entry)
    }
}

/// Whether the call is under way, or what came of it is recent enough.
fn counts(entry: &Entry) -> bool {
    match &*entry.borrow() {
        Some(judged) => Instant::now() < judged.until,
        None => entry.has_changed().is_ok(),
    }
}

impl Verdict {
    fn lifetime(&self, cache_time: Duration) -> Duration {
        match self {
            Self::Known(_) => cache_time,
            Self::Refused(_) => cache_time.min(REFUSAL_TIME),
            Self::Unavailable(_) => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    const CALL_TIME: Duration = Duration::from_secs(2);

    struct Bed {
        verdicts: Verdicts,
        made: Arc<AtomicUsize>,
        verdict: Verdict,
    }

    impl Bed {
        fn new(verdict: Verdict, change: impl FnOnce(&mut IdentityOptions)) -> Self {
            let mut options = IdentityOptions::default();
            change(&mut options);
            Self { verdicts: Verdicts::new(&options), made: Arc::default(), verdict }
        }

        fn known() -> Self {
            Self::new(Verdict::Known(User::new("ann")), |_| {})
        }

        async fn ask(&self, token: u8) -> Verdict {
            let (made, verdict) = (Arc::clone(&self.made), self.verdict.clone());
            let call = async move {
                tokio::time::sleep(CALL_TIME).await;
                made.fetch_add(1, Ordering::Relaxed);
                verdict
            };
            self.verdicts.of([token; 32], call).await
        }

        fn made(&self) -> usize {
            self.made.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_accepted_token_is_asked_about_again_after_the_cache_time() {
        let bed = Bed::known();
        assert_eq!(bed.ask(1).await, bed.verdict);
        tokio::time::advance(Duration::from_millis(9_999)).await;
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.made(), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.made(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_counts_for_a_second() {
        let bed = Bed::new(Verdict::Refused("HTTP 401".into()), |_| {});
        bed.ask(1).await;
        tokio::time::advance(Duration::from_millis(999)).await;
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.made(), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        bed.ask(1).await;
        assert_eq!(bed.made(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_remembered() {
        let bed = Bed::new(Verdict::Unavailable("down".into()), |_| {});
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.made(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_remembered_with_a_cache_time_of_zero() {
        for verdict in [Verdict::Known(User::new("ann")), Verdict::Refused("no".into())] {
            let bed = Bed::new(verdict, |options| options.cache_time = Duration::ZERO);
            bed.ask(1).await;
            bed.ask(1).await;
            assert_eq!(bed.made(), 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_once_shares_one_call_whatever_comes_of_it() {
        for verdict in [Verdict::Known(User::new("ann")), Verdict::Unavailable("down".into())] {
            let bed = Bed::new(verdict, |_| {});
            let verdicts = join_all((0..50).map(|_| bed.ask(1))).await;
            assert!(verdicts.iter().all(|verdict| *verdict == bed.verdict));
            assert_eq!(bed.made(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_and_counts_though_nobody_waits() {
        let bed = Bed::known();
        let impatient = tokio::time::timeout(Duration::from_secs(1), bed.ask(1)).await;
        assert!(impatient.is_err());
        tokio::time::sleep(CALL_TIME).await;
        assert_eq!(bed.made(), 1);
        assert_eq!(bed.ask(1).await, bed.verdict);
        assert_eq!(bed.made(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_limit_are_not_made() {
        let bed = Bed::new(Verdict::Known(User::new("ann")), |options| options.calls = 3);
        let verdicts = join_all((0..5).map(|token| bed.ask(token))).await;
        let known = verdicts.iter().filter(|verdict| **verdict == bed.verdict);
        assert_eq!(known.count(), 3);
        assert!(matches!(verdicts[4], Verdict::Unavailable(_)));
        assert_eq!(bed.ask(4).await, bed.verdict, "the limit is on calls at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_dies_is_made_again() {
        let bed = Bed::known();
        let dead = bed.verdicts.of([1; 32], async { panic!("a defect") }).await;
        assert!(matches!(dead, Verdict::Unavailable(_)));
        assert_eq!(bed.ask(1).await, bed.verdict);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let bed = Bed::new(Verdict::Known(User::new("ann")), |options| options.cached_tokens = 10);
        for token in 0..100 {
            bed.ask(token).await;
        }
        let state = bed.verdicts.state.lock().unwrap();
        assert!(state.entries.len() <= 10, "{}", state.entries.len());
    }
}
