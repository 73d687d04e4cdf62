//! The addresses and ports a cluster hands out.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counters of what was handed out; nothing is handed out twice.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    services: AtomicU32,
    node_ports: AtomicU32,
    pods: AtomicU32,
    load_balancers: AtomicU32,
}

impl Addresses {
    /// The next cluster IP of 10.96.0.0/12; the first is that of the API itself.
    pub(crate) fn service(&self) -> String {
        address([10, 96, 0, 1], next(&self.services))
    }

    /// The next node port, starting at 30000.
    pub(crate) fn node_port(&self) -> u32 {
        30_000 + next(&self.node_ports) % 2_768
    }

    /// The next pod IP of 10.244.0.0/14.
    pub(crate) fn pod(&self) -> String {
        address([10, 244, 0, 2], next(&self.pods))
    }

    /// The next external IP of a load balancer, of 198.18.0.0/15 (RFC 2544: never routed).
    pub(crate) fn load_balancer(&self) -> String {
        address([198, 18, 0, 1], next(&self.load_balancers))
    }
}

fn next(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed)
}

fn address(first: [u8; 4], index: u32) -> String {
    Ipv4Addr::from_bits(Ipv4Addr::from(first).to_bits() + index % (1 << 17)).to_string()
}
