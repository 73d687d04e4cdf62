//! What goes with what is deleted.

use krake_client::ListOptions;
use krake_core::{CASCADE_DELETION, Metadata, Object, ObjectExt, Resource};
use krake_runtime::GarbageCollector;
use krake_runtime::testing::TestBed;

use crate::sites::{NS, Page, SECOND, Site, site};

/// A global kind at the root of things.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo", scope = "global")]
struct Region {
    metadata: Metadata,
}

async fn bed() -> TestBed {
    let builder = TestBed::builder()
        .kind::<Region>()
        .kind::<Site>()
        .kind::<Page>();
    let bed = builder.start().await;
    let collector = GarbageCollector::new()
        .kind::<Region>()
        .kind::<Site>()
        .kind::<Page>();
    bed.run(collector.build());
    bed
}

async fn region(bed: &TestBed, name: &str) -> Region {
    bed.client()
        .global::<Region>()
        .create(&Region::new(name))
        .await
        .unwrap()
}

async fn owned_site(bed: &TestBed, name: &str, owners: &[&dyn Object]) -> Site {
    let site = owners
        .iter()
        .fold(site(name, &[]), |site, owner| site.owned_by(*owner));
    bed.client()
        .namespace::<Site>(NS)
        .create(&site)
        .await
        .unwrap()
}

async fn page(bed: &TestBed, name: &str, owners: &[&dyn Object]) -> Page {
    let page = Page::new(name, String::new());
    let page = owners
        .iter()
        .fold(page, |page, owner| page.owned_by(*owner));
    bed.client()
        .namespace::<Page>(NS)
        .create(&page)
        .await
        .unwrap()
}

async fn pages(bed: &TestBed) -> Vec<String> {
    let pages = bed
        .client()
        .all::<Page>()
        .list(&ListOptions::default())
        .await
        .unwrap();
    pages
        .items
        .into_iter()
        .map(|page| page.metadata.name)
        .collect()
}

async fn is_there<K: Resource>(bed: &TestBed, name: &str) -> bool {
    let namespace = K::KIND.is_namespaced().then_some(NS);
    bed.client()
        .api::<K>(namespace)
        .find(name)
        .await
        .unwrap()
        .is_some()
}

#[tokio::test(start_paused = true)]
async fn an_object_without_dependents_goes_at_once() {
    let bed = bed().await;
    let lonely = page(&bed, "a", &[]).await;
    bed.settle().await;
    bed.client()
        .namespace::<Page>(NS)
        .delete(&lonely.metadata.name)
        .await
        .unwrap();
    bed.settle().await;
    assert!(!is_there::<Page>(&bed, "a").await);
}

#[tokio::test(start_paused = true)]
async fn a_chain_goes_from_its_end_to_its_root_across_namespaces() {
    let bed = bed().await;
    let root = region(&bed, "r").await;
    let middle = owned_site(&bed, "s", &[&root]).await;
    page(&bed, "p", &[&middle]).await;
    page(&bed, "stranger", &[]).await;
    bed.client().global::<Region>().delete("r").await.unwrap();
    bed.settle().await;
    assert!(!is_there::<Region>(&bed, "r").await && !is_there::<Site>(&bed, "s").await);
    assert_eq!(pages(&bed).await, ["stranger"]);
}

#[tokio::test(start_paused = true)]
async fn siblings_and_owner_stay_when_one_dependent_is_deleted() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    for name in ["p", "q"] {
        page(&bed, name, &[&owner]).await;
    }
    bed.client()
        .namespace::<Page>(NS)
        .delete("p")
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!(pages(&bed).await, ["q"]);
    assert!(is_there::<Site>(&bed, "s").await);
}

#[tokio::test(start_paused = true)]
async fn a_diamond_is_no_circle() {
    let bed = bed().await;
    let root = region(&bed, "r").await;
    let left = owned_site(&bed, "left", &[&root]).await;
    let right = owned_site(&bed, "right", &[&root]).await;
    page(&bed, "p", &[&left, &right]).await;
    bed.client().global::<Region>().delete("r").await.unwrap();
    bed.settle().await;
    assert!(!is_there::<Region>(&bed, "r").await);
    assert!(pages(&bed).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_of_two_owners_takes_its_dependent_along() {
    let bed = bed().await;
    let first = owned_site(&bed, "first", &[]).await;
    let second = owned_site(&bed, "second", &[]).await;
    page(&bed, "p", &[&first, &second]).await;
    bed.client()
        .namespace::<Site>(NS)
        .delete("first")
        .await
        .unwrap();
    bed.settle().await;
    assert!(pages(&bed).await.is_empty());
    assert!(is_there::<Site>(&bed, "second").await);
}

#[tokio::test(start_paused = true)]
async fn a_circle_goes_once_all_of_it_is_in_deletion() {
    let bed = bed().await;
    let first = owned_site(&bed, "first", &[]).await;
    let second = owned_site(&bed, "second", &[&first]).await;
    let sites = bed.client().namespace::<Site>(NS);
    let reference = second.to_ref();
    sites
        .edit("first", |site| site.metadata.owners.push(reference.clone()))
        .await
        .unwrap();
    bed.settle().await;
    sites.delete("first").await.unwrap();
    bed.settle().await;
    assert!(!is_there::<Site>(&bed, "first").await && !is_there::<Site>(&bed, "second").await);
}

#[tokio::test(start_paused = true)]
async fn other_finalizers_are_waited_for() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    page(&bed, "p", &[&owner]).await;
    let api = bed.client().namespace::<Page>(NS);
    api.edit("p", |page| page.metadata.finalizers.push("demo/busy".into()))
        .await
        .unwrap();
    bed.client()
        .namespace::<Site>(NS)
        .delete("s")
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!(api.get("p").await.unwrap().metadata.finalizers, ["demo/busy"]);
    let owner = bed.client().namespace::<Site>(NS).get("s").await.unwrap();
    assert_eq!(owner.metadata.finalizers, [CASCADE_DELETION]);

    api.edit("p", |page| page.metadata.finalizers.clear())
        .await
        .unwrap();
    bed.settle().await;
    assert!(!is_there::<Site>(&bed, "s").await);
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_no_watch_told_of_blocks_nobody() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    page(&bed, "p", &[&owner]).await;
    let api = bed.client().namespace::<Page>(NS);
    api.edit("p", |page| page.metadata.finalizers.push("demo/busy".into()))
        .await
        .unwrap();
    bed.client()
        .namespace::<Site>(NS)
        .delete("s")
        .await
        .unwrap();
    bed.settle().await;

    bed.faults().drop_watches::<Page>();
    api.edit("p", |page| page.metadata.finalizers.clear())
        .await
        .unwrap();
    bed.compact().await;
    bed.settle().await;
    assert!(!is_there::<Site>(&bed, "s").await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_let_go_while_its_dependents_may_be_unknown() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    bed.settle().await;
    bed.faults().fail_next_watches::<Page>(3, 503);
    bed.faults().drop_watches::<Page>();
    tokio::time::sleep(SECOND / 100).await;
    page(&bed, "p", &[&owner]).await;
    let api = bed.client().namespace::<Page>(NS);
    api.edit("p", |page| page.metadata.finalizers.push("demo/busy".into()))
        .await
        .unwrap();
    bed.client()
        .namespace::<Site>(NS)
        .delete("s")
        .await
        .unwrap();
    bed.advance(SECOND * 60).await;
    assert!(api.get("p").await.unwrap().metadata.is_deleting());
    assert!(is_there::<Site>(&bed, "s").await);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_of_a_certainly_gone_owner_goes_and_one_of_a_name_only_stays() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    let sites = bed.client().namespace::<Site>(NS);
    sites.delete("s").await.unwrap();
    bed.settle().await;
    page(&bed, "pinned", &[&owner]).await;
    let mut named = Page::new("named", String::new()).owned_by(&owner);
    named.metadata.owners[0].uid = None;
    bed.client()
        .namespace::<Page>(NS)
        .create(&named)
        .await
        .unwrap();
    bed.settle().await;
    assert_eq!(pages(&bed).await, ["named"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_of_a_name_does_not_inherit_dependents() {
    let bed = bed().await;
    let old = owned_site(&bed, "s", &[]).await;
    bed.client()
        .namespace::<Site>(NS)
        .delete("s")
        .await
        .unwrap();
    bed.settle().await;
    let new = owned_site(&bed, "s", &[]).await;
    page(&bed, "of-old", &[&old]).await;
    page(&bed, "of-new", &[&new]).await;
    bed.settle().await;
    assert_eq!(pages(&bed).await, ["of-new"]);
    assert!(!new.metadata.is_deleting());
}

/// Each kind is watched on its own, so an owner can be seen in deletion before the change that made a dependent independent
/// of it.
#[tokio::test(start_paused = true)]
async fn what_has_just_left_its_owner_is_not_deleted_with_it() {
    let bed = bed().await;
    let owner = owned_site(&bed, "s", &[]).await;
    page(&bed, "p", &[&owner]).await;
    page(&bed, "q", &[&owner]).await;
    bed.settle().await;
    bed.faults().delay_watches::<Page>(SECOND);
    let api = bed.client().namespace::<Page>(NS);
    api.edit("p", |page| page.metadata.owners.clear())
        .await
        .unwrap();
    bed.client()
        .namespace::<Site>(NS)
        .delete("s")
        .await
        .unwrap();
    bed.advance(SECOND * 10).await;
    assert_eq!(pages(&bed).await, ["p"]);
    assert!(!api.get("p").await.unwrap().metadata.is_deleting());
    assert!(!is_there::<Site>(&bed, "s").await);
}
