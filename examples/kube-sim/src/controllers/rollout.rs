//! How many pods of each generation a rolling update wants now.

use serde_json::Value;

use super::plan::replicas;
use crate::object::Fields;

/// The bounds of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) desired: usize,
    /// How many pods may be there beyond the desired.
    pub(super) surge: usize,
    /// How many of the desired may be missing.
    pub(super) unavailable: usize,
    /// The old pods go before the new come.
    pub(super) recreate: bool,
}

/// One generation of pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Generation {
    pub(super) wanted: usize,
    pub(super) present: usize,
    pub(super) available: usize,
}

impl Bounds {
    pub(super) fn of(deployment: &Value) -> Self {
        let desired = replicas(deployment);
        let recreate = deployment.text("/spec/strategy/type") == "Recreate";
        let update = &deployment["spec"]["strategy"]["rollingUpdate"];
        let surge = share(&update["maxSurge"], desired, true);
        let unavailable = share(&update["maxUnavailable"], desired, false).min(desired);
        // Without any slack an update could never move.
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        Self { desired, surge, unavailable, recreate }
    }

    /// The least number of available pods.
    pub(super) const fn floor(self) -> usize {
        self.desired.saturating_sub(self.unavailable)
    }
}

/// A number, or a percentage of `whole`, rounded up or down.
fn share(value: &Value, whole: usize, up: bool) -> usize {
    if let Some(number) = value.as_u64() {
        return usize::try_from(number).unwrap_or(usize::MAX);
    }
    let percent = value.as_str().and_then(|text| text.strip_suffix('%'));
    let percent: usize = percent
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let product = percent.saturating_mul(whole);
    if up { product.div_ceil(100) } else { product / 100 }
}

/// The next sizes of the new generation and of the old ones (oldest first).
pub(super) fn next_sizes(
    bounds: Bounds,
    new: Generation,
    old: &[Generation],
) -> (usize, Vec<usize>) {
    if bounds.recreate {
        let empty = old.iter().all(|generation| generation.present == 0);
        return (if empty { bounds.desired } else { new.wanted }, vec![0; old.len()]);
    }
    let old_wanted: usize = old.iter().map(|generation| generation.wanted).sum();
    let room = (bounds.desired + bounds.surge).saturating_sub(new.wanted + old_wanted);
    let next_new = bounds.desired.min(new.wanted + room);
    (next_new, shrink(bounds, new, old))
}

/// Takes from the old generations what is not needed for the floor: first what is not available anyway.
fn shrink(bounds: Bounds, new: Generation, old: &[Generation]) -> Vec<usize> {
    let total: usize = new.wanted
        + old
            .iter()
            .map(|generation| generation.wanted)
            .sum::<usize>();
    let new_missing = new.wanted.saturating_sub(new.available);
    let mut budget = total.saturating_sub(bounds.floor() + new_missing);
    let mut sizes: Vec<usize> = old.iter().map(|generation| generation.wanted).collect();
    let mut take = |size: &mut usize, most: usize| {
        let taken = most.min(*size).min(budget);
        *size -= taken;
        budget -= taken;
    };
    for (size, generation) in sizes.iter_mut().zip(old) {
        take(size, generation.wanted.saturating_sub(generation.available));
    }
    for size in &mut sizes {
        take(size, usize::MAX);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const fn generation(wanted: usize, available: usize) -> Generation {
        Generation { wanted, present: wanted, available }
    }

    /// Plays an update in which every wanted pod becomes available at once.
    #[test]
    fn an_update_never_leaves_its_bounds_and_ends() {
        for (desired, surge, unavailable) in
            [(1, 1, 0), (4, 1, 1), (10, 3, 2), (3, 0, 1), (5, 5, 5)]
        {
            let bounds = Bounds { desired, surge, unavailable, recreate: false };
            let (mut new, mut old) = (generation(0, 0), generation(desired, desired));
            for _ in 0..50 {
                let (next_new, next_old) = next_sizes(bounds, new, &[old]);
                assert!(next_new + old.wanted <= desired + surge, "{bounds:?} surges");
                // What is taken away goes at once, what is added is not available yet.
                old = generation(next_old[0], next_old[0].min(old.available));
                new = Generation { wanted: next_new, present: next_new, available: new.available };
                assert!(new.available + old.available >= bounds.floor(), "{bounds:?} falls below");
                new.available = new.wanted;
            }
            assert_eq!((new.wanted, old.wanted), (desired, 0), "{bounds:?} does not end");
        }
    }

    #[test]
    fn recreate_waits_until_the_old_pods_are_gone() {
        let bounds = Bounds { desired: 2, surge: 0, unavailable: 1, recreate: true };
        let gone = Generation::default();
        assert_eq!(next_sizes(bounds, gone, &[generation(2, 2)]), (0, vec![0]));
        assert_eq!(next_sizes(bounds, gone, &[gone]), (2, vec![0]));
    }

    #[test]
    fn percentages_round_in_favour_of_availability() {
        let deployment = json!({"spec": {"replicas": 3, "strategy": {
            "type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        }}});
        let bounds = Bounds { desired: 3, surge: 1, unavailable: 0, recreate: false };
        assert_eq!(Bounds::of(&deployment), bounds);
    }
}
