//! What it costs to read, write and check one object. `cargo bench -p krake-benches`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_core::{LabelConstraint, ObjectExt, Resource, Selector, decode};
use serde_json::json;

fn application() -> Application {
    let item = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "echo", "labels": {"app": "echo"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "echo"}},
            "template": {
                "metadata": {"labels": {"app": "echo"}},
                "spec": {"containers": [{"name": "echo", "image": "echoserver:1.10", "ports": [{"containerPort": 8080}]}]},
            },
        },
    });
    Application::new("echo", ApplicationSpec::of_manifest(vec![item]))
        .in_namespace("testing")
        .with_label("tier", "web")
}

fn objects(criterion: &mut Criterion) {
    let application = application();
    let bytes = serde_json::to_vec(&application).expect("an application is JSON");
    criterion.bench_function("decode an application", |bencher| {
        bencher.iter(|| decode::<Application>(black_box(&bytes)));
    });
    criterion.bench_function("encode an application", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&application)));
    });
    criterion.bench_function("validate an application", |bencher| {
        bencher.iter(|| black_box(&application).validate(None));
    });
    criterion.bench_function("parse a label constraint", |bencher| {
        bencher.iter(|| black_box("location not in (DE, SK)").parse::<LabelConstraint>());
    });
    let selector: Selector = "tier in (web,db),!legacy".parse().expect("a selector");
    criterion.bench_function("match a selector", |bencher| {
        bencher.iter(|| black_box(&selector).matches(&application.metadata.labels));
    });
}

criterion_group!(benches, objects);
criterion_main!(benches);
