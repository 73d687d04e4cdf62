//! Runs that fail, and when they are made again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use krake_runtime::{
    Action, Backoff, Cause, Class, Context, Controller, Delta, Failure, Outcome, Reconciled,
    Reconciler, RetryPolicy, generation_changed, reconcile_fn,
};

use crate::sites::{NS, Page, SECOND, Site, bed, key, remove, site, sites};

#[tokio::test(start_paused = true)]
async fn a_panic_fails_one_run_of_one_key_and_nothing_else() {
    let bed = bed().await;
    let reconcile = |site: Arc<Site>, ctx: Context<Site>| async move {
        assert!(site.metadata.name != "bad" || ctx.attempt() >= 2, "cannot stand this name");
        Ok(Action::done())
    };
    bed.run(Controller::<Site>::named("panics").build(reconcile_fn(reconcile)));
    let api = bed.client().namespace::<Site>(NS);
    for name in ["bad", "good"] {
        api.create(&site(name, &[])).await.unwrap();
    }
    bed.advance(SECOND).await;
    let runs = bed.runs("panics", key("bad"));
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(matches!(
        &runs[0].outcome,
        Outcome::Failed { reason: Some("Panicked"), message, .. } if message.contains("cannot stand")
    ));
    assert_eq!(runs[2].outcome, Outcome::Done(None));
    assert_eq!(bed.runs("panics", key("good")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_is_ended_and_repeated() {
    let bed = bed().await;
    let reconcile = |_: Arc<Site>, ctx: Context<Site>| async move {
        if ctx.attempt() == 0 {
            std::future::pending::<()>().await;
        }
        Ok(Action::done())
    };
    let controller = Controller::<Site>::named("hangs").timeout(SECOND * 10);
    bed.run(controller.build(reconcile_fn(reconcile)));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    bed.advance(SECOND * 11).await;
    let runs = bed.runs("hangs", key("a"));
    assert!(matches!(runs[0].outcome, Outcome::Failed { reason: Some("TimedOut"), .. }));
    assert_eq!(runs[1].outcome, Outcome::Done(None));
}

/// Two sources of events were merged into one stream with one backoff: the healthy one waited for the sick one.
#[tokio::test(start_paused = true)]
async fn a_watch_that_fails_for_ever_holds_up_no_other() {
    let bed = bed().await;
    bed.run(sites());
    bed.settle().await;
    bed.faults().fail_next_watches::<Page>(usize::MAX, 403);
    bed.faults().drop_watches::<Page>();
    tokio::time::sleep(SECOND * 60).await;

    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(bed.runs("sites", key("a")).len(), 1);
}

/// A filter by generation must not swallow the removal of an object whose generation did not change.
#[tokio::test(start_paused = true)]
async fn a_filter_lets_removals_through() {
    struct Forgets(Arc<AtomicUsize>);
    #[async_trait]
    impl Reconciler<Page> for Forgets {
        async fn reconcile(&self, _: Arc<Page>, _: &Context<Page>) -> Reconciled {
            Ok(Action::done())
        }
        async fn forget(&self, name: &krake_core::Key, last: Option<Arc<Page>>, _: &Context<Page>) {
            assert_eq!((name, last.unwrap().text.as_str()), (&key("a"), "x"));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let bed = bed().await;
    let forgotten = Arc::new(AtomicUsize::new(0));
    let controller = Controller::<Page>::named("pages")
        .filter(generation_changed())
        .filter(|delta: &Delta<Page>| matches!(delta, Delta::Added { .. }));
    bed.run(controller.build(Forgets(Arc::clone(&forgotten))));
    bed.client()
        .namespace::<Page>(NS)
        .create(&Page::new("a", "x".into()))
        .await
        .unwrap();
    bed.settle().await;
    remove(&bed, "a").await;
    bed.settle().await;
    assert_eq!(forgotten.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_repeated_in_a_moment_and_other_failures_back_off() {
    let bed = bed().await;
    bed.run(sites());
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &["x"])).await.unwrap();
    bed.faults().fail_next(Method::PUT, 1, 409);
    bed.settle().await;
    let lost = &bed.runs("sites", key("a"))[0];
    assert!(matches!(lost.outcome, Outcome::Failed { class: Class::Conflict, .. }));
    assert_eq!(api.get("a").await.unwrap().status.ready, 1);

    bed.faults().fail_next(Method::POST, 3, 503);
    api.edit("a", |site| site.spec.pages.push("y".into()))
        .await
        .unwrap();
    bed.advance(SECOND * 2).await;
    let attempts: Vec<_> = bed
        .runs("sites", key("a"))
        .iter()
        .map(|run| run.attempt)
        .collect();
    assert!(attempts.windows(3).any(|three| three == [1, 2, 3]), "{attempts:?}");
    assert_eq!(api.get("a").await.unwrap().status.ready, 2);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_failure_waits_for_the_user() {
    let bed = bed().await;
    let reconcile = |site: Arc<Site>, _| async move {
        if site.spec.pages.is_empty() {
            return Err(Failure::terminal("NoPages", "a site needs pages"));
        }
        Ok(Action::done())
    };
    bed.run(Controller::<Site>::named("strict").build(reconcile_fn(reconcile)));
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.advance(SECOND * 3600).await;
    assert_eq!(bed.runs("strict", key("a")).len(), 1);
    api.edit("a", |site| site.spec.pages.push("x".into()))
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!(bed.runs("strict", key("a"))[1].outcome, Outcome::Done(None));
}

#[tokio::test(start_paused = true)]
async fn runs_of_one_key_never_overlap_and_changes_meanwhile_make_one_more() {
    let bed = bed().await;
    let is_running = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_running);
    let reconcile = move |_: Arc<Site>, _| {
        let flag = Arc::clone(&flag);
        async move {
            assert!(!flag.swap(true, Ordering::SeqCst), "two runs at once");
            tokio::time::sleep(SECOND).await;
            flag.store(false, Ordering::SeqCst);
            Ok(Action::done())
        }
    };
    bed.run(
        Controller::<Site>::named("slow")
            .workers(8)
            .build(reconcile_fn(reconcile)),
    );
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    tokio::time::sleep(SECOND / 2).await;
    for page in ["x", "y", "z"] {
        api.edit("a", |site| site.spec.pages.push(page.into()))
            .await
            .unwrap();
    }
    bed.advance(SECOND * 5).await;
    let runs = bed.runs("slow", key("a"));
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run.outcome == Outcome::Done(None)), "{runs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_timer_leads_to_one_run_and_a_change_before_replaces_it() {
    let bed = bed().await;
    let reconcile = |_: Arc<Site>, _| async { Ok(Action::requeue_after(SECOND * 60)) };
    bed.run(Controller::<Site>::named("timed").build(reconcile_fn(reconcile)));
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.advance(SECOND * 61).await;
    let causes = |at: usize| bed.runs("timed", key("a"))[at].causes.clone();
    assert_eq!(causes(1), [Cause::Timer]);
    tokio::time::sleep(SECOND * 30).await;
    api.edit("a", |site| site.spec.pages.push("x".into()))
        .await
        .unwrap();
    bed.advance(SECOND * 40).await;
    assert_eq!(bed.runs("timed", key("a")).len(), 3);
}

/// A run right after its own write must not act on the state before it.
#[tokio::test(start_paused = true)]
async fn the_next_run_of_a_key_waits_until_the_cache_shows_what_the_last_one_wrote() {
    let bed = bed().await;
    let reconcile = |site: Arc<Site>, ctx: Context<Site>| async move {
        if site.spec.pages.len() < 3 {
            let grow = |site: &mut Site| site.spec.pages.push("page".into());
            ctx.api::<Site>().edit(&site.metadata.name, grow).await?;
            return Err(Failure::retry("not there yet"));
        }
        Ok(Action::done())
    };
    bed.run(Controller::<Site>::named("grows").build(reconcile_fn(reconcile)));
    bed.faults().delay_watches::<Site>(SECOND);
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.advance(SECOND * 60).await;
    assert_eq!(api.get("a").await.unwrap().spec.pages.len(), 3);
}

/// The change that a failing run makes itself must not be the reason for the next one.
#[tokio::test(start_paused = true)]
async fn a_run_that_writes_why_it_fails_backs_off_nevertheless() {
    struct Tells;
    #[async_trait]
    impl Reconciler<Site> for Tells {
        async fn reconcile(&self, site: Arc<Site>, ctx: &Context<Site>) -> Reconciled {
            let count = |site: &mut Site| site.status.ready += 1;
            let api = ctx.api::<Site>();
            api.edit_status(&site.metadata.name, count).await?;
            Err(Failure::retry("not today"))
        }
        async fn failed(&self, site: Arc<Site>, _: &Failure, ctx: &Context<Site>) {
            let count = |site: &mut Site| site.status.ready += 1;
            let api = ctx.api::<Site>();
            api.edit_status(&site.metadata.name, count).await.unwrap();
        }
    }
    let bed = bed().await;
    let policy = RetryPolicy {
        backoff: Backoff { base: SECOND * 100, ..Backoff::KEY },
        ..RetryPolicy::default()
    };
    let controller = Controller::<Site>::named("tells").retry(policy);
    bed.run(controller.build(Tells));
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    tokio::time::sleep(SECOND).await;
    assert_eq!(bed.runs("tells", key("a")).len(), 1);
    // What somebody else changes is a reason.
    api.edit("a", |site| site.spec.pages.push("x".into()))
        .await
        .unwrap();
    tokio::time::sleep(SECOND).await;
    assert_eq!(bed.runs("tells", key("a")).len(), 2);
}

/// What somebody else has written right before a run's own write is not taken for a part of it.
#[tokio::test(start_paused = true)]
async fn a_change_of_somebody_else_hidden_behind_an_own_write_leads_to_a_run() {
    let bed = bed().await;
    let other = bed.client().namespace::<Site>(NS);
    let reconcile = move |site: Arc<Site>, ctx: Context<Site>| {
        let other = other.clone();
        async move {
            if !site.spec.pages.is_empty() {
                return Ok(Action::done());
            }
            let name = &site.metadata.name;
            other
                .edit(name, |site| site.spec.pages.push("x".into()))
                .await?;
            ctx.api::<Site>()
                .edit_status(name, |site| site.status.ready += 1)
                .await?;
            Err(Failure::terminal("Empty", "a site needs pages"))
        }
    };
    bed.run(Controller::<Site>::named("strict").build(reconcile_fn(reconcile)));
    bed.faults().delay_watches::<Site>(SECOND);
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.advance(SECOND * 60).await;
    let runs = bed.runs("strict", key("a"));
    assert_eq!(runs.last().unwrap().outcome, Outcome::Done(None), "{runs:?}");
}
