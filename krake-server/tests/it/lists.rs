//! Lists, their selectors and pages.

use krake_server::store::{Op, Store, Transaction};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};

const ALL: &str = "/kubernetes/applications";

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_list_is_ordered_and_knows_its_revision() {
    let bed = Bed::start().await;
    for name in ["b", "a", "B", "a-1"] {
        bed.create(name).await;
    }
    bed.post("/kubernetes/namespaces/test/applications", &application("z"))
        .await
        .ok();
    let list = bed.get(APPLICATIONS).await.ok();
    assert_eq!(list["api"], "kubernetes");
    assert_eq!(list["kind"], "ApplicationList");
    assert_eq!(list["metadata"], json!({"resource_version": "5"}));
    assert_eq!(names(&list), ["B", "a", "a-1", "b"]);
    assert_eq!(list["items"][1], bed.get(&path("a")).await.ok());
    assert_eq!(names(&bed.get(ALL).await.ok()), ["z", "B", "a", "a-1", "b"]);
    assert_eq!(names(&bed.get("/kubernetes/clusters").await.ok()), [""; 0]);
}

#[tokio::test]
async fn selectors_choose_items() {
    let bed = Bed::start().await;
    for (name, tier) in [("a", "web"), ("b", "db"), ("c", "web")] {
        let mut body = application(name);
        body["metadata"]["labels"] = json!({"tier": tier});
        bed.post(APPLICATIONS, &body).await.ok();
    }
    let list = bed
        .get(&format!("{ALL}?label_selector=tier%20in%20(web)"))
        .await
        .ok();
    assert_eq!(names(&list), ["a", "c"]);
    let list = bed
        .get(&format!("{ALL}?label_selector=tier%3Dweb&limit=1"))
        .await
        .ok();
    assert_eq!(names(&list), ["a"]);
    let token = list["metadata"]["continue"].as_str().unwrap();
    let rest = bed
        .get(&format!("{ALL}?label_selector=tier%3Dweb&continue={token}"))
        .await
        .ok();
    assert_eq!(names(&rest), ["c"]);
}

#[tokio::test]
async fn fields_choose_items_too() {
    let bed = Bed::start().await;
    for (name, backoff) in [("a", 1), ("system:b", 2), ("c", 3)] {
        let mut body = application(name);
        body["metadata"]["labels"] = json!({"tier": "web"});
        body["spec"]["backoff"] = json!(backoff);
        bed.post(APPLICATIONS, &body).await.ok();
    }
    let selected = async |query: &str| {
        let list = bed.get(&format!("{ALL}?{query}")).await.ok();
        names(&list)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    for (selector, expected) in [
        ("metadata.name%3Dsystem:b", &["system:b"][..]),
        ("spec.backoff!%3D2,status.state%20in%20(PENDING,RUNNING)", &["a", "c"]),
        ("status.scheduled_to", &[]),
        ("!status.scheduled_to,metadata.deleted%3D,spec.backoff%3D3.0", &["c"]),
        ("metadata.labels.tier%3Dweb,spec.backoff%3D1", &["a"]),
        ("", &["a", "c", "system:b"]),
    ] {
        assert_eq!(selected(&format!("field_selector={selector}")).await, expected, "{selector}");
    }
    let both = "label_selector=tier%3Ddb&field_selector=metadata.name%3Da";
    assert_eq!(selected(both).await, [""; 0]);
    let first = bed
        .get(&format!("{ALL}?field_selector=spec.backoff!%3D2&limit=1"))
        .await
        .ok();
    assert_eq!(names(&first), ["a"]);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = format!("field_selector=spec.backoff!%3D2&continue={token}");
    assert_eq!(selected(&rest).await, ["c"]);
}

#[tokio::test]
async fn nobody_selects_by_what_every_write_changes() {
    let bed = Bed::start().await;
    let answer = bed
        .get(&format!("{ALL}?field_selector=metadata.resource_version%3D1"))
        .await;
    assert_eq!(answer.problem(), (422, None));
    assert_eq!(answer.json()["errors"][0]["field"], "query.field_selector");
}

#[tokio::test]
async fn pages_show_one_moment() {
    let bed = Bed::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        bed.create(name).await;
    }
    let first = bed.get(&format!("{APPLICATIONS}?limit=2")).await.ok();
    assert_eq!(names(&first), ["a", "b"]);
    bed.create("bb").await;
    bed.delete(&path("e")).await.ok();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = bed
        .get(&format!("{APPLICATIONS}?limit=2&continue={token}"))
        .await
        .ok();
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["resource_version"], "5");
    let token = second["metadata"]["continue"].as_str().unwrap();
    let third = bed
        .get(&format!("{APPLICATIONS}?limit=2&continue={token}"))
        .await
        .ok();
    assert_eq!(names(&third), ["e"]);
    assert_eq!(third["items"][0]["metadata"]["deleted"], Value::Null);
    assert_eq!(third["metadata"].get("continue"), None);
}

#[tokio::test]
async fn a_token_of_another_list_is_refused_rather_than_answered_by_an_empty_page() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.create("b").await;
    let first = bed.get(&format!("{APPLICATIONS}?limit=1")).await.ok();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let elsewhere = "/kubernetes/namespaces/zoo/applications";
    let answer = bed.get(&format!("{elsewhere}?continue={token}")).await;
    assert_eq!(answer.problem(), (422, None));
    assert_eq!(answer.json()["errors"][0]["field"], "query.continue");
}

#[tokio::test]
async fn a_page_that_ends_the_list_has_no_successor() {
    let bed = Bed::start().await;
    bed.create("a").await;
    for limit in ["1", "0", "9"] {
        let list = bed.get(&format!("{APPLICATIONS}?limit={limit}")).await.ok();
        assert_eq!(names(&list), ["a"]);
        assert_eq!(list["metadata"].get("continue"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_page_is_gone() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.create("b").await;
    let first = bed.get(&format!("{APPLICATIONS}?limit=1")).await.ok();
    let token = first["metadata"]["continue"].as_str().unwrap();
    tokio::time::advance(std::time::Duration::from_secs(301)).await;
    let answer = bed.get(&format!("{APPLICATIONS}?continue={token}")).await;
    assert_eq!(answer.problem(), (410, Some("GONE".into())));
    let answer = bed
        .get(&format!("{APPLICATIONS}?continue=999.testing~a"))
        .await;
    assert_eq!(answer.problem(), (410, Some("GONE".into())));
}

#[tokio::test]
async fn a_long_list_arrives_whole() {
    let bed = Bed::start().await;
    for index in 0..200 {
        let mut body = application(&format!("a{index:03}"));
        body["metadata"]["annotations"] = json!({"padding": "x".repeat(2_000)});
        bed.post(APPLICATIONS, &body).await.ok();
    }
    let list = bed.get(APPLICATIONS).await;
    assert!(list.text.len() > 400_000);
    let list = list.ok();
    assert_eq!(names(&list).len(), 200);
    assert!(names(&list).is_sorted());
}

#[tokio::test]
async fn what_cannot_be_decoded_is_skipped() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.create("b").await;
    for key in ["testing/a", "testing/c", "testing", "testing/x/y", "te sting/z"] {
        let key = format!("/kubernetes/applications/{key}");
        let op = Op::Put { key, value: b"{}".as_slice().into() };
        bed.store
            .commit(Transaction { guards: vec![], ops: vec![op] })
            .await
            .unwrap();
    }
    assert_eq!(names(&bed.get(ALL).await.ok()), ["b"]);
    assert_eq!(bed.get(&path("a")).await.status(), 404);
}

#[tokio::test]
async fn a_value_of_the_original_is_shown_with_all_fields() {
    let bed = Bed::start().await;
    let mut old = bed.create("a").await;
    let metadata = old["metadata"].as_object_mut().unwrap();
    metadata.remove("generation");
    metadata.remove("resource_version");
    metadata.insert("unknown".into(), json!(1));
    let value = serde_json::to_vec_pretty(&old).unwrap().into();
    let op = Op::Put { key: "/kubernetes/applications/testing/a".into(), value };
    bed.store
        .commit(Transaction { guards: vec![], ops: vec![op] })
        .await
        .unwrap();
    let shown = bed.get(&path("a")).await.ok();
    assert_eq!(shown["metadata"]["generation"], 0);
    assert_eq!(shown["metadata"]["resource_version"], "2");
    assert_eq!(shown["metadata"].get("unknown"), None);
}
