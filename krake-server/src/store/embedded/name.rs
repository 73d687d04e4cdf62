//! Names of the store's files.

use std::collections::BTreeSet;

use krake_core::Revision;

/// Ends the name of a file that is not complete yet.
const TEMPORARY: &str = ".tmp";

/// The log with the commits after `base`.
pub(super) fn log(base: Revision) -> String {
    format!("log-{:020}", base.0)
}

/// The snapshot of the state as of `revision`.
pub(super) fn snapshot(revision: Revision) -> String {
    format!("snapshot-{:020}", revision.0)
}

/// What a file is called until it is complete.
pub(super) fn temporary(name: &str) -> String {
    format!("{name}{TEMPORARY}")
}

/// The store's files in a directory; files with other names are nobody's business here.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    /// Bases of the logs.
    pub(super) logs: BTreeSet<Revision>,
    /// Revisions of the snapshots.
    pub(super) snapshots: BTreeSet<Revision>,
    /// Names of files that were never completed.
    pub(super) temporary: Vec<String>,
}

impl Inventory {
    /// Sorts the names of a directory.
    pub(super) fn of(names: Vec<String>) -> Self {
        let mut inventory = Self::default();
        for name in names {
            if let Some(base) = parse(&name, "log-") {
                inventory.logs.insert(base);
            } else if let Some(revision) = parse(&name, "snapshot-") {
                inventory.snapshots.insert(revision);
            } else if is_temporary(&name) {
                inventory.temporary.push(name);
            }
        }
        inventory
    }

    /// Names of the files that are not needed once there is a snapshot of `revision`.
    pub(super) fn obsolete(&self, revision: Revision) -> Vec<String> {
        let logs = self.logs.range(..revision).map(|base| log(*base));
        let snapshots = self
            .snapshots
            .range(..revision)
            .map(|revision| snapshot(*revision));
        logs.chain(snapshots).collect()
    }
}

/// Whether it is a file of this store: a directory may hold unfinished files of others.
fn is_temporary(name: &str) -> bool {
    name.strip_suffix(TEMPORARY).is_some_and(|name| {
        parse(name, "log-")
            .or_else(|| parse(name, "snapshot-"))
            .is_some()
    })
}

fn parse(name: &str, prefix: &str) -> Option<Revision> {
    let digits = name
        .strip_prefix(prefix)
        .filter(|digits| digits.len() == 20)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}
