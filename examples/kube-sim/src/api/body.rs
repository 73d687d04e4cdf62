//! Bodies of answers.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};

/// The body of an answer: complete, or the endless lines of a watch.
///
/// It fails with [`ConnectionReset`](io::ErrorKind::ConnectionReset) when an outage cuts a watch.
pub struct SimBody(UnsyncBoxBody<Bytes, io::Error>);

impl SimBody {
    pub(super) fn full(bytes: impl Into<Bytes>) -> Self {
        Self(
            Full::new(bytes.into())
                .map_err(|never| match never {})
                .boxed_unsync(),
        )
    }

    pub(super) fn stream(lines: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(StreamBody::new(lines.map(|line| line.map(Frame::data))).boxed_unsync())
    }
}

impl Body for SimBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for SimBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimBody").finish_non_exhaustive()
    }
}
