//! The kinds and the controller that the tests share: sites with one page for each of their texts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_core::{Key, Metadata, Resource};
use krake_runtime::testing::TestBed;
use krake_runtime::{
    Action, Context, Controller, Reconciled, Reconciler, Runnable, generation_changed,
};
use serde::{Deserialize, Serialize};

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo")]
pub(crate) struct Site {
    pub(crate) metadata: Metadata,
    pub(crate) spec: SiteSpec,
    pub(crate) status: SiteStatus,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SiteSpec {
    pub(crate) pages: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SiteStatus {
    pub(crate) ready: usize,
}

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo")]
pub(crate) struct Page {
    pub(crate) metadata: Metadata,
    pub(crate) text: String,
}

pub(crate) const NS: &str = "testing";

pub(crate) fn site(name: &str, pages: &[&str]) -> Site {
    Site::new(name, SiteSpec { pages: pages.iter().map(ToString::to_string).collect() })
}

pub(crate) fn key(name: &str) -> Key {
    Key::namespaced(NS, name)
}

pub(crate) async fn bed() -> TestBed {
    TestBed::builder()
        .kind::<Site>()
        .kind::<Page>()
        .start()
        .await
}

/// Keeps one page for each text, and counts them.
pub(crate) struct Sites;

#[async_trait]
impl Reconciler<Site> for Sites {
    async fn reconcile(&self, site: Arc<Site>, ctx: &Context<Site>) -> Reconciled {
        let page =
            |text: &String| Page::new(format!("{}-{text}", site.metadata.name), text.clone());
        let want = site.spec.pages.iter().map(page).collect();
        let ready = ctx.sync_children(&site, want).await?.len();
        ctx.set_status(&site, SiteStatus { ready }).await?;
        Ok(Action::done())
    }
}

pub(crate) fn sites() -> Box<dyn Runnable> {
    Controller::<Site>::named("sites")
        .owns::<Page>()
        .filter(generation_changed())
        .build(Sites)
}

/// What happens while a garbage collector is not running: the finalizer of the deletion is taken off at once.
pub(crate) async fn remove(bed: &TestBed, page: &str) {
    let pages = bed.client().namespace::<Page>(NS);
    pages.delete(page).await.unwrap();
    pages
        .edit(page, |page| page.metadata.finalizers.clear())
        .await
        .unwrap();
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
