//! How much a server lets its clients use.

use std::time::Duration;

/// Bounds on requests and on what is kept for watchers. The defaults suit most servers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Largest body of a request, in bytes; more is refused with 413. Default: 1 MiB.
    pub body_bytes: usize,
    /// How long the body of a request may take to arrive; then 408. Default: 10 s.
    pub body_time: Duration,
    /// How long a request may take altogether, watches and the wait of `blocking` excepted; then 503. Default: 30 s.
    pub request_time: Duration,
    /// How long an answer may be held back by `blocking`; then the object is answered as it is. Default: 1 min.
    pub blocking_time: Duration,
    /// How long a request waits for the server's caches to catch up with its store; then 503. Default: 3 s.
    pub freshness_time: Duration,
    /// Largest head of a request on a socket, in bytes; 8 KiB at the least. Default: 64 KiB.
    pub header_bytes: usize,
    /// How long a client may take to agree on encryption, where connections are encrypted; then the connection ends.
    /// Default: 10 s.
    pub handshake_time: Duration,
    /// How long the head of the next request may take to arrive on a socket, idle time included; then the connection ends.
    /// Clients should let go of their idle connections earlier. Default: 2 min.
    pub header_time: Duration,
    /// How long a client on a socket may leave unread what it is sent; then the connection ends. Default: 1 min.
    pub write_time: Duration,
    /// Most connections served at once; further ones wait to be accepted. Default: 10,000.
    pub connections: usize,
    /// How long open requests may take to finish after the shutdown began. Default: 10 s.
    pub drain_time: Duration,
    /// How many recent changes of each kind are kept for watchers. Default: 10,000.
    pub window_changes: usize,
    /// How many bytes of objects the recent changes of each kind may keep in memory. Default: 64 MiB.
    pub window_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            blocking_time: Duration::from_mins(1),
            freshness_time: Duration::from_secs(3),
            header_bytes: 64 << 10,
            handshake_time: Duration::from_secs(10),
            header_time: Duration::from_mins(2),
            write_time: Duration::from_mins(1),
            connections: 10_000,
            drain_time: Duration::from_secs(10),
            window_changes: 10_000,
            window_bytes: 64 << 20,
        }
    }
}
