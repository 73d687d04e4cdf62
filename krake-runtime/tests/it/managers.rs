//! Starting and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use krake_runtime::{Action, Context, Controller, Manager, RunError, reconcile_fn};
use tokio_util::sync::CancellationToken;

use crate::sites::{NS, Page, SECOND, Site, bed, site, sites};

#[tokio::test(start_paused = true)]
async fn a_cache_that_does_not_get_ready_is_named_with_its_cause() {
    let bed = bed().await;
    bed.faults().fail_next_watches::<Page>(usize::MAX, 403);
    let manager = Manager::new(bed.client())
        .add(sites())
        .sync_limit(SECOND * 5);
    let error = manager.run(std::future::pending()).await.unwrap_err();
    let RunError::NotSynced { name, source } = error else { panic!("{error:?}") };
    assert_eq!((name.as_str(), source.kind.as_str()), ("sites", "demo/Page"));
    assert!(format!("{:?}", source.cause).contains("403"), "{source:?}");
}

#[tokio::test(start_paused = true)]
async fn runs_in_progress_are_finished_at_shutdown() {
    let bed = bed().await;
    let finished = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&finished);
    let reconcile = move |_: Arc<Site>, ctx: Context<Site>| {
        let flag = Arc::clone(&flag);
        async move {
            ctx.cancelled().await;
            tokio::time::sleep(SECOND).await;
            flag.store(true, Ordering::SeqCst);
            Ok(Action::done())
        }
    };
    let controller = Controller::<Site>::named("slow").build(reconcile_fn(reconcile));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let manager = Manager::new(bed.client())
        .add(controller)
        .run(stop.cancelled());
    let stopping = async {
        tokio::time::sleep(SECOND).await;
        stop.cancel();
    };
    let (result, ()) = tokio::join!(manager, stopping);
    result.unwrap();
    assert!(finished.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn runs_that_do_not_end_are_aborted_at_the_limit() {
    let bed = bed().await;
    let reconcile = |_: Arc<Site>, _: Context<Site>| std::future::pending();
    let controller = Controller::<Site>::named("stuck").build(reconcile_fn(reconcile));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    let manager = Manager::new(bed.client())
        .add(controller)
        .drain_limit(SECOND * 3);
    let started = tokio::time::Instant::now();
    manager.run(tokio::time::sleep(SECOND)).await.unwrap();
    assert!(started.elapsed() < SECOND * 5);
}

/// A controller that hears of nothing any more looks well and does nothing: it must not go on.
#[tokio::test(start_paused = true)]
async fn a_controller_that_has_gone_deaf_fails() {
    let bed = bed().await;
    let broken = futures::stream::poll_fn(|_| panic!("the trigger is broken"));
    let reconcile = |_: Arc<Site>, _: Context<Site>| async { Ok(Action::done()) };
    let controller = Controller::<Site>::named("deaf").trigger(broken);
    let manager = Manager::new(bed.client()).add(controller.build(reconcile_fn(reconcile)));
    let error = manager
        .run(tokio::time::sleep(SECOND * 60))
        .await
        .unwrap_err();
    let RunError::Failed { name, .. } = error else { panic!("{error:?}") };
    assert_eq!(name, "deaf");
}
