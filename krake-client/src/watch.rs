//! Reading the lines of a watch.

use bytes::{Buf, Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt};
use krake_core::{WatchEvent, decode};

use crate::api::Adopt;
use crate::{ApiObject, Error, ResponseBody, Result};

/// The longest line of a watch that is accepted, in bytes: several times the largest object that a server stores.
pub(crate) const LINE_LIMIT: usize = 8 << 20;

/// The events of a watch, in order. An error is the last item; that the history is gone is such an error, however the
/// server says it. [`WatchEvent::Error`] does not occur.
///
/// # Cancel safety
/// Dropping the future of `next` loses nothing; dropping the stream ends the watch.
pub type WatchStream<K> = BoxStream<'static, Result<WatchEvent<K>>>;

/// The state of reading a watch.
struct Lines<K> {
    request: String,
    /// `None` once the watch is over.
    body: Option<ResponseBody>,
    buffer: BytesMut,
    /// The length of the buffer's start that holds no end of line.
    searched: usize,
    adopt: Adopt<K>,
}

/// The events that arrive as lines of `body`.
pub(crate) fn lines<K: ApiObject>(
    request: String,
    body: ResponseBody,
    adopt: Adopt<K>,
) -> WatchStream<K> {
    let buffer = BytesMut::new();
    let state = Lines { request, body: Some(body), buffer, searched: 0, adopt };
    stream::unfold(state, async |mut lines| lines.next().await.map(|event| (event, lines))).boxed()
}

impl<K: ApiObject> Lines<K> {
    async fn next(&mut self) -> Option<Result<WatchEvent<K>>> {
        loop {
            while let Some(line) = self.buffered_line() {
                if !line.trim_ascii().is_empty() {
                    return Some(self.checked(self.event(&line)));
                }
            }
            if self.buffer.len() > LINE_LIMIT {
                let error = Error::TooLong { request: self.request.clone(), limit: LINE_LIMIT };
                return Some(self.checked(Err(error)));
            }
            match self.body.as_mut()?.next().await {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                Some(Err(source)) => {
                    let request = self.request.clone();
                    return Some(self.checked(Err(Error::Transport { request, source })));
                }
                // A line without its end was cut off: what it said was not said.
                None => self.body = None,
            }
        }
    }

    fn buffered_line(&mut self) -> Option<Bytes> {
        let Some(end) = self.buffer[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n')
        else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.searched + end).freeze();
        self.buffer.advance(1);
        self.searched = 0;
        Some(line)
    }

    fn event(&self, line: &[u8]) -> Result<WatchEvent<K>> {
        let request = self.request.clone();
        let event = decode(line)
            .map_err(|source| Error::Undecodable { request: request.clone(), source })?;
        Ok(match event {
            WatchEvent::Added(object) => WatchEvent::Added((self.adopt)(object)),
            WatchEvent::Updated(object) => WatchEvent::Updated((self.adopt)(object)),
            WatchEvent::Deleted(object) => WatchEvent::Deleted((self.adopt)(object)),
            WatchEvent::Bookmark(bookmark) => WatchEvent::Bookmark(bookmark),
            WatchEvent::Error(problem) => {
                let problem = Box::new(problem);
                return Err(Error::Refused { request, problem, retry_after: None });
            }
        })
    }

    /// Ends the watch after an error.
    fn checked(&mut self, event: Result<WatchEvent<K>>) -> Result<WatchEvent<K>> {
        if event.is_err() {
            self.body = None;
            self.buffer.clear();
            self.searched = 0;
        }
        event
    }
}
