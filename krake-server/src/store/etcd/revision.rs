//! One question for all who want to know the revision at the same time.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use krake_core::Revision;
use tokio::sync::Semaphore;

use crate::store::Error;

type Round = Shared<BoxFuture<'static, Result<Revision, Error>>>;

/// Rounds of asking: one is under way, and whoever comes meanwhile joins the next one. So an answer is never older than the
/// question, and any number of readers costs etcd one request at a time.
#[derive(Clone)]
pub(super) struct Rounds {
    /// The round that has not begun to ask.
    next: Arc<Mutex<Option<Round>>>,
    turn: Arc<Semaphore>,
}

impl Rounds {
    pub(super) fn new() -> Self {
        Self { next: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }

    /// Joins the next round; `ask` is used if there is none yet.
    ///
    /// Whoever waits drives the round, so it goes on when others are dropped.
    pub(super) async fn join<A>(
        &self,
        ask: impl FnOnce() -> A + Send + 'static,
    ) -> Result<Revision, Error>
    where
        A: Future<Output = Result<Revision, Error>> + Send + 'static,
    {
        self.next_round(ask).await
    }

    fn next_round<A>(&self, ask: impl FnOnce() -> A + Send + 'static) -> Round
    where
        A: Future<Output = Result<Revision, Error>> + Send + 'static,
    {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.get_or_insert_with(|| self.round(ask)).clone()
    }

    fn round<A>(&self, ask: impl FnOnce() -> A + Send + 'static) -> Round
    where
        A: Future<Output = Result<Revision, Error>> + Send + 'static,
    {
        let (next, turn) = (Arc::downgrade(&self.next), Arc::clone(&self.turn));
        async move {
            let _turn = turn.acquire().await;
            let closed = next
                .upgrade()
                .and_then(|next| next.lock().unwrap_or_else(PoisonError::into_inner).take());
            drop(closed);
            ask().await
        }
        .boxed()
        .shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    /// A store that answers when it is told to, with the number of the question.
    #[derive(Clone, Default)]
    struct Slow {
        asked: Arc<AtomicU64>,
        answer: Arc<Notify>,
    }

    impl Slow {
        async fn ask(self) -> Result<Revision, Error> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            self.answer.notified().await;
            Ok(Revision(number))
        }
    }

    #[tokio::test]
    async fn whoever_comes_while_a_question_is_under_way_gets_the_answer_to_the_next_one() {
        let (rounds, slow) = (Rounds::new(), Slow::default());
        let join = || {
            let slow = slow.clone();
            rounds.join(move || slow.ask())
        };
        let mut first = Box::pin(join());
        assert!(first.as_mut().now_or_never().is_none());
        let mut later: Vec<_> = (0..100).map(|_| Box::pin(join())).collect();
        for waiting in &mut later {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        assert_eq!(slow.asked.load(Ordering::SeqCst), 1);
        slow.answer.notify_one();
        assert_eq!(first.await.unwrap(), Revision(1));
        slow.answer.notify_one();
        let answers = join_all(later).await;
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Ok(Revision(2)))),
            "{answers:?}"
        );
    }

    #[tokio::test]
    async fn a_round_outlives_whoever_has_begun_it() {
        let (rounds, slow) = (Rounds::new(), Slow::default());
        let join = || {
            let slow = slow.clone();
            rounds.join(move || slow.ask())
        };
        let mut first = Box::pin(join());
        assert!(first.as_mut().now_or_never().is_none());
        let mut second = Box::pin(join());
        assert!(second.as_mut().now_or_never().is_none());
        let mut third = Box::pin(join());
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        slow.answer.notify_one();
        assert_eq!(third.await.unwrap(), Revision(2));
    }
}
