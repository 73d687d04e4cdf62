//! Which of several equally good clusters.

/// How much `application` is drawn to `cluster`: the highest draw wins.
///
/// Rendezvous hashing (Thaler and Ravishankar, 1996): the draws of an application depend on nothing but the two names, so
/// every replica of the scheduler agrees, applications spread evenly, and a cluster that comes or goes moves only those
/// that it wins or loses. FNV-1a, finished by `SplitMix64`, whose values are the same for ever and everywhere.
pub(super) fn draw(application: &str, cluster: &str) -> u64 {
    // No name contains a zero byte, so two pairs never run together to the same text.
    let bytes = application.bytes().chain([0]).chain(cluster.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(hash)
}

/// Spreads differences in the last bytes over all bits.
const fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTERS: [&str; 4] = ["c1", "c2", "c3", "c4"];

    fn winner<'a>(application: &str, clusters: &[&'a str]) -> &'a str {
        clusters
            .iter()
            .max_by_key(|cluster| draw(application, cluster))
            .unwrap()
    }

    #[test]
    fn applications_spread_over_the_clusters() {
        let mut counts = [0_u32; 4];
        for number in 0..1000 {
            let cluster = winner(&format!("app-{number}"), &CLUSTERS);
            counts[CLUSTERS.iter().position(|name| *name == cluster).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (200..300).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_cluster_that_goes_moves_only_its_own_applications() {
        for number in 0..1000 {
            let application = format!("app-{number}");
            let before = winner(&application, &CLUSTERS);
            if before != "c4" {
                assert_eq!(winner(&application, &CLUSTERS[..3]), before);
            }
        }
    }

    #[test]
    fn draws_never_change() {
        assert_eq!(draw("a", "c"), draw("a", "c"));
        assert_ne!(draw("ab", "c"), draw("a", "bc"));
    }
}
