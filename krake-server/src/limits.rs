//! How much a server lets its clients use.

use std::time::Duration;

/// Bounds on requests and on what is kept for watchers. The defaults suit most servers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Largest body of a request, in bytes; more is refused with 413. Default: 1 MiB.
    ///
    /// Objects are replaced as a whole, so users cannot make one that has more than 63/64 of this: the rest is left to what the
    /// server and controllers add.
    pub body_bytes: usize,
    /// How long the body of a request may take to arrive; then 408. Default: 10 s.
    pub body_time: Duration,
    /// How long a request may take altogether, watches and the wait of `blocking` excepted; then 503. Default: 30 s.
    pub request_time: Duration,
    /// How long an answer may be held back by `blocking`; then the object is answered as it is. Default: 1 min.
    pub blocking_time: Duration,
    /// How long a request waits for the server's caches to catch up with its store; then 503. Default: 3 s.
    pub freshness_time: Duration,
    /// Longest path and query of a request, in bytes; longer ones are refused with 414. Default: 16 KiB.
    pub uri_bytes: usize,
    /// Largest head of a request, in bytes; larger ones are refused with 431. 8 KiB at the least. Default: 64 KiB.
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
    /// Most connections of one client address at once, for IPv6 of one /64 network; further ones are closed, so that one client
    /// cannot take all of [`connections`](Self::connections). Behind a proxy, all clients have one address. Default: 5,000.
    pub connections_per_address: usize,
    /// Most requests that read at once, open watches, probes and `/metrics` excepted; further ones are refused with 429.
    /// Default: 2,000.
    pub reads: usize,
    /// Most requests that write at once, from the moment that their body is there; further ones are refused with 429.
    /// Default: 1,000.
    pub writes: usize,
    /// Most bytes of request bodies in memory at once, arriving or being worked on; then 429. Default: 256 MiB.
    pub bodies_bytes: usize,
    /// Most open watches; further ones are refused with 429. Each holds a connection: fewer than
    /// [`connections`](Self::connections) leave room for other requests. Default: 8,000.
    pub watches: usize,
    /// Most open watches of one user; further ones are refused with 429. Without authentication everybody is one user.
    /// Default: 4,000.
    pub watches_per_user: usize,
    /// How long open requests may take to finish after the shutdown began. Default: 10 s.
    pub drain_time: Duration,
    /// How many recent changes of each kind are kept for watchers. Default: 10,000.
    pub window_changes: usize,
    /// How many bytes of objects the recent changes of each kind may keep in memory. Default: 64 MiB.
    pub window_bytes: usize,
}

impl Limits {
    /// Largest object that a user can make, in bytes.
    pub(crate) const fn object_bytes(&self) -> usize {
        self.body_bytes - self.body_bytes / 64
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            blocking_time: Duration::from_mins(1),
            freshness_time: Duration::from_secs(3),
            uri_bytes: 16 << 10,
            header_bytes: 64 << 10,
            handshake_time: Duration::from_secs(10),
            header_time: Duration::from_mins(2),
            write_time: Duration::from_mins(1),
            connections: 10_000,
            connections_per_address: 5_000,
            reads: 2_000,
            writes: 1_000,
            bodies_bytes: 256 << 20,
            watches: 8_000,
            watches_per_user: 4_000,
            drain_time: Duration::from_secs(10),
            window_changes: 10_000,
            window_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// The first limit that would let nothing through.
    pub(crate) fn first_zero(&self) -> Option<&'static str> {
        let amounts = [
            ("body_bytes", self.body_bytes),
            ("uri_bytes", self.uri_bytes),
            ("header_bytes", self.header_bytes),
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("reads", self.reads),
            ("writes", self.writes),
            ("bodies_bytes", self.bodies_bytes),
            ("watches", self.watches),
            ("watches_per_user", self.watches_per_user),
            ("window_changes", self.window_changes),
            ("window_bytes", self.window_bytes),
        ];
        let times = [
            ("body_time", self.body_time),
            ("request_time", self.request_time),
            ("freshness_time", self.freshness_time),
            ("header_time", self.header_time),
            ("write_time", self.write_time),
        ];
        let amounts = amounts.map(|(name, amount)| (name, amount == 0));
        let times = times.map(|(name, time)| (name, time.is_zero()));
        let mut all = amounts.into_iter().chain(times);
        all.find_map(|(name, is_zero)| is_zero.then_some(name))
    }
}
