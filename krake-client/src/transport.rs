//! The seam between the client and whatever carries its requests.

use std::error::Error;
use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{Request, Response};

/// Any error, boxed.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The body of an answer, as it arrives.
pub type ResponseBody = BoxStream<'static, Result<Bytes, BoxError>>;

/// Carries requests to a server: over the network, or by a call in the same process.
///
/// The URI of a request has a path and perhaps a query, no scheme and no host.
#[async_trait]
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends one request; returns when the head of the answer is there, the body streams on.
    ///
    /// Dropping the future or the body ends the exchange; the server may still have done what was asked.
    ///
    /// # Errors
    /// When no answer could be obtained. An answer of any status is not an error here.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<ResponseBody>, BoxError>;
}
