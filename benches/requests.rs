//! What the server does for a request, without a socket: the cost of everything between the parsed head and the answer.

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, StatusCode};
use http_body_util::Full;
use krake_client::Client;
use krake_core::Resource;
use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_server::store::MemoryStore;
use krake_server::{Server, ServerBuilder};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

const NAMESPACE: &str = "bench";
const OBJECTS: usize = 100;

/// A server with some applications.
async fn server() -> Server {
    let server = ServerBuilder::new(MemoryStore::new()).stock().build().await;
    let server = server.expect("the stock kinds fit together");
    let applications = Client::from_service(server.clone()).namespace::<Application>(NAMESPACE);
    for index in 0..OBJECTS {
        let item =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
        let spec = ApplicationSpec::of_manifest(vec![item]);
        let application = Application::new(format!("a{index}"), spec);
        let created = applications.create(&application).await;
        created.expect("the name is free");
    }
    server
}

fn requests(criterion: &mut Criterion) {
    let runtime: Runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs nothing but memory");
    let server = runtime.block_on(server());
    let one = Application::KIND.path(Some(NAMESPACE), Some("a7"));
    let missing = Application::KIND.path(Some(NAMESPACE), Some("none"));
    let all = Application::KIND.path(Some(NAMESPACE), None);
    let mut ask = |name: &str, path: &str, status: StatusCode| {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = Request::get(path).body(Full::<Bytes>::default());
                let request = request.expect("the path is a path");
                let answer = runtime.block_on(server.clone().oneshot(request));
                let Ok(answer) = answer;
                assert_eq!(answer.status(), status);
            });
        });
    };
    ask("get", &one, StatusCode::OK);
    ask("get, missing", &missing, StatusCode::NOT_FOUND);
    ask("list of 100", &all, StatusCode::OK);
}

criterion_group!(benches, requests);
criterion_main!(benches);
