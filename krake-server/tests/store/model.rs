//! Random transactions against a store and against a model that keeps every state there ever was.

use std::collections::BTreeMap;
use std::sync::Arc;

use krake_core::Revision;
#[cfg(feature = "etcd")]
use krake_server::store::Window;
use krake_server::store::{
    Commit, Entry, Event, Expect, MemoryStore, Op, Range, Store, Transaction,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
#[cfg(feature = "etcd")]
use proptest::test_runner::TestRunner;

use crate::fixture::*;

const KEYS: [&str; 6] = ["a", "a/1", "a/2", "b", "b/1", "c"];

#[derive(Clone, Debug)]
enum Action {
    Commit {
        guards: Vec<(&'static str, Guard)>,
        ops: Vec<(&'static str, Option<u8>)>,
    },
    /// Reads a prefix in pages, as of a revision in this percentage of the history.
    Read {
        prefix: &'static str,
        limit: usize,
        percent: u64,
    },
    /// Watches a prefix from there to now.
    Watch {
        prefix: &'static str,
        percent: u64,
    },
    Reopen,
}

#[derive(Clone, Copy, Debug)]
enum Guard {
    Absent,
    /// What holds now, if the key exists.
    Current,
    Stale,
}

fn action() -> impl Strategy<Value = Action> {
    let keys = || subsequence(KEYS.to_vec(), 0..4);
    let guard = prop_oneof![Just(Guard::Absent), Just(Guard::Current), Just(Guard::Stale)];
    let guards = (keys(), vec(guard, 4)).prop_map(|(keys, guards)| keys.into_iter().zip(guards));
    let guards = prop_oneof![2 => Just(Vec::new()), 1 => guards.prop_map(Iterator::collect)];
    let ops = (keys(), vec(proptest::option::weighted(0.7, any::<u8>()), 4));
    let ops = ops.prop_map(|(keys, values)| keys.into_iter().zip(values).collect());
    let prefix = || prop_oneof![Just(""), Just("a"), Just("a/"), Just("b/1"), Just("x")];
    prop_oneof![
        10 => (guards, ops).prop_map(|(guards, ops)| Action::Commit { guards, ops }),
        2 => (prefix(), 1..5_usize, 0..=100_u64)
            .prop_map(|(prefix, limit, percent)| Action::Read { prefix, limit, percent }),
        2 => (prefix(), 0..=100_u64).prop_map(|(prefix, percent)| Action::Watch { prefix, percent }),
        1 => Just(Action::Reopen),
    ]
}

type State = BTreeMap<String, Entry>;

/// All states and events since the start; the states have consecutive revisions.
struct Model {
    start: Revision,
    states: Vec<State>,
    events: Vec<Event>,
}

impl Model {
    fn new(start: Revision) -> Self {
        Self { start, states: vec![State::new()], events: Vec::new() }
    }

    fn current(&self) -> &State {
        self.states.last().expect("there is a first state")
    }

    fn revision(&self) -> Revision {
        Revision(self.start.0 + self.states.len() as u64 - 1)
    }

    fn at(&self, percent: u64) -> Revision {
        Revision(self.start.0 + (self.revision().0 - self.start.0) * percent / 100)
    }

    fn commit(&mut self, transaction: &Transaction) -> Commit {
        let current = self.current();
        let holds = |(key, expect): &(String, Expect)| match expect {
            Expect::Absent => !current.contains_key(key),
            Expect::At(revision) => current.get(key).map(|entry| entry.modified) == Some(*revision),
        };
        if !transaction.guards.iter().all(holds) {
            let entries = transaction
                .guards
                .iter()
                .map(|(key, _)| current.get(key).cloned());
            return Commit::Refused { revision: self.revision(), current: entries.collect() };
        }
        let (mut state, next) = (current.clone(), self.revision().next());
        let before = self.events.len();
        for op in &transaction.ops {
            self.events.extend(execute(&mut state, op, next));
        }
        if self.events.len() > before {
            self.states.push(state);
        }
        Commit::Done(self.revision())
    }

    fn read(&self, prefix: &str, at: Revision) -> Vec<Entry> {
        let state = &self.states[usize::try_from(at.0 - self.start.0).expect("a short history")];
        let covered = state.values().filter(|entry| entry.key.starts_with(prefix));
        covered.cloned().collect()
    }

    fn events(&self, prefix: &str, after: Revision) -> Vec<Event> {
        let covered = self
            .events
            .iter()
            .filter(|event| event.revision() > after && event.key().starts_with(prefix));
        covered.cloned().collect()
    }
}

fn execute(state: &mut State, op: &Op, revision: Revision) -> Option<Event> {
    match op {
        Op::Put { key, value } => {
            let created = state.get(key).map_or(revision, |old| old.created);
            let (key, value) = (Arc::<str>::from(&**key), value.clone());
            let entry = Entry { key, value, created, modified: revision };
            state.insert(entry.key.to_string(), entry.clone());
            Some(Event::Put { entry })
        }
        Op::Delete { key } => state
            .remove(key)
            .map(|last| Event::Delete { last, revision }),
    }
}

fn transaction(model: &Model, guards: &[(&str, Guard)], ops: &[(&str, Option<u8>)]) -> Transaction {
    let guard = |(key, guard): &(&str, Guard)| {
        let entry = model.current().get(*key);
        let expect = match (guard, entry) {
            (Guard::Absent, _) | (Guard::Current, None) => Expect::Absent,
            (Guard::Current, Some(entry)) => Expect::At(entry.modified),
            (Guard::Stale, entry) => Expect::At(entry.map_or(Revision(1), |entry| entry.created)),
        };
        ((*key).to_owned(), expect)
    };
    let op = |(key, value): &(&str, Option<u8>)| match value {
        Some(value) => put(key, vec![*value; usize::from(*value)]),
        None => delete(key),
    };
    Transaction { guards: guards.iter().map(guard).collect(), ops: ops.iter().map(op).collect() }
}

async fn check(store: &dyn Store, model: &mut Model, action: &Action) {
    match action {
        Action::Commit { guards, ops } => {
            let transaction = transaction(model, guards, ops);
            let expected = model.commit(&transaction);
            assert_eq!(store.commit(transaction).await.expect("an answer"), expected);
        }
        Action::Read { prefix, limit, percent } => {
            let at = model.at(*percent);
            assert_eq!(pages(store, prefix, *limit, at).await, model.read(prefix, at));
        }
        Action::Watch { prefix, percent } => {
            let after = model.at(*percent);
            let mut watch = store.watch(prefix, after).await.expect("a watch");
            if after < model.revision() {
                let seen = events_through(&mut watch, model.revision()).await;
                assert_eq!(seen, model.events(prefix, after));
            }
        }
        Action::Reopen => {}
    }
}

async fn pages(store: &dyn Store, prefix: &str, limit: usize, at: Revision) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = all.last().map(|entry| entry.key.to_string());
        let range = Range { prefix: prefix.into(), after, limit: Some(limit), at: Some(at) };
        let page = store.range(range).await.expect("a page");
        all.extend(page.entries);
        if !page.more {
            return all;
        }
    }
}

async fn check_all(store: &dyn Store, model: &mut Model) {
    let everything = [
        Action::Read { prefix: "", limit: 100, percent: 100 },
        Action::Watch { prefix: "", percent: 0 },
    ];
    for action in &everything {
        check(store, model, action).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn memory_store_equals_the_model(actions in vec(action(), 1..60)) {
        block_on(async {
            let (store, mut model) = (MemoryStore::new(), Model::new(Revision::ZERO));
            for action in &actions {
                check(&store, &mut model, action).await;
            }
            check_all(&store, &mut model).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn embedded_store_equals_the_model_also_after_restarts(actions in vec(action(), 1..40)) {
        block_on(async {
            let directory = tempfile::tempdir().expect("a temporary directory");
            // No snapshots: they would end the history that the model remembers.
            let options = || krake_server::store::Options { snapshot_after: u64::MAX, ..small() };
            let mut store = open(directory.path(), options());
            let mut model = Model::new(Revision::ZERO);
            for action in &actions {
                if let Action::Reopen = action {
                    store.close().await.expect("the store closes");
                    store = open(directory.path(), options());
                }
                check(&store, &mut model, action).await;
            }
            check_all(&store, &mut model).await;
        });
    }
}

#[cfg(feature = "etcd")]
#[test]
fn etcd_store_equals_the_model() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _context = runtime.enter();
    let fixture = etcd(Window::default());
    let store = &*fixture.store;
    let all_away: Vec<_> = KEYS.iter().map(|key| delete(key)).collect();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(16));
    let result = runner.run(&vec(action(), 1..40), |actions| {
        runtime.block_on(async {
            let mut model = Model::new(done(store, write(all_away.clone())).await);
            for action in &actions {
                check(store, &mut model, action).await;
            }
            check_all(store, &mut model).await;
        });
        Ok(())
    });
    result.expect("the store equals the model");
}
