//! Lists: the encoded objects of a snapshot, joined.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use krake_core::{FieldErrors, Kind, ListMetadata};

use super::body::ServerBody;
use super::query::{CollectionQuery, Continue};
use crate::refusal::Refusal;
use crate::registry::Collection;
use crate::watch_cache::{Freshness, KindCache, Scan, Snapshot, Visit};

/// How large a piece of a list grows before it is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// The list of a collection.
pub(super) async fn list(
    cache: &KindCache,
    freshness: &Freshness,
    collection: Collection<'_>,
    query: CollectionQuery,
) -> Result<ServerBody, Refusal> {
    let snapshot = match &query.continued {
        Some(place) => cache.kept(place.revision).ok_or(Refusal::ListExpired)?,
        None => cache.snapshot(freshness.now().await?),
    };
    let prefix: Arc<str> = collection.prefix().into();
    let after = query
        .continued
        .map(|place| format!("{}{}", cache.prefix(), place.after).into());
    if after
        .as_ref()
        .is_some_and(|key: &Arc<str>| !key.starts_with(&*prefix))
    {
        return Err(FieldErrors::single("query.continue", "Not a token of this list.").into());
    }
    let mut scan = Scan::new(snapshot.objects.clone(), prefix, query.selection, after);
    let last = query
        .limit
        .filter(|limit| *limit > 0)
        .and_then(|limit| scan.cut_off(limit));
    let continue_token = last.map(|key| next_page(cache, &snapshot, &key));
    let metadata = ListMetadata { resource_version: Some(snapshot.revision), continue_token };
    Ok(ListBody::new(collection.kind, &metadata, scan)?.into_body())
}

fn next_page(cache: &KindCache, snapshot: &Snapshot, last: &str) -> String {
    cache.keep(snapshot);
    let after = last[cache.prefix().len()..].to_owned();
    Continue { revision: snapshot.revision, after }.token()
}

/// A list on its way out, encoded piece by piece.
pub(super) struct ListBody {
    scan: Scan,
    /// What precedes the next item.
    pending: BytesMut,
    is_first: bool,
    is_done: bool,
}

impl ListBody {
    fn new(kind: &Kind, metadata: &ListMetadata, scan: Scan) -> Result<Self, Refusal> {
        let text = |value: serde_json::Result<String>| {
            value.map_err(|error| Refusal::Internal(Box::new(error)))
        };
        let head = format!(
            "{{\"api\":{},\"kind\":{},\"metadata\":{},\"items\":[",
            text(serde_json::to_string(&kind.api))?,
            text(serde_json::to_string(&kind.list_kind()))?,
            text(serde_json::to_string(metadata))?,
        );
        let pending = BytesMut::from(head.as_str());
        Ok(Self { scan, pending, is_first: true, is_done: false })
    }

    /// A short list is sent as a whole, so that its length is known.
    fn into_body(mut self) -> ServerBody {
        match self.next_chunk() {
            Some(whole) if self.is_done => ServerBody::full(whole),
            Some(start) => {
                self.pending = BytesMut::from(start);
                ServerBody::list(self)
            }
            None => ServerBody::empty(),
        }
    }

    /// The next piece; `None` after the last.
    pub(super) fn next_chunk(&mut self) -> Option<Bytes> {
        if self.is_done {
            return None;
        }
        let mut out = std::mem::take(&mut self.pending);
        let mut is_first = std::mem::take(&mut self.is_first);
        let more = self.scan.advance(|object| {
            if !std::mem::take(&mut is_first) {
                out.put_u8(b',');
            }
            out.put_slice(&object.json());
            if out.len() < CHUNK { Visit::GoOn } else { Visit::Stop }
        });
        self.is_first = is_first;
        if !more {
            out.put_slice(b"]}");
            self.is_done = true;
        }
        Some(out.freeze())
    }
}
