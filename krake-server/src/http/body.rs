//! Bodies of responses.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http_body::{Body, Frame, SizeHint};

use super::list::ListBody;

/// The body of a response: known as a whole, or streamed.
///
/// It never fails. A watch never ends by itself as long as the server runs.
pub struct ServerBody(Inner);

enum Inner {
    Full(Option<Bytes>),
    List(Box<ListBody>),
    Watch(BoxStream<'static, Bytes>),
}

impl ServerBody {
    /// No bytes.
    pub(super) const fn empty() -> Self {
        Self(Inner::Full(None))
    }

    /// These bytes.
    pub(super) const fn full(bytes: Bytes) -> Self {
        Self(Inner::Full(Some(bytes)))
    }

    /// The pieces of a list.
    pub(super) fn list(list: ListBody) -> Self {
        Self(Inner::List(Box::new(list)))
    }

    /// The lines of a watch.
    pub(super) const fn watch(lines: BoxStream<'static, Bytes>) -> Self {
        Self(Inner::Watch(lines))
    }
}

impl Body for ServerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = match &mut self.0 {
            Inner::Full(bytes) => bytes.take(),
            Inner::List(list) => list.next_chunk(),
            Inner::Watch(lines) => match Pin::new(lines).poll_next(context) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(chunk.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::List(_) | Inner::Watch(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for ServerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Inner::Full(_) => "Full",
            Inner::List(_) => "List",
            Inner::Watch(_) => "Watch",
        };
        f.debug_tuple("ServerBody").field(&name).finish()
    }
}
