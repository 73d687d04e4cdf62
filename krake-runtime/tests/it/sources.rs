//! What leads to a run besides a change of the object itself.

use std::sync::Arc;

use futures::StreamExt;
use krake_core::ObjectExt;
use krake_runtime::{Action, Cause, Context, Controller, Delta, Failure, reconcile_fn};

use crate::sites::{NS, Page, Site, bed, key, remove, site};

#[tokio::test(start_paused = true)]
async fn a_change_of_another_kind_runs_those_that_it_maps_to() {
    let bed = bed().await;
    let by_text = |delta: &Delta<Page>| {
        let keys: Vec<_> = delta.objects().map(|page| key(&page.text)).collect();
        keys
    };
    let reconcile = |_: Arc<Site>, _| async { Ok(Action::done()) };
    let controller = Controller::<Site>::named("mapped").watches::<Page, _>(by_text);
    bed.run(controller.build(reconcile_fn(reconcile)));
    for name in ["a", "b"] {
        bed.client()
            .namespace::<Site>(NS)
            .create(&site(name, &[]))
            .await
            .unwrap();
    }
    bed.settle().await;
    let pages = bed.client().namespace::<Page>(NS);
    pages.create(&Page::new("p", "a".into())).await.unwrap();
    bed.settle().await;
    let count = |name: &str| bed.runs("mapped", key(name)).len();
    assert_eq!((count("a"), count("b")), (2, 1));

    // Both states of a change count: what it was about, and what it is about now.
    pages
        .edit("p", |page| page.text = "b".into())
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!((count("a"), count("b")), (3, 2));
    assert_eq!(bed.runs("mapped", key("a")).last().unwrap().causes, [Cause::Watched]);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_panics_costs_the_runs_of_that_change_only() {
    let bed = bed().await;
    let picky = |delta: &Delta<Page>| {
        assert!(delta.object().text != "bad", "cannot stand this text");
        [key("a")]
    };
    let reconcile = |_: Arc<Site>, _| async { Ok(Action::done()) };
    let controller = Controller::<Site>::named("picky").watches::<Page, _>(picky);
    bed.run(controller.build(reconcile_fn(reconcile)));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    bed.settle().await;
    let pages = bed.client().namespace::<Page>(NS);
    for text in ["bad", "good"] {
        pages.create(&Page::new(text, text.into())).await.unwrap();
    }
    bed.settle().await;
    assert_eq!(bed.runs("picky", key("a")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_trigger_runs_the_keys_it_names() {
    let bed = bed().await;
    let reconcile = |_: Arc<Site>, _| async { Ok(Action::done()) };
    let (trigger, triggered) = tokio::sync::mpsc::channel(1);
    let keys = futures::stream::unfold(triggered, async |mut triggered| {
        triggered.recv().await.map(|key| (key, triggered))
    });
    let controller = Controller::<Site>::named("triggered").trigger(keys.boxed());
    bed.run(controller.build(reconcile_fn(reconcile)));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    bed.settle().await;
    trigger.send(key("a")).await.unwrap();
    bed.settle().await;
    assert_eq!(bed.runs("triggered", key("a"))[1].causes, [Cause::Triggered]);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_only_read_is_cached_and_an_undeclared_one_is_named() {
    let bed = bed().await;
    let reconcile = |site: Arc<Site>, ctx: Context<Site>| async move {
        let pages = ctx.store::<Page>().list().len();
        if pages == site.spec.pages.len() {
            Ok(Action::done())
        } else {
            Err(Failure::terminal("Missing", "pages are missing"))
        }
    };
    bed.run(
        Controller::<Site>::named("reads")
            .reads::<Page>()
            .build(reconcile_fn(reconcile)),
    );
    bed.run(Controller::<Site>::named("careless").build(reconcile_fn(reconcile)));
    let page = Page::new("x", "x".into()).in_namespace(NS);
    bed.client()
        .namespace::<Page>(NS)
        .create(&page)
        .await
        .unwrap();
    bed.settle().await;
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &["x"]))
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!(bed.runs("reads", key("a")).len(), 1);
    let outcome = format!("{:?}", bed.runs("careless", key("a"))[0].outcome);
    assert!(outcome.contains("does not declare demo/Page"), "{outcome}");
    remove(&bed, "x").await;
    bed.settle().await;
    assert_eq!(bed.runs("reads", key("a")).len(), 1);
}
