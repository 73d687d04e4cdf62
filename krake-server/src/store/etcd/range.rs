//! Reading keys, in answers of a bearable size.

use etcd_client::{GetOptions, GetResponse};
use krake_core::Revision;

use super::cluster::Cluster;
use super::convert::{end_of_prefix, entry, first_key, from_etcd, key_after, revision_of, to_etcd};
use super::failure::Failure;
use crate::store::{Page, Range};

/// How many keys are asked for at first.
const FIRST_KEYS: usize = 500;
const MOST_KEYS: usize = 10_000;
/// How many bytes of values an answer should have.
const ANSWER_BYTES: usize = 4 << 20;

/// Reads a range piece by piece, all as of the revision of the first piece.
///
/// The state as of revision 0 is that of etcd's first revision, 1: nothing is stored yet.
pub(super) async fn range(cluster: &Cluster, range: &Range) -> Result<Page, Failure> {
    let (mut from, end) = (first_key(range), end_of_prefix(&range.prefix));
    let mut at = range.at.map(|revision| to_etcd(revision).max(1));
    let mut keys = FIRST_KEYS;
    let mut entries = Vec::new();
    loop {
        let left = range
            .limit
            .map_or(usize::MAX, |limit| limit.saturating_sub(entries.len()));
        let wanted = keys.min(left).max(1);
        let answer = match read(cluster, &from, &end, wanted, at).await {
            Err(Failure::LargeAnswer(_)) if wanted > 1 => {
                keys = wanted / 2;
                continue;
            }
            answer => answer?.0,
        };
        let revision = *at.get_or_insert(to_etcd(revision_of(answer.header.as_ref())));
        let page = |entries, more| {
            let revision = range.at.unwrap_or_else(|| from_etcd(revision));
            Ok(Page { entries, more, revision })
        };
        if left == 0 {
            return page(entries, !answer.kvs.is_empty());
        }
        keys =
            next_keys(answer.kvs.len(), answer.kvs.iter().map(|stored| stored.value.len()).sum());
        let last = answer.kvs.last().map(|stored| key_after(&stored.key));
        entries.extend(answer.kvs.into_iter().filter_map(entry));
        match last {
            Some(next) if answer.more && range.limit.is_none_or(|limit| entries.len() < limit) => {
                from = next;
            }
            _ => return page(entries, answer.more),
        }
    }
}

async fn read(
    cluster: &Cluster,
    from: &[u8],
    end: &[u8],
    keys: usize,
    at: Option<i64>,
) -> Result<GetResponse, Failure> {
    let options = GetOptions::new()
        .with_range(end)
        .with_limit(i64::try_from(keys).unwrap_or(i64::MAX))
        .with_revision(at.unwrap_or_default());
    cluster
        .read(|mut connection| {
            let options = options.clone();
            async move { connection.kv.get(from, Some(options)).await }
        })
        .await
}

/// How many keys to ask for, after some keys have had so many bytes.
fn next_keys(keys: usize, bytes: usize) -> usize {
    let each = bytes / keys.max(1) + 1;
    (ANSWER_BYTES / each).clamp(1, MOST_KEYS)
}

/// The store's revision. Etcd confirms with its leader that it is the newest.
pub(super) async fn revision(cluster: &Cluster) -> Result<Revision, Failure> {
    let answer = probe(cluster, None).await?;
    Ok(revision_of(answer.0.header.as_ref()))
}

/// Whether the state as of a revision can be read.
pub(super) async fn check(cluster: &Cluster, revision: i64) -> Result<(), Failure> {
    probe(cluster, Some(revision)).await.map(drop)
}

async fn probe(cluster: &Cluster, at: Option<i64>) -> Result<GetResponse, Failure> {
    let options = GetOptions::new()
        .with_count_only()
        .with_revision(at.unwrap_or_default());
    cluster
        .read(|mut connection| {
            let options = options.clone();
            async move { connection.kv.get("/", Some(options)).await }
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_the_values_the_fewer_are_asked_for() {
        assert_eq!(next_keys(0, 0), MOST_KEYS);
        assert_eq!(next_keys(500, 500), MOST_KEYS);
        assert_eq!(next_keys(500, 500 * 4095), 1024);
        assert_eq!(next_keys(1, 100 << 20), 1);
    }
}
