//! What `/metrics` tells.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use krake_server::store::MemoryStore;
use krake_server::{Authentication, ServerMetrics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;
use serde_json::json;

use crate::bed::{APPLICATIONS, Bed, application, path};

/// The samples of an exposition by name and labels as they are written.
struct Samples(HashMap<String, String>);

impl Samples {
    /// Reads the format of Prometheus, strictly: each sample belongs to the family before it, and occurs once.
    #[track_caller]
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let (mut family, mut kind, mut helped) = ("", "", "");
        let mut families = Vec::new();
        let mut samples = HashMap::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                helped = rest.split_once(' ').unwrap().0;
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                (family, kind) = rest.split_once(' ').unwrap();
                assert_eq!(family, helped, "{line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(!families.contains(&family), "{line} occurs twice");
                assert_eq!(family.ends_with("_total"), kind == "counter", "{line}");
                families.push(family);
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split_once('{').map_or(series, |(name, _)| name);
                let suffix = name
                    .strip_prefix(family)
                    .unwrap_or_else(|| panic!("{line}"));
                let fits = match kind {
                    "histogram" => ["_sum", "_count", "_bucket"].contains(&suffix),
                    _ => suffix.is_empty(),
                };
                assert!(fits, "{line} is no sample of {family}");
                value.parse::<f64>().unwrap();
                let before = samples.insert(series.to_owned(), value.to_owned());
                assert_eq!(before, None, "{line} occurs twice");
            }
        }
        Self(samples)
    }

    /// The value of what is counted in whole numbers.
    #[track_caller]
    fn get(&self, series: &str) -> u64 {
        let value = self.0.get(series);
        let value = value.unwrap_or_else(|| panic!("{series} is not in {:#?}", self.0.keys()));
        value.parse().unwrap()
    }

    /// The sum of all series of that name whose labels contain this.
    fn sum(&self, name: &str, label: &str) -> u64 {
        let of_name = |series: &str| series.split_once('{').is_some_and(|(own, _)| own == name);
        let series = self.0.keys();
        let chosen = series.filter(|series| of_name(series) && series.contains(label));
        chosen.map(|series| self.get(series)).sum()
    }
}

impl Bed {
    async fn samples(&self) -> Samples {
        let answer = self.get("/metrics").await;
        assert_eq!(answer.status(), 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        Samples::read(&answer.text)
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_what_they_are_about() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.get(&path("a")).await.ok();
    bed.get(&path("b")).await;
    bed.get(APPLICATIONS).await.ok();
    bed.put(&format!("{}/status", path("a")), &json!({})).await;
    bed.delete(&path("a")).await.ok();
    let samples = bed.samples().await;
    let of = |verb: &str, subresource: &str, status: &str| {
        samples.get(&format!(
            "krake_server_requests_total{{verb=\"{verb}\",api=\"kubernetes\",plural=\"applications\",\
             subresource=\"{subresource}\",status=\"{status}\"}}"
        ))
    };
    assert_eq!(of("create", "", "200"), 1);
    assert_eq!(of("get", "", "200"), 1);
    assert_eq!(of("get", "", "404"), 1);
    assert_eq!(of("list", "", "200"), 1);
    assert_eq!(of("update", "status", "422"), 1);
    assert_eq!(of("delete", "", "200"), 1);
    let labels = "verb=\"get\",api=\"kubernetes\",plural=\"applications\",subresource=\"\"}";
    let count = format!("krake_server_request_duration_seconds_count{{{labels}");
    let bucket = format!("krake_server_request_duration_seconds_bucket{{le=\"+Inf\",{labels}");
    assert_eq!((samples.get(&count), samples.get(&bucket)), (2, 2));
    assert_eq!(samples.get("krake_server_request_body_bytes_count"), 3);
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_a_sender_asks_for_is_no_work() {
    let bed = Bed::start().await;
    let held = format!("{APPLICATIONS}?blocking=running");
    bed.post(&held, &application("a")).await.ok();
    let text = bed.get("/metrics").await.text;
    let sum = "krake_server_request_duration_seconds_sum{verb=\"create\",api=\"kubernetes\",\
               plural=\"applications\",subresource=\"\"} 0.0\n";
    assert!(text.contains(sum), "{text}");
}

#[tokio::test]
async fn paths_that_do_not_exist_count_as_one() {
    let bed = Bed::start().await;
    for index in 0..3 {
        bed.get(&format!("/nowhere/{index}")).await;
        bed.send("BREW", &format!("{APPLICATIONS}/a{index}"), "")
            .await;
    }
    let samples = bed.samples().await;
    let of_unknown = |status: &str| {
        samples.get(&format!(
            "krake_server_requests_total{{verb=\"other\",api=\"\",plural=\"\",subresource=\"\",status=\"{status}\"}}"
        ))
    };
    assert_eq!((of_unknown("404"), of_unknown("405")), (3, 3));
    assert_eq!(samples.sum("krake_server_requests_total", ""), 6);
    let again = bed.samples().await;
    assert_eq!(again.sum("krake_server_requests_total", "subresource=\"/metrics\""), 1);
}

#[tokio::test(start_paused = true)]
async fn watches_and_what_they_are_told_are_counted() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let mut first = bed
        .watch(&format!("{APPLICATIONS}?watch&initial_events&bookmarks"))
        .await;
    let mut second = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    bed.create("b").await;
    for _ in 0..3 {
        first.event().await;
    }
    second.event().await;
    let kind = "{api=\"kubernetes\",plural=\"applications\"}";
    let samples = bed.samples().await;
    assert_eq!(samples.get(&format!("krake_server_watches{kind}")), 2);
    assert_eq!(samples.get(&format!("krake_server_watch_events_total{kind}")), 3);
    assert_eq!(samples.get(&format!("krake_server_cache_objects{kind}")), 2);
    assert_eq!(samples.get(&format!("krake_server_cache_window_changes{kind}")), 2);
    assert!(samples.get(&format!("krake_server_cache_window_bytes{kind}")) > 0);
    assert_eq!(samples.get("krake_server_store_revision"), 2);
    assert_eq!(
        samples.get("krake_server_store_commit_duration_seconds_count{outcome=\"done\"}"),
        2
    );
    drop(first);
    assert_eq!(
        bed.samples()
            .await
            .get(&format!("krake_server_watches{kind}")),
        1
    );
}

#[tokio::test]
async fn only_users_see_metrics() {
    let store = Arc::new(MemoryStore::new());
    let server = Bed::builder(Arc::clone(&store)).authentication(Authentication::closed());
    let bed = Bed { server: server.build().await.unwrap(), store };
    assert_eq!(bed.get("/metrics").await.problem(), (401, None));
    assert_eq!(bed.post("/metrics", &application("a")).await.status(), 401);
}

#[tokio::test]
async fn whoever_asks_for_open_metrics_gets_them() {
    let bed = Bed::start().await;
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let request = Request::get("/metrics").header("accept", accept);
    let answer = bed
        .answer(request.body(Full::<Bytes>::default()).unwrap())
        .await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), content_type);
    assert!(
        answer
            .text
            .contains("# TYPE krake_server_requests counter\n"),
        "{}",
        answer.text
    );
    assert!(answer.text.ends_with("\n# EOF\n"));
}

/// A part of the program that counts, too.
#[derive(Debug)]
struct Visitors;

impl Collector for Visitors {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let count = ConstCounter::new(7_u64);
        let kind = count.metric_type();
        count.encode(encoder.encode_descriptor("visitors", "Visitors", None, kind)?)
    }
}

#[tokio::test]
async fn a_program_shows_its_own_metrics_here_and_these_elsewhere() {
    let store = Arc::new(MemoryStore::new());
    let server = Bed::builder(Arc::clone(&store)).collector(Visitors);
    let bed = Bed { server: server.build().await.unwrap(), store };
    assert_eq!(bed.samples().await.get("visitors_total"), 7);
    let metrics: ServerMetrics = bed.server.metrics();
    assert_eq!(Samples::read(&metrics.text().unwrap()).get("visitors_total"), 7);
    let mut elsewhere = Registry::default();
    elsewhere.register_collector(Box::new(metrics));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &elsewhere).unwrap();
    assert!(text.contains("\nkrake_server_store_revision 0\n"), "{text}");
    assert!(!text.contains("visitors"), "{text}");
}
