//! Names for requests, by which clients and the server's log speak of the same thing.

use std::sync::atomic::{AtomicU64, Ordering};

use ::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the name, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;

/// Hands out names.
#[derive(Debug)]
pub(super) struct RequestIds {
    /// Tells this run of the server from others.
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        Self { run: uuid::Uuid::new_v4().as_fields().0, next: AtomicU64::new(1) }
    }

    /// The name that the client gave, if it is a reasonable one, or else a new one.
    pub(super) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get(HEADER).filter(|value| {
            let bytes = value.as_bytes();
            (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
        });
        given.cloned().unwrap_or_else(|| self.next())
    }

    fn next(&self) -> HeaderValue {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:08x}-{count}", self.run);
        HeaderValue::from_maybe_shared(name).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}
