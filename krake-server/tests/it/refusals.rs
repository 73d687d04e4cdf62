//! Requests that are refused, and leave nothing behind.

use std::convert::Infallible;

use bytes::Bytes;
use futures::StreamExt;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use krake_core::kubernetes::Application;
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use proptest::prelude::*;
use serde_json::json;

use crate::bed::{APPLICATIONS, Bed, application, path};

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let bed = Bed::start().await;
    for path in [
        "/kubernetes",
        "/kubernetes/",
        "/kubernetes/applications/",
        "/kubernetes/unknown",
        "/unknown/applications",
        "/Kubernetes/applications",
        "/kubernetes/applications/a",
        "/kubernetes/namespaces/testing",
        "/kubernetes/namespaces/testing/applications/a/unknown",
        "/kubernetes/namespaces/testing/applications/a/status/x",
        "/kubernetes/namespaces//applications",
        "/kubernetes/namespaces/testing/applications/a%2Fb",
        "/kubernetes/namespaces/testing/applications/%ff",
    ] {
        let answer = bed.get(path).await;
        assert_eq!(answer.problem(), (404, None), "{path}");
        assert_eq!(answer.json()["detail"], "404: Not Found");
    }
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let bed = Bed::start().await;
    for (method, path, allowed) in [
        ("POST", "/", "GET, HEAD"),
        ("POST", "/kubernetes/applications", "GET, HEAD"),
        ("PUT", APPLICATIONS, "GET, HEAD, POST"),
        ("POST", &path("a"), "GET, HEAD, PUT, PATCH, DELETE"),
        ("PATCH", APPLICATIONS, "GET, HEAD, POST"),
        ("GET", &(path("a") + "/status"), "PUT, PATCH"),
        ("PATCH", &(path("a") + "/binding"), "PUT"),
        ("DELETE", &(path("a") + "/binding"), "PUT"),
    ] {
        let answer = bed.send(method, path, "").await;
        assert_eq!(answer.problem(), (405, None), "{method} {path}");
        assert_eq!(answer.header("allow"), allowed);
    }
}

#[tokio::test]
async fn a_missing_object_is_named() {
    let bed = Bed::start().await;
    let full = bed.create("b").await;
    let answers = [
        bed.get(&path("a")).await,
        bed.delete(&path("a")).await,
        bed.put(&path("a"), &full).await,
        bed.put(&(path("a") + "/status"), &full).await,
        bed.get("/kubernetes/namespaces/testing/applications/a%20b")
            .await,
    ];
    for answer in answers {
        assert_eq!(answer.problem(), (404, Some("NOT_FOUND_ERROR".into())));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with("does not exist in namespace 'testing'"), "{detail}");
    }
}

#[tokio::test]
async fn a_taken_name_is_told() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let answer = bed.post(APPLICATIONS, &application("a")).await;
    assert_eq!(answer.problem(), (409, Some("RESOURCE_ALREADY_EXISTS".into())));
    assert_eq!(answer.json()["detail"], "Application 'a' already exists in namespace 'testing'");
}

#[tokio::test]
async fn what_is_no_json_is_of_the_wrong_type() {
    let bed = Bed::start().await;
    for body in [&b""[..], b"{", b"name=a", b"{\"a\": 1,}", b"\xff\xfe", b"{} {}", b"\"\xff\""] {
        let answers = [
            bed.send("POST", APPLICATIONS, body).await,
            bed.send("PUT", &path("a"), body).await,
            bed.send("PUT", &(path("a") + "/status"), body).await,
            bed.send("PUT", &(path("a") + "/binding"), body).await,
        ];
        for answer in answers {
            assert_eq!(answer.problem(), (415, None), "{body:?}");
        }
    }
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn what_is_no_json_is_told_where_it_goes_wrong() {
    let bed = Bed::start().await;
    for (body, place) in [
        (&b""[..], "it is empty"),
        (b"{\"a\": 1,\n}", "key must be a string at line 2 column 1"),
        (b"{} {}", "trailing characters at line 1 column 4"),
        (b"{\"a\": \"\xff\"}", "invalid utf-8 sequence of 1 bytes from index 7"),
    ] {
        let answer = bed.send("POST", APPLICATIONS, body).await;
        assert_eq!(
            answer.json()["detail"],
            format!("The body is not JSON: {place}. Send one JSON object.")
        );
    }
}

#[tokio::test]
async fn an_invalid_body_is_refused_field_by_field() {
    let bed = Bed::start().await;
    let valid = application("a");
    let change = |pointer: &str, value: serde_json::Value| {
        let mut body = valid.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, field) in [
        (change("/metadata/name", json!("a/b")), "metadata.name"),
        (change("/metadata/name", json!("")), "metadata.name"),
        (change("/metadata/name", json!(5)), "metadata.name"),
        (change("/metadata", json!({"name": "a", "labels": {"x": ""}})), "metadata.labels.x"),
        (change("/spec/manifest", json!("x")), "spec.manifest"),
        (change("/spec/manifest", json!([])), "spec"),
        (json!([]), ""),
        (json!({"spec": valid["spec"]}), "metadata"),
    ] {
        let answer = bed.post(APPLICATIONS, &body).await;
        assert_eq!(answer.problem(), (422, None), "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn a_replacement_must_be_complete() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    for (pointer, field) in
        [("/metadata", "uid"), ("/metadata", "created"), ("/metadata", "modified"), ("", "status")]
    {
        let mut body = created.clone();
        body["metadata"]["labels"] = json!({"a": "b"});
        body.pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(field);
        for suffix in ["", "/status"] {
            let answer = bed.put(&(path("a") + suffix), &body).await;
            assert_eq!(answer.problem(), (422, None), "{field}");
            assert!(
                answer.json()["errors"][0]["field"]
                    .as_str()
                    .unwrap()
                    .ends_with(field)
            );
        }
    }
    assert_eq!(bed.get(&path("a")).await.ok(), created);
}

#[tokio::test]
async fn deep_nesting_is_invalid_and_harmless() {
    let bed = Bed::start().await;
    let body = "[".repeat(200_000) + &"]".repeat(200_000);
    let status = bed.send("POST", APPLICATIONS, body).await.status();
    assert!([415, 422].contains(&status), "{status}");
}

#[tokio::test]
async fn a_namespace_that_is_no_name_is_invalid() {
    let bed = Bed::start().await;
    let answer = bed
        .post("/kubernetes/namespaces/a%20b/applications", &application("a"))
        .await;
    assert_eq!(answer.problem(), (422, None));
}

#[tokio::test]
async fn name_and_namespace_are_immutable() {
    let bed = Bed::start().await;
    let body = bed.create("a").await;
    for (field, value) in
        [("name", json!("other")), ("namespace", json!("other")), ("namespace", json!(null))]
    {
        let mut body = body.clone();
        body["metadata"][field] = value;
        let answer = bed.put(&path("a"), &body).await;
        assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())));
        let detail = format!("Trying to update an immutable field: {field}");
        assert_eq!(answer.json()["detail"], detail);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whatever_its_framing() {
    let bed = Bed::start().await;
    let large = Bytes::from(vec![b' '; 2 << 20]);
    let answer = bed.send("POST", APPLICATIONS, large.clone()).await;
    assert_eq!(answer.problem(), (413, None));
    let chunks = futures::stream::iter(std::iter::repeat_n(large.slice(..1 << 18), 8));
    let chunks = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let request = Request::post(APPLICATIONS)
        .body(StreamBody::new(chunks))
        .unwrap();
    assert_eq!(bed.answer(request).await.problem(), (413, None));
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let bed = Bed::start().await;
    let text = Bytes::from(application("a").to_string());
    let pieces: Vec<_> = text.chunks(7).map(Bytes::copy_from_slice).collect();
    let pieces = futures::stream::iter(pieces).map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let request = Request::post(APPLICATIONS)
        .body(StreamBody::new(pieces))
        .unwrap();
    bed.answer(request).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let bed = Bed::start().await;
    let silence = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
    let request = Request::post(APPLICATIONS)
        .body(StreamBody::new(silence))
        .unwrap();
    assert_eq!(bed.answer(request).await.problem(), (408, None));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let bed = Bed::start().await;
    let broken = futures::stream::iter([
        Ok(Frame::data(Bytes::from(application("a").to_string()))),
        Err(std::io::Error::other("reset")),
    ]);
    let request = Request::post(APPLICATIONS)
        .body(StreamBody::new(broken))
        .unwrap();
    assert_eq!(bed.answer(request).await.problem(), (400, None));
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn wrong_query_parameters_are_named() {
    let bed = Bed::start().await;
    let answer = bed
        .get(&format!(
            "{APPLICATIONS}?heartbeat=often&label_selector=a%20b&field_selector=a%3Db,c("
        ))
        .await;
    assert_eq!(answer.problem(), (422, None));
    let fields = answer.json()["errors"].clone();
    assert_eq!(fields[0]["field"], "query.heartbeat");
    assert_eq!(fields[1]["field"], "query.label_selector");
    assert_eq!(fields[2]["field"], "query.field_selector");
    let message = fields[2]["message"].as_str().unwrap();
    assert!(message.starts_with("`c(` at position 5"), "{message}");
}

#[tokio::test]
async fn a_precondition_that_is_no_version_is_refused() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let request = Request::delete(path("a")).header("if-match", "\"x\"");
    let answer = bed.answer(request.body(String::new()).unwrap()).await;
    assert_eq!(answer.problem(), (400, None));
    assert_eq!(bed.get(&path("a")).await.ok()["metadata"]["resource_version"], "1");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let get = bed.get(&path("a")).await;
    let head = bed.send("HEAD", &path("a"), "").await;
    assert_eq!(head.status(), 200);
    assert_eq!(head.text, "");
    assert_eq!(head.header("content-length"), get.text.len().to_string());
    let missing = bed.send("HEAD", &path("b"), "").await;
    assert_eq!((missing.status(), missing.text.as_str()), (404, ""));
    let problem = bed.get(&path("b")).await.text;
    assert_eq!(missing.header("content-length"), problem.len().to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_request_is_the_servers_fault(
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
        segments in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec!["kubernetes", "namespaces", "testing", "applications", "a", "status", "binding"])
                    .prop_map(str::to_owned),
                "[a-z%.:~0-9]{0,6}",
            ],
            0..7,
        ),
        query in prop_oneof![
            Just(String::new()),
            "[a-z=&%+0-9]{0,20}",
            "(limit|heartbeat|continue|resource_version|label_selector|field_selector|initial_events)=[a-z0-9%.~=()!,]{0,12}",
            "(dry_run|force|blocking)=(|true|True|All|pending|deleted|x)",
        ],
        if_match in prop::option::of("[\"0-9a*]{0,5}"),
        media_type in prop::sample::select(vec!["application/json-patch+json", "application/merge-patch+json", "text/plain"]),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            Just(application("a").to_string().into_bytes()),
            "[\\[\\]{}\":,a-z0-9 ]{0,40}".prop_map(String::into_bytes),
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let bed = Bed::start().await;
            bed.create("a").await;
            let mut request = Request::builder().method(method).uri(format!("/{}?{query}", segments.join("/")));
            request = request.header("content-type", media_type);
            if let Some(version) = if_match {
                request = request.header("if-match", version);
            }
            let Ok(request) = request.body(http_body_util::Full::new(Bytes::from(body))) else { return Ok(()) };
            let status = bed.call(request).await.status();
            prop_assert!(!status.is_server_error(), "{status}");
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_subresource_handler_refuses_by_its_own_problem() {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Application>()
        .subresource("lock", |_: &mut Application, (): (), _| {
            Err(krake_core::Problem::new(423, "It is locked."))
        })
        .build()
        .await
        .unwrap();
    let bed = Bed { server, store: MemoryStore::new().into() };
    bed.create("a").await;
    assert_eq!(
        bed.send("PUT", &(path("a") + "/lock"), "null")
            .await
            .problem(),
        (423, None)
    );
}

#[tokio::test]
async fn a_handler_that_panics_fails_its_request_alone() {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Application>()
        .subresource("break", |_: &mut Application, (): (), _| panic!("secret"))
        .build()
        .await
        .unwrap();
    let bed = Bed { server, store: MemoryStore::new().into() };
    let created = bed.create("a").await;
    let answer = bed.send("PUT", &(path("a") + "/break"), "null").await;
    assert_eq!(answer.problem(), (500, None));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(bed.put(&(path("a") + "/status"), &created).await.status(), 200);
}
