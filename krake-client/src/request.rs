//! Sending one request and reading its answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use krake_core::{FieldErrors, FieldSelector, Problem, Selector, decode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::retry::Retries;
use crate::{Client, Error, ResponseBody, Result};

/// The longest answer that is read, in bytes.
const BODY_LIMIT: usize = 512 << 20;

/// The part of an error's body that is read, in bytes.
const PROBLEM_LIMIT: usize = 1 << 20;

/// Whoever is told to wait for longer asks again nevertheless.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// A query string under construction.
#[derive(Debug, Default)]
pub(crate) struct Query(String);

impl Query {
    fn separate(&mut self) {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
    }

    pub(crate) fn flag(&mut self, name: &str) {
        self.separate();
        self.0.push_str(name);
    }

    pub(crate) fn pair(&mut self, name: &str, value: &str) {
        self.flag(name);
        self.0.push('=');
        self.0.extend(percent_encode(value));
    }

    pub(crate) fn selectors(&mut self, labels: &Selector, fields: &FieldSelector) {
        if !labels.is_empty() {
            self.pair("label_selector", &labels.to_string());
        }
        if !fields.is_empty() {
            self.pair("field_selector", &fields.to_string());
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// The text with everything but the unreserved characters of RFC 3986 escaped.
fn percent_encode(text: &str) -> impl Iterator<Item = char> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    text.bytes().flat_map(|byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let escaped =
            ['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])];
        let single = [char::from(byte); 3];
        let (characters, length) = if plain { (single, 1) } else { (escaped, 3) };
        characters.into_iter().take(length)
    })
}

/// A request to be made: what is sent, and what errors call it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(method: Method, target: String) -> Self {
        Self { method, target, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The same request with a JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let encoded = serde_json::to_vec(body)
            .map_err(|source| Error::Unencodable { request: self.name(), source })?;
        self.body = encoded.into();
        self.headers
            .insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// The same request with a JSON body of another media type.
    pub(crate) fn json_as(self, media_type: &'static str, body: &impl Serialize) -> Result<Self> {
        let media_type = http::HeaderValue::from_static(media_type);
        Ok(self.json(body)?.header(CONTENT_TYPE, media_type))
    }

    /// The same request with a parameter that needs no value; it has no others.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        let mut query = Query::default();
        query.flag(name);
        self.target.push_str(&query.finish());
        self
    }

    /// The same request with one more header.
    pub(crate) fn header(mut self, name: http::HeaderName, value: http::HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Method and path, without the query.
    pub(crate) fn name(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }

    /// Sends the request and reads the whole answer, within the client's limit.
    pub(crate) async fn fetch<T: DeserializeOwned>(self, client: &Client) -> Result<T> {
        let name = self.name();
        let body = limited(client, name.clone(), self.exchange(client)).await?;
        decode(&body).map_err(|source| Error::Undecodable { request: name, source })
    }

    /// Sends the request; answers as soon as the server has accepted it. The body has no time limit.
    pub(crate) async fn open(self, client: &Client) -> Result<ResponseBody> {
        limited(client, self.name(), self.accepted(client)).await
    }

    async fn exchange(self, client: &Client) -> Result<Bytes> {
        let name = self.name();
        let body = self.accepted(client).await?;
        read(&name, body, BODY_LIMIT).await
    }

    /// Sends the request, again if the server asks for that.
    async fn accepted(self, client: &Client) -> Result<ResponseBody> {
        let mut retries = Retries::new(&self.method, client.request_limit());
        loop {
            match self.clone().attempt(client).await {
                Err(error) if retries.again(&error).await => {}
                answer => return answer,
            }
        }
    }

    async fn attempt(self, client: &Client) -> Result<ResponseBody> {
        let name = self.name();
        let response = self.send(client).await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let elsewhere = redirection(&response);
        let body = read(&name, response.into_body(), PROBLEM_LIMIT)
            .await
            .unwrap_or_default();
        Err(Error::Refused {
            request: name,
            problem: Box::new(elsewhere.unwrap_or_else(|| problem(status, &body))),
            retry_after,
        })
    }

    async fn send(self, client: &Client) -> Result<Response<ResponseBody>> {
        let name = self.name();
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.target)
            .body(self.body)
            .map_err(|error| Error::Transport { request: name.clone(), source: error.into() })?;
        *request.headers_mut() = self.headers;
        client
            .transport()
            .send(request)
            .await
            .map_err(|source| Error::Transport { request: name, source })
    }
}

/// Ends the exchange after the client's limit.
async fn limited<T>(
    client: &Client,
    request: String,
    exchange: impl Future<Output = Result<T>>,
) -> Result<T> {
    let limit = client.request_limit();
    timeout(limit, exchange)
        .await
        .unwrap_or(Err(Error::TimedOut { request, limit }))
}

async fn read(request: &str, mut body: ResponseBody, limit: usize) -> Result<Bytes> {
    let mut collected = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk =
            chunk.map_err(|source| Error::Transport { request: request.to_owned(), source })?;
        if collected.len() + chunk.len() > limit {
            return Err(Error::TooLong { request: request.to_owned(), limit });
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(collected.freeze())
}

/// What is told of an answer that points elsewhere: requests follow nobody, since a write could become a read on its way.
fn redirection(response: &Response<ResponseBody>) -> Option<Problem> {
    let status = response.status();
    let place = response.headers().get(LOCATION)?.to_str().ok()?;
    status.is_redirection().then(|| {
        let detail = format!("it is redirected to {place}; use the address of the server itself");
        Problem::new(status.as_u16(), detail)
    })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

/// What the server says; a proxy's answer that is no problem document is taken as its text.
fn problem(status: StatusCode, body: &[u8]) -> Problem {
    let parsed: std::result::Result<Problem, FieldErrors> = decode(body);
    if let Ok(problem) = parsed {
        return Problem { status: status.as_u16(), ..problem };
    }
    let text: String = String::from_utf8_lossy(body)
        .trim()
        .chars()
        .take(200)
        .collect();
    let reason = status.canonical_reason().unwrap_or("no reason given");
    Problem::new(status.as_u16(), if text.is_empty() { reason.to_owned() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_escapes_what_would_end_it() {
        let mut query = Query::default();
        query.flag("watch");
        query.selectors(&"tier in (a,b)".parse().unwrap(), &r"a.b!=x\,y".parse().unwrap());
        assert_eq!(
            query.finish(),
            "?watch&label_selector=tier%20in%20%28a%2Cb%29&field_selector=a.b%20notin%20%28x%5C%2Cy%29"
        );
    }

    #[test]
    fn nobody_is_made_to_wait_for_ever() {
        let headers =
            HeaderMap::from_iter([(RETRY_AFTER, "18446744073709551615".parse().unwrap())]);
        assert_eq!(retry_after(&headers), Some(Duration::from_hours(1)));
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_quoted() {
        let problem = problem(StatusCode::BAD_GATEWAY, b"<html>upstream down</html>");
        assert_eq!((problem.status, problem.detail.as_str()), (502, "<html>upstream down</html>"));
    }
}
