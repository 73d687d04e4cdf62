//! From etcd's messages to whole commits.

use etcd_client::proto::{PbEvent, PbKeyValue};
use krake_core::Revision;

use super::convert::{entry, from_etcd};
use crate::store::{Batch, Error, Event};

/// A batch grows to about this many events: commits are not split.
const BATCH_EVENTS: usize = 1024;
/// The type of an event for a removed key.
const DELETE: i32 = 1;

/// Puts together commits that come in several messages, and cuts messages with many commits into batches.
pub(super) struct Batches {
    prefix: Vec<u8>,
    /// Everything up to here is in a batch that was handed out; what etcd tells again is dropped.
    told: Revision,
    /// Whole commits for the next batch, and the last of them.
    whole: Vec<Event>,
    through: Revision,
    /// The commit that is coming in.
    open: Vec<Event>,
    opened: Option<Revision>,
    /// What is to be handed out.
    complete: Vec<Batch>,
}

impl Batches {
    /// Batches of the keys under `prefix`, for somebody who knows everything up to `told`.
    pub(super) fn new(prefix: &str, told: Revision) -> Self {
        Self {
            prefix: prefix.as_bytes().to_vec(),
            told,
            whole: Vec::new(),
            through: told,
            open: Vec::new(),
            opened: None,
            complete: Vec::new(),
        }
    }

    /// The last commit that was handed out.
    pub(super) const fn told(&self) -> Revision {
        self.told
    }

    /// Forgets what was not handed out: it will come again.
    pub(super) fn restart(&mut self) {
        self.whole.clear();
        self.open.clear();
        self.opened = None;
        self.through = self.told;
    }

    /// Takes the events of a message; the answer is the batches that are complete with it. After one that `is_part` come more
    /// events of its last commit.
    pub(super) fn take(
        &mut self,
        message: Vec<PbEvent>,
        is_part: bool,
    ) -> Result<Vec<Batch>, Error> {
        for event in message {
            let Some(stored) = event.kv else { continue };
            let revision = from_etcd(stored.mod_revision);
            if revision <= self.through {
                continue;
            }
            if self.opened != Some(revision) {
                self.close();
                self.opened = Some(revision);
            }
            if stored.key.starts_with(&self.prefix) {
                let is_delete = event.r#type == DELETE;
                let event = if is_delete {
                    delete(revision, event.prev_kv)?
                } else {
                    entry(stored).map(|entry| Event::Put { entry })
                };
                self.open.extend(event);
            }
        }
        if !is_part {
            self.close();
            self.finish();
        }
        Ok(std::mem::take(&mut self.complete))
    }

    /// Ends the commit that is coming in.
    fn close(&mut self) {
        if let Some(revision) = self.opened.take() {
            self.whole.append(&mut self.open);
            self.through = revision;
            if self.whole.len() >= BATCH_EVENTS {
                self.finish();
            }
        }
    }

    /// Ends the batch.
    fn finish(&mut self) {
        if self.through > self.told {
            self.told = self.through;
            self.complete
                .push(Batch { events: std::mem::take(&mut self.whole), through: self.told });
        }
    }
}

/// A removal. Its last state is missing when history is compacted faster than it is told: then nothing after is complete.
fn delete(revision: Revision, last: Option<PbKeyValue>) -> Result<Option<Event>, Error> {
    let last = last.ok_or(Error::Compacted { oldest: revision })?;
    Ok(entry(last).map(|last| Event::Delete { last, revision }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(key: &str, revision: i64) -> PbKeyValue {
        PbKeyValue {
            key: key.into(),
            create_revision: revision,
            mod_revision: revision,
            ..PbKeyValue::default()
        }
    }

    fn put(key: &str, revision: i64) -> PbEvent {
        PbEvent { kv: Some(stored(key, revision)), ..PbEvent::default() }
    }

    fn removal(key: &str, revision: i64, last: Option<PbKeyValue>) -> PbEvent {
        PbEvent { r#type: DELETE, kv: Some(stored(key, revision)), prev_kv: last }
    }

    fn shape(batches: &[Batch]) -> Vec<(usize, u64)> {
        batches
            .iter()
            .map(|batch| (batch.events.len(), batch.through.0))
            .collect()
    }

    #[test]
    fn a_commit_in_several_messages_is_one_batch() {
        let mut batches = Batches::new("/", Revision(4));
        let first = vec![put("/a", 4), put("/a", 5), put("/b", 6)];
        assert!(batches.take(first, true).unwrap().is_empty());
        assert!(batches.take(vec![put("/c", 6)], true).unwrap().is_empty());
        let last = batches.take(vec![put("/d", 6)], false).unwrap();
        assert_eq!(shape(&last), [(4, 6)]);
    }

    #[test]
    fn what_was_not_handed_out_comes_again_after_a_restart() {
        let mut batches = Batches::new("/", Revision(4));
        assert_eq!(shape(&batches.take(vec![put("/a", 5)], false).unwrap()), [(1, 5)]);
        batches
            .take(vec![put("/a", 6), put("/a", 7)], true)
            .unwrap();
        batches.restart();
        assert_eq!(batches.told(), Revision(5));
        let again = vec![put("/a", 5), put("/a", 6), put("/a", 7), put("/b", 7)];
        assert_eq!(shape(&batches.take(again, false).unwrap()), [(3, 7)]);
    }

    #[test]
    fn foreign_keys_are_progress() {
        let mut batches = Batches::new("/a/", Revision(1));
        let foreign = vec![put("/b/x", 2), removal("/b/x", 3, None)];
        assert_eq!(shape(&batches.take(foreign, false).unwrap()), [(0, 3)]);
        let mut not_text = put("/a/", 4);
        not_text.kv.as_mut().unwrap().key.push(0xFF);
        assert_eq!(shape(&batches.take(vec![not_text], false).unwrap()), [(0, 4)]);
    }

    #[test]
    fn a_removal_without_its_last_state_sends_to_list_again() {
        let mut batches = Batches::new("/", Revision(1));
        let known = removal("/a", 3, Some(stored("/a", 2)));
        assert_eq!(shape(&batches.take(vec![known], false).unwrap()), [(1, 3)]);
        let error = batches
            .take(vec![removal("/b", 4, None)], false)
            .unwrap_err();
        assert!(matches!(error, Error::Compacted { oldest: Revision(4) }), "{error}");
    }

    proptest! {
        #[test]
        fn however_history_is_cut_into_messages_commits_stay_whole(
            sizes in prop::collection::vec(1..700_usize, 1..12),
            cuts in prop::collection::vec(1..900_usize, 1..12),
        ) {
            let revisions = (2_i64..).zip(&sizes);
            let mut history: Vec<_> = revisions
                .flat_map(|(revision, size)| (0..*size).map(move |n| put(&format!("/{n}"), revision)))
                .collect();
            let all = history.len();
            let mut batches = Batches::new("/", Revision(1));
            let mut told = Vec::new();
            for cut in cuts {
                let rest = history.split_off(cut.min(history.len()));
                told.extend(batches.take(std::mem::replace(&mut history, rest), true).unwrap());
            }
            told.extend(batches.take(history, false).unwrap());
            let mut before = 1;
            for batch in &told {
                let expected: usize = (before + 1..=batch.through.0)
                    .map(|revision| sizes[usize::try_from(revision).unwrap() - 2])
                    .sum();
                prop_assert_eq!(batch.events.len(), expected);
                prop_assert!(expected < BATCH_EVENTS + 700);
                before = batch.through.0;
            }
            prop_assert_eq!(told.iter().map(|batch| batch.events.len()).sum::<usize>(), all);
        }
    }
}
