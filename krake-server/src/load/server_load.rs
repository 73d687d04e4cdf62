//! All that a server limits in number.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::quota::{Quota, Taken};
use super::shares::{Share, Shares};
use crate::{Limits, User};

/// Why somebody has to come back later: the limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overload {
    #[error("The server is at work on as many reading requests as it may; try again.")]
    Reads,
    #[error("The server is at work on as many writing requests as it may; try again.")]
    Writes,
    #[error("The server has no room for further request bodies at the moment; try again.")]
    Bodies,
    #[error("As many watches are open as the server may have; try again later.")]
    Watches,
    #[error("You have as many open watches as one user may; close some, or try again later.")]
    WatchesPerUser,
}

impl Overload {
    const ALL: [Self; 5] =
        [Self::Reads, Self::Writes, Self::Bodies, Self::Watches, Self::WatchesPerUser];

    /// The field of [`Limits`].
    const fn limit(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Bodies => "bodies_bytes",
            Self::Watches => "watches",
            Self::WatchesPerUser => "watches_per_user",
        }
    }

    /// After how many seconds another attempt makes sense: requests come and go, watches stay.
    pub(crate) const fn retry_after(self) -> &'static str {
        match self {
            Self::Reads | Self::Writes | Self::Bodies => "1",
            Self::Watches | Self::WatchesPerUser => "10",
        }
    }
}

/// What is going on in a server.
#[derive(Debug)]
pub(crate) struct ServerLoad {
    pub(crate) reads: Quota,
    pub(crate) writes: Quota,
    pub(crate) bodies: Quota,
    watches: Arc<Quota>,
    watches_of_users: Arc<Shares<User>>,
    connections_of_networks: Arc<Shares<IpAddr>>,
    refused: [AtomicU64; Overload::ALL.len()],
}

/// The place of an open watch; it becomes free when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenWatch {
    _of_all: Taken<Arc<Quota>>,
    _of_user: Share<User>,
}

impl ServerLoad {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reads: Quota::new(limits.reads),
            writes: Quota::new(limits.writes),
            bodies: Quota::new(limits.bodies_bytes),
            watches: Arc::new(Quota::new(limits.watches)),
            watches_of_users: Arc::new(Shares::new(limits.watches_per_user)),
            connections_of_networks: Arc::new(Shares::new(limits.connections_per_address)),
            refused: Default::default(),
        }
    }

    /// Begins a request that reads.
    pub(crate) fn read(&self) -> Result<Taken<&Quota>, Overload> {
        self.counted(Quota::take(&self.reads, 1).ok_or(Overload::Reads))
    }

    /// Begins the work on a request that writes, whose body is there.
    pub(crate) fn write(&self) -> Result<Taken<&Quota>, Overload> {
        self.counted(Quota::take(&self.writes, 1).ok_or(Overload::Writes))
    }

    /// Whether a request that writes has a chance: if not, its body need not be waited for.
    pub(crate) fn expect_write(&self) -> Result<(), Overload> {
        let is_hopeless = self.writes.is_exhausted();
        self.counted(if is_hopeless { Err(Overload::Writes) } else { Ok(()) })
    }

    /// Room for a body that is about to arrive.
    pub(crate) const fn body(&self) -> BodyRoom<'_> {
        BodyRoom { load: self, taken: Quota::nothing(&self.bodies) }
    }

    /// Opens a watch of `user`.
    pub(crate) fn watch(&self, user: &User) -> Result<OpenWatch, Overload> {
        let of_user = self.watches_of_users.take(user.clone());
        let of_user = self.counted(of_user.ok_or(Overload::WatchesPerUser))?;
        let of_all = Quota::take(Arc::clone(&self.watches), 1);
        let of_all = self.counted(of_all.ok_or(Overload::Watches))?;
        Ok(OpenWatch { _of_all: of_all, _of_user: of_user })
    }

    /// A connection from `address`; `None` if it has too many.
    pub(crate) fn connection(&self, address: IpAddr) -> Option<Share<IpAddr>> {
        self.connections_of_networks.take(network(address))
    }

    /// How often each limit has turned somebody away.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self
            .refused
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        Overload::ALL.map(Overload::limit).into_iter().zip(counts)
    }

    fn counted<T>(&self, outcome: Result<T, Overload>) -> Result<T, Overload> {
        outcome.inspect_err(|overload| {
            self.refused[*overload as usize].fetch_add(1, Ordering::Relaxed);
        })
    }
}

/// The memory that the body of a request takes.
#[derive(Debug)]
pub(crate) struct BodyRoom<'a> {
    load: &'a ServerLoad,
    taken: Taken<&'a Quota>,
}

impl BodyRoom<'_> {
    /// Takes room for `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Overload> {
        let has_room = self.taken.grow(bytes);
        self.load
            .counted(if has_room { Ok(()) } else { Err(Overload::Bodies) })
    }
}

/// What counts as one client: an IPv4 address, or the /64 network that an IPv6 host may choose its addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_under_the_limit_that_made_them() {
        let limits = Limits { reads: 1, watches: 1, watches_per_user: 1, ..Limits::default() };
        let load = ServerLoad::new(&limits);
        let (user, other) = (User::new("a"), User::new("b"));
        let _read = load.read().unwrap();
        let _watch = load.watch(&user).unwrap();
        assert_eq!(load.read().unwrap_err(), Overload::Reads);
        assert_eq!(load.watch(&user).unwrap_err(), Overload::WatchesPerUser);
        assert_eq!(load.watch(&other).unwrap_err(), Overload::Watches);
        let counted: Vec<_> = load.refusals().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [("reads", 1), ("watches", 1), ("watches_per_user", 1)]);
    }

    #[test]
    fn a_host_with_many_addresses_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
