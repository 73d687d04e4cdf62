//! A transaction in etcd's words.

use etcd_client::proto::{PbTxnOpResponse, PbTxnResponse};
use etcd_client::{Compare, CompareOp, Txn, TxnOp};

use super::convert::{entry, revision_of, to_etcd};
use crate::store::{Commit, Entry, Expect, Op, Transaction};

/// The request: if all guards hold, the operations, otherwise a read of all guarded keys.
pub(super) fn request(transaction: &Transaction) -> Txn {
    let compares: Vec<_> = transaction
        .guards
        .iter()
        .map(|(key, expect)| compare(key, *expect))
        .collect();
    let reads: Vec<_> = transaction
        .guards
        .iter()
        .map(|(key, _)| TxnOp::get(key.as_str(), None))
        .collect();
    let ops: Vec<_> = transaction.ops.iter().map(operation).collect();
    Txn::new().when(compares).and_then(ops).or_else(reads)
}

fn compare(key: &str, expect: Expect) -> Compare {
    match expect {
        Expect::Absent => Compare::create_revision(key, CompareOp::Equal, 0),
        // To etcd, revision 0 would be that of an absent key.
        Expect::At(revision) if revision.0 == 0 => {
            Compare::create_revision(key, CompareOp::Less, 0)
        }
        Expect::At(revision) => Compare::mod_revision(key, CompareOp::Equal, to_etcd(revision)),
    }
}

fn operation(op: &Op) -> TxnOp {
    match op {
        Op::Put { key, value } => TxnOp::put(key.as_str(), value.as_ref(), None),
        Op::Delete { key } => TxnOp::delete(key.as_str(), None),
    }
}

/// What etcd has answered.
pub(super) fn answer(answer: PbTxnResponse) -> Commit {
    let revision = revision_of(answer.header.as_ref());
    if answer.succeeded {
        return Commit::Done(revision);
    }
    let current = answer
        .responses
        .into_iter()
        .map(|response| read(response.response))
        .collect();
    Commit::Refused { revision, current }
}

/// The entry in the answer to one of the reads.
fn read(response: Option<PbTxnOpResponse>) -> Option<Entry> {
    match response? {
        PbTxnOpResponse::ResponseRange(range) => range.kvs.into_iter().next().and_then(entry),
        _ => None,
    }
}
