//! Conversations recorded from the original, replayed against the program: see `README.md` beside this file.
#![expect(clippy::panic, reason = "a test ends where its assumptions do")]

mod certificates;
#[cfg(feature = "etcd")]
#[path = "../support/etcd.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod etcd;
mod identity;
mod profiles;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod program;
mod python;
mod replay;
mod store;

use std::sync::{Mutex, PoisonError};

use crate::replay::{Replay, replay};
use crate::store::Store;

/// Transcripts measure heartbeats: one replay at a time.
static TURN: Mutex<()> = Mutex::new(());

fn all(store: &Store) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    replay(store, &Replay { update_event: "MODIFIED", only: &[] });
}

#[test]
fn clients_of_the_original_are_understood() {
    all(&Store::Memory);
}

#[test]
fn clients_of_the_original_are_understood_by_the_embedded_store() {
    all(&Store::in_directory());
}

#[cfg(feature = "etcd")]
#[test]
fn clients_of_the_original_are_understood_on_etcd() {
    all(&Store::on_etcd());
}

#[test]
fn updates_have_their_documented_name_unless_told_otherwise() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    replay(&Store::Memory, &Replay { update_event: "UPDATED", only: &["watch-*", "deletion-*"] });
}
