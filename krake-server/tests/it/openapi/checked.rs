//! A client that believes the document.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::Value;

use super::document::Document;
use crate::bed::{Answer, Bed};

/// Every answer is held against the document, and so is every body that it calls valid.
pub(super) struct Checked {
    pub(super) bed: Bed,
    pub(super) document: Document,
    /// Judges that have been needed so far, by their schemas.
    judges: RefCell<HashMap<String, Rc<Validator>>>,
}

impl Checked {
    pub(super) async fn start() -> Self {
        let bed = Bed::start().await;
        let document = Document::of(&bed).await;
        Self { bed, document, judges: RefCell::default() }
    }

    /// Sends a request; the answer is as described.
    pub(super) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let text = body.map(ToString::to_string).unwrap_or_default();
        let answer = self.bed.send(method, path, text).await;
        self.check_answer(method, path, &answer);
        answer
    }

    /// Sends a body that is as described, and succeeds.
    pub(super) async fn write(&self, method: &str, path: &str, body: &Value) -> Value {
        assert_eq!(self.complaints(method, path, body), [""; 0], "{method} {path}");
        self.send(method, path, Some(body)).await.ok()
    }

    pub(super) async fn read(&self, path: &str) -> Value {
        self.send("GET", path, None).await.ok()
    }

    /// Sends a patch that is as described, and succeeds.
    pub(super) async fn patch(&self, path: &str, media_type: &str, patch: &Value) -> Value {
        let complaints = self.complaints_about(media_type, "PATCH", path, patch);
        assert_eq!(complaints, [""; 0], "PATCH {path}");
        let answer = self.bed.patch(path, media_type, patch).await;
        self.check_answer("PATCH", path, &answer);
        answer.ok()
    }

    /// What the document says against a body.
    pub(super) fn complaints(&self, method: &str, path: &str, body: &Value) -> Vec<String> {
        self.complaints_about("application/json", method, path, body)
    }

    fn complaints_about(
        &self,
        media_type: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Vec<String> {
        let operation = self.document.operation(method, path);
        self.violations(&operation["requestBody"]["content"][media_type]["schema"], body)
    }

    /// What a schema says against a value.
    pub(super) fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        assert!(!schema.is_null(), "there is no schema");
        self.judge(schema)
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    fn judge(&self, schema: &Value) -> Rc<Validator> {
        let mut judges = self.judges.borrow_mut();
        let judge = judges
            .entry(schema.to_string())
            .or_insert_with(|| Rc::new(self.document.validator(schema)));
        Rc::clone(judge)
    }

    fn check_answer(&self, method: &str, path: &str, answer: &Answer) {
        let responses = &self.document.operation(method, path)["responses"];
        let status = answer.status().to_string();
        let response = responses
            .get(&status)
            .unwrap_or_else(|| panic!("{method} {path} is answered {status}: {}", answer.text));
        let response = self.document.resolve(response);
        let media_type = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let schema = &response["content"][media_type]["schema"];
        let is_json = media_type.ends_with("json");
        let body = if is_json { answer.json() } else { Value::from(answer.text.as_str()) };
        let violations = self.violations(schema, &body);
        assert_eq!(violations, [""; 0], "{method} {path} is answered {}", answer.text);
        self.check_headers(response, answer);
    }

    fn check_headers(&self, response: &Value, answer: &Answer) {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = self.document.resolve(header);
            match answer.response.headers().get(name) {
                Some(value) => {
                    let value = Value::from(value.to_str().unwrap());
                    assert_eq!(self.violations(&header["schema"], &value), [""; 0], "{name}");
                }
                None => assert_ne!(header["required"], true, "{name} is missing"),
            }
        }
    }
}
