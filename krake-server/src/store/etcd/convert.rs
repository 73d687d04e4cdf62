//! Between etcd's words and the store's.

use std::sync::Arc;

use etcd_client::proto::{PbKeyValue, PbResponseHeader};
use krake_core::Revision;

use crate::store::{Entry, Range};

/// The end of a range that has none.
const END_OF_KEYS: &[u8] = b"\0";

/// A revision as etcd counts; one beyond etcd's numbers is one that it never reaches.
pub(super) fn to_etcd(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// A revision of etcd, which never has negative ones.
pub(super) fn from_etcd(revision: i64) -> Revision {
    Revision(u64::try_from(revision).unwrap_or_default())
}

/// The store's revision when a request was answered; etcd sends a header with every answer.
pub(super) fn revision_of(header: Option<&PbResponseHeader>) -> Revision {
    from_etcd(header.map_or(0, |header| header.revision))
}

/// An entry; `None` for a key that is no text, which must be of somebody else.
pub(super) fn entry(stored: PbKeyValue) -> Option<Entry> {
    let key = match String::from_utf8(stored.key) {
        Ok(key) => Arc::from(key),
        Err(error) => {
            let key = String::from_utf8_lossy(error.as_bytes());
            tracing::warn!(%key, revision = stored.mod_revision, "foreign key is not UTF-8, skipped");
            return None;
        }
    };
    Some(Entry {
        key,
        value: stored.value.into(),
        created: from_etcd(stored.create_revision),
        modified: from_etcd(stored.mod_revision),
    })
}

/// The first key of a range.
pub(super) fn first_key(range: &Range) -> Vec<u8> {
    let first = match &range.after {
        Some(after) if *after >= range.prefix => key_after(after.as_bytes()),
        _ => range.prefix.as_bytes().to_vec(),
    };
    if first.is_empty() { END_OF_KEYS.to_vec() } else { first }
}

/// The smallest key greater than `key`.
pub(super) fn key_after(key: &[u8]) -> Vec<u8> {
    [key, b"\0"].concat()
}

/// The first key after all that start with `prefix`, in etcd's notation.
pub(super) fn end_of_prefix(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    END_OF_KEYS.to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_range_has_exactly_the_keys_of_its_prefix_after_the_last_page(
            prefix in "[a-c/]{0,3}|\\PC{0,2}",
            after in proptest::option::of("[a-c/]{0,4}"),
            key in "[a-c/]{1,4}|\\PC{1,3}",
        ) {
            let range = Range { prefix: prefix.clone(), after: after.clone(), ..Range::default() };
            let (first, end) = (first_key(&range), end_of_prefix(&prefix));
            let is_before_end = end == END_OF_KEYS || key.as_bytes() < end.as_slice();
            let is_in = first.as_slice() <= key.as_bytes() && is_before_end;
            let belongs = key.starts_with(&prefix) && after.is_none_or(|after| key > after);
            prop_assert_eq!(is_in, belongs);
        }
    }
}
