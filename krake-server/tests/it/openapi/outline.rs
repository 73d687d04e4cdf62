//! Which operations there are.

use http::Method;

use super::document::Document;
use crate::bed::Bed;

/// How many operations the original has on its resources.
const ORIGINAL: usize = 90;

#[tokio::test]
async fn the_outline_is_that_of_the_stock_kinds() {
    let document = Document::of(&Bed::start().await).await;
    let outline: Vec<String> = document
        .operations()
        .map(|(method, path, operation)| {
            let name = operation["operationId"].as_str().unwrap_or_default();
            format!("{} {path} {name}", method.to_uppercase())
        })
        .collect();
    let is_original = |line: &&String| line.matches('/').count() > 1 && !line.starts_with("PATCH");
    assert_eq!(outline.iter().filter(is_original).count(), ORIGINAL);
    insta::assert_snapshot!(outline.join("\n"));
}

/// What a template stands for.
fn example(path: &str) -> String {
    path.replace("{namespace}", "testing")
        .replace("{name}", "a")
}

#[tokio::test]
async fn exactly_what_is_described_is_served() {
    let bed = Bed::start().await;
    let document = Document::of(&bed).await;
    let described: Vec<(String, &str)> = document
        .operations()
        .map(|(method, path, _)| (method.to_uppercase(), path))
        .collect();
    for path in document.0["paths"].as_object().unwrap().keys() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = if method == Method::PATCH {
                bed.patch(&example(path), "application/merge-patch+json", "")
                    .await
            } else {
                bed.send(method.as_str(), &example(path), "").await
            };
            let is_served = answer.status() != 405 && !answer.text.contains("404: Not Found");
            let is_described = described.contains(&(method.to_string(), path.as_str()));
            assert_eq!(is_served, is_described, "{method} {path} is answered {}", answer.text);
        }
    }
}

#[tokio::test]
async fn force_is_described_where_it_works() {
    let document = Document::of(&Bed::start().await).await;
    let forced: Vec<&str> = document
        .operations()
        .filter(|(_, _, operation)| operation["parameters"].to_string().contains("/force"))
        .map(|(_, path, _)| path)
        .collect();
    let expected = ["applications", "clusters"]
        .map(|plural| format!("/kubernetes/namespaces/{{namespace}}/{plural}/{{name}}"));
    assert_eq!(forced, expected);
}
