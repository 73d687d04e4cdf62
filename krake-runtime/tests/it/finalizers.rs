//! Finalizers that the runtime owns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use http::Method;
use krake_core::Uid;
use krake_runtime::{
    Action, Context, Controller, Delta, Failure, GarbageCollector, Reconciled, Reconciler,
};

use crate::sites::{NS, Page, SECOND, Site, bed, key, site};

/// Fails its first clean-ups.
struct Guarded {
    failures: usize,
    cleanups: Arc<AtomicUsize>,
}

#[async_trait]
impl Reconciler<Site> for Guarded {
    async fn reconcile(&self, site: Arc<Site>, _: &Context<Site>) -> Reconciled {
        assert!(site.metadata.has_finalizer("demo/guard"));
        assert!(!site.metadata.is_deleting());
        Ok(Action::done())
    }

    async fn cleanup(&self, _: Arc<Site>, _: &Context<Site>) -> Reconciled {
        if self.cleanups.fetch_add(1, Ordering::SeqCst) < self.failures {
            return Err(Failure::retry("not yet"));
        }
        Ok(Action::done())
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_is_there_before_the_first_reconciliation_which_is_the_same_run() {
    let bed = bed().await;
    let guarded = Guarded { failures: 0, cleanups: Arc::default() };
    let controller = Controller::<Site>::named("guard").finalizer("demo/guard");
    bed.run(
        controller
            .filter(krake_runtime::generation_changed())
            .build(guarded),
    );
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.settle().await;
    assert_eq!(api.get("a").await.unwrap().metadata.finalizers, ["demo/guard"]);
    assert_eq!(bed.runs("guard", key("a")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn cleanup_is_repeated_until_it_succeeds_then_the_object_goes() {
    let bed = bed().await;
    let cleanups = Arc::new(AtomicUsize::new(0));
    let guarded = Guarded { failures: 2, cleanups: Arc::clone(&cleanups) };
    bed.run(
        Controller::<Site>::named("guard")
            .finalizer("demo/guard")
            .build(guarded),
    );
    bed.run(
        GarbageCollector::new()
            .kind::<Site>()
            .kind::<Page>()
            .build(),
    );
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.settle().await;
    api.delete("a").await.unwrap();
    bed.advance(SECOND * 2).await;
    assert_eq!(cleanups.load(Ordering::SeqCst), 3);
    assert_eq!(api.find("a").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_waits_for_its_turn() {
    let bed = bed().await;
    let cleanups = Arc::new(AtomicUsize::new(0));
    let guarded = Guarded { failures: 0, cleanups: Arc::clone(&cleanups) };
    bed.run(
        Controller::<Site>::named("guard")
            .finalizer("demo/guard")
            .build(guarded),
    );
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.settle().await;
    api.delete("a").await.unwrap();
    bed.settle().await;
    assert_eq!(cleanups.load(Ordering::SeqCst), 0);
    let pop = |site: &mut Site| {
        site.metadata.finalizers.pop();
    };
    api.edit("a", pop).await.unwrap();
    bed.settle().await;
    assert_eq!(cleanups.load(Ordering::SeqCst), 1);
    assert_eq!(api.find("a").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_that_cannot_be_removed_at_first_is_removed_later() {
    let bed = bed().await;
    let guarded = Guarded { failures: 0, cleanups: Arc::default() };
    bed.run(
        Controller::<Site>::named("guard")
            .finalizer("demo/guard")
            .build(guarded),
    );
    bed.run(GarbageCollector::new().kind::<Site>().build());
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.settle().await;
    bed.faults().fail_next(Method::PUT, 5, 503);
    api.delete("a").await.unwrap();
    bed.advance(SECOND * 20).await;
    assert_eq!(api.find("a").await.unwrap(), None);
}

/// A controller that looks at nothing but, say, labels would let its objects hang in deletion for ever.
#[tokio::test(start_paused = true)]
async fn no_filter_keeps_a_controller_from_its_clean_up() {
    let bed = bed().await;
    let cleanups = Arc::new(AtomicUsize::new(0));
    let guarded = Guarded { failures: 0, cleanups: Arc::clone(&cleanups) };
    let controller = Controller::<Site>::named("guard").finalizer("demo/guard");
    let newcomers = |delta: &Delta<Site>| matches!(delta, Delta::Added { .. });
    bed.run(controller.filter(newcomers).build(guarded));
    bed.run(GarbageCollector::new().kind::<Site>().build());
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &[])).await.unwrap();
    bed.settle().await;
    api.delete("a").await.unwrap();
    bed.settle().await;
    assert_eq!(cleanups.load(Ordering::SeqCst), 1);
    assert_eq!(api.find("a").await.unwrap(), None);
}

/// The clean-up of one instance says nothing about the next one of its name.
#[tokio::test(start_paused = true)]
async fn a_clean_up_releases_only_the_instance_that_it_was_for() {
    struct Slow(Arc<std::sync::Mutex<Vec<Option<Uid>>>>);
    #[async_trait]
    impl Reconciler<Site> for Slow {
        async fn reconcile(&self, _: Arc<Site>, _: &Context<Site>) -> Reconciled {
            Ok(Action::done())
        }
        async fn cleanup(&self, site: Arc<Site>, _: &Context<Site>) -> Reconciled {
            tokio::time::sleep(SECOND * 10).await;
            self.0.lock().unwrap().push(site.metadata.uid.clone());
            Ok(Action::done())
        }
    }
    let bed = bed().await;
    let cleaned = Arc::default();
    let controller = Controller::<Site>::named("guard").finalizer("demo/guard");
    bed.run(controller.build(Slow(Arc::clone(&cleaned))));
    let api = bed.client().namespace::<Site>(NS);
    let mut instances = Vec::new();
    for _ in 0..2 {
        let mut guarded = site("a", &[]);
        guarded.metadata.finalizers.push("demo/guard".into());
        instances.push(api.create(&guarded).await.unwrap().metadata.uid);
        api.delete("a").await.unwrap();
        let pop = |site: &mut Site| site.metadata.finalizers.truncate(1);
        api.edit("a", pop).await.unwrap();
        tokio::time::sleep(SECOND).await;
        if instances.len() == 1 {
            // Somebody loses patience.
            api.edit("a", |site| site.metadata.finalizers.clear())
                .await
                .unwrap();
        }
    }
    bed.advance(SECOND * 60).await;
    assert_eq!(*cleaned.lock().unwrap(), instances);
    assert_eq!(api.find("a").await.unwrap(), None);
}
