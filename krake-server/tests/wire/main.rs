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

use crate::replay::replay;
use crate::store::Store;

/// Transcripts measure heartbeats: one replay at a time.
static TURN: Mutex<()> = Mutex::new(());

fn all(store: &Store, update_event: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    replay(store, update_event);
}

#[test]
fn clients_of_the_original_are_understood() {
    all(&Store::Memory, "MODIFIED");
}

#[test]
fn clients_of_the_original_are_understood_by_the_embedded_store() {
    all(&Store::in_directory(), "MODIFIED");
}

#[cfg(feature = "etcd")]
#[test]
fn clients_of_the_original_are_understood_on_etcd() {
    all(&Store::on_etcd(), "MODIFIED");
}

#[test]
fn updates_have_their_documented_name_unless_told_otherwise() {
    all(&Store::Memory, "UPDATED");
}
