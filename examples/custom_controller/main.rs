//! A kind and a controller that are not Krake's, with a server of their own, all in this one process.
//!
//! A `Site` wants pages; its controller creates a `Page` for each, repairs what others break, and reports how many there are.
//! Run it with `cargo run --example custom_controller`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_client::Client;
use krake_core::{Metadata, Resource};
use krake_runtime::{
    Action, Context, Controller, GarbageCollector, Manager, Reconciled, Reconciler, Runnable,
};
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use serde::{Deserialize, Serialize};

// The kinds …

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo")]
struct Site {
    metadata: Metadata,
    spec: SiteSpec,
    status: SiteStatus,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SiteSpec {
    pages: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct SiteStatus {
    pages: usize,
}

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo")]
struct Page {
    metadata: Metadata,
    text: String,
}

// … and the controller: called whenever a site or one of its pages changed, whatever happened in between.

struct Sites;

#[async_trait]
impl Reconciler<Site> for Sites {
    async fn reconcile(&self, site: Arc<Site>, ctx: &Context<Site>) -> Reconciled {
        let name = &site.metadata.name;
        let page = |text: &String| Page::new(format!("{name}-{text}"), format!("<h1>{text}</h1>"));
        ctx.sync_children(&*site, site.spec.pages.iter().map(page).collect())
            .await?;
        ctx.set_status(&*site, SiteStatus { pages: site.spec.pages.len() })
            .await?;
        Ok(Action::done())
    }
}

fn sites() -> Box<dyn Runnable> {
    Controller::<Site>::named("sites")
        .owns::<Page>()
        .build(Sites)
}

// That is all. The rest starts it and plays the user.

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Site>()
        .kind::<Page>()
        .build()
        .await?;
    let client = Client::from_service(server.clone());
    let manager = Manager::new(client.clone()).add(sites()).add(
        GarbageCollector::new()
            .kind::<Site>()
            .kind::<Page>()
            .build(),
    );
    let (done, finished) = tokio::sync::oneshot::channel::<()>();
    let user = async {
        let outcome = play(&client).await;
        drop(done);
        outcome
    };
    let (ran, played) = tokio::join!(manager.run(async { _ = finished.await }), user);
    ran?;
    server.shutdown().await;
    played
}

/// What a user does, and sees.
#[expect(clippy::print_stdout, reason = "this is what the example is for")]
async fn play(client: &Client) -> anyhow::Result<()> {
    const LIMIT: Duration = Duration::from_secs(10);
    let sites = client.namespace::<Site>("testing");
    let pages = client.namespace::<Page>("testing");

    let spec = SiteSpec { pages: vec!["news".into(), "shop".into()] };
    sites.create(&Site::new("home", spec)).await?;
    sites
        .wait("home", |site| site.is_some_and(|site| site.status.pages == 2), LIMIT)
        .await?;
    println!("created the site home: its controller made the pages home-news and home-shop");

    pages.delete("home-news").await?;
    pages
        .wait("home-news", |page| page.is_some_and(|page| !page.metadata.is_deleting()), LIMIT)
        .await?;
    println!("deleted the page home-news: it is back");

    sites
        .edit("home", |site| site.spec.pages.retain(|page| page != "shop"))
        .await?;
    pages
        .wait("home-shop", |page| page.is_none(), LIMIT)
        .await?;
    println!("took shop off the site: the page home-shop is gone");

    sites.delete("home").await?;
    sites.wait("home", |site| site.is_none(), LIMIT).await?;
    println!("deleted the site: its last page went first");
    Ok(())
}
