//! The kind that the tests share, and a service that answers what a test wants.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use krake_client::Client;
use krake_core::{Metadata, Resource};

#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo")]
pub(crate) struct Note {
    pub(crate) metadata: Metadata,
    pub(crate) text: String,
}

pub(crate) const NS: &str = "testing";

pub(crate) type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

/// A request as the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) if_match: Option<String>,
    pub(crate) body: String,
}

/// The requests that a scripted service has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(|seen| seen.line.clone())
            .collect()
    }

    pub(crate) fn last(&self) -> Seen {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

/// A client of a service that answers by `script`: given method with path and query, a status and the pieces of a body.
pub(crate) fn scripted(
    script: impl Fn(&str) -> (u16, Vec<&'static str>) + Send + Sync + 'static,
) -> (Client, Log) {
    let log = Log::default();
    let (script, seen) = (Arc::new(script), log.clone());
    let service = tower::service_fn(move |request: Request<Full<Bytes>>| {
        let (script, seen) = (Arc::clone(&script), seen.clone());
        let answer: BoxFuture<'static, Result<Response<Body>, Infallible>> = Box::pin(async move {
            let (parts, body) = request.into_parts();
            let line = format!("{} {}", parts.method, parts.uri);
            let if_match = parts.headers.get("if-match");
            let if_match = if_match.map(|value| value.to_str().unwrap().to_owned());
            let body = body.collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            let (status, pieces) = script(&line);
            seen.0.lock().unwrap().push(Seen { line, if_match, body });
            let frames = pieces
                .into_iter()
                .map(|piece| Ok(Frame::data(Bytes::from(piece))));
            let mut response = Response::new(StreamBody::new(stream::iter(frames).boxed()));
            *response.status_mut() = status.try_into().unwrap();
            response
                .headers_mut()
                .insert("retry-after", "7".parse().unwrap());
            Ok(response)
        });
        answer
    });
    (Client::from_service(service), log)
}
