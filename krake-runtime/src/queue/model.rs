//! The queue against a model that does everything by looking at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::Priority;
use super::core::{Core, rank};
use crate::Cause;

#[derive(Clone, Debug)]
enum Step {
    Add { key: u8, delay: u64, priority: i16 },
    Next,
    Done { pick: usize },
    Pass { millis: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..6_u8, prop_oneof![Just(0), 1..200_u64], prop_oneof![Just(0), Just(-100_i16), Just(1)])
            .prop_map(|(key, delay, priority)| Step::Add { key, delay, priority }),
        3 => Just(Step::Next),
        2 => (0..6_usize).prop_map(|pick| Step::Done { pick }),
        2 => (1..150_u64).prop_map(|millis| Step::Pass { millis }),
    ];
    prop::collection::vec(step, 0..120)
}

/// What is requested, and what runs.
#[derive(Debug, Default)]
struct Model {
    wanted: BTreeMap<u8, (Instant, Priority)>,
    running: BTreeSet<u8>,
}

impl Model {
    fn add(&mut self, key: u8, ready_at: Instant, priority: Priority) {
        let entry = self.wanted.entry(key).or_insert((ready_at, priority));
        *entry = (entry.0.min(ready_at), entry.1.max(priority));
    }

    /// The keys that may be handed out now, all of the same, lowest rank.
    fn candidates(&self, epoch: Instant, now: Instant) -> Vec<u8> {
        let eligible: Vec<_> = self
            .wanted
            .iter()
            .filter(|(key, (ready_at, _))| *ready_at <= now && !self.running.contains(key))
            .map(|(key, (ready_at, priority))| (rank(epoch, *ready_at, *priority), *key))
            .collect();
        let lowest = eligible.iter().map(|(rank, _)| *rank).min();
        let is_first = |(rank, key): (i128, u8)| (Some(rank) == lowest).then_some(key);
        eligible.into_iter().filter_map(is_first).collect()
    }
}

proptest! {
    #[test]
    fn the_queue_does_what_the_model_does(steps in steps()) {
        let epoch = Instant::now();
        let (mut queue, mut model, mut now) = (Core::new(epoch), Model::default(), epoch);
        for step in steps {
            match step {
                Step::Add { key, delay, priority } => {
                    let (ready_at, priority) = (now + Duration::from_millis(delay), Priority(priority));
                    queue.add(key, ready_at, priority, Cause::Changed, now);
                    model.add(key, ready_at, priority);
                }
                Step::Next => {
                    let candidates = model.candidates(epoch, now);
                    let next = queue.next(now).map(|work| work.key);
                    prop_assert_eq!(next.is_none(), candidates.is_empty());
                    if let Some(key) = next {
                        prop_assert!(candidates.contains(&key), "{} of {:?}", key, candidates);
                        model.wanted.remove(&key);
                        model.running.insert(key);
                    }
                }
                Step::Done { pick } => {
                    let running = model.running.iter().nth(pick).copied();
                    if let Some(key) = running {
                        queue.done(&key, false, now);
                        model.running.remove(&key);
                    }
                }
                Step::Pass { millis } => now += Duration::from_millis(millis),
            }
            prop_assert_eq!(queue.running(), model.running.len());
            prop_assert_eq!(queue.due(now), model.wanted.values().filter(|(at, _)| *at <= now).count());
        }
    }
}

#[test]
fn background_work_is_not_starved_by_a_full_load_of_normal_work() {
    let (epoch, background) = (Instant::now(), 5);
    let mut queue = Core::new(epoch);
    for key in 0..background {
        queue.add(key, epoch, Priority::BACKGROUND, Cause::Initial, epoch);
    }
    // A tenth of a second a run, and always some other key that wants one.
    let (mut now, mut served, mut fresh) = (epoch, 0, 1_000);
    while served < background {
        fresh += 1;
        queue.add(fresh, now, Priority::NORMAL, Cause::Changed, now);
        queue.add(fresh + 1_000_000, now, Priority::NORMAL, Cause::Changed, now);
        let key = queue.next(now).unwrap().key;
        served += u64::from(key < background);
        queue.done(&key, false, now);
        now += Duration::from_millis(100);
        // With twice the load that can be served, the backlog grows: its head is served half as fast as it arrives.
        assert!(now - epoch < Duration::from_secs(2 * 100 + 10));
    }
}
