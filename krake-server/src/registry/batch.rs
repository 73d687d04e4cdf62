//! Several new objects at once.

use krake_core::{Kind, Uid};

use super::{Address, Collection, Document, Effect, Rules, Writer};
use crate::bootstrap::Existing;
use crate::refusal::Refusal;
use crate::store::{Commit, Expect, Op, Transaction};

/// A checked object that is not stored yet.
#[derive(Debug)]
pub(crate) struct NewObject {
    pub(crate) kind: &'static Kind,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    document: Document,
}

impl NewObject {
    /// Where it will be.
    pub(crate) fn address(&self) -> Address<'_> {
        let collection = Collection { kind: self.kind, namespace: self.namespace.as_deref() };
        collection.address(&self.name)
    }
}

impl Writer {
    /// Checks what a POST of `body` would store.
    pub(crate) fn check(
        &self,
        rules: &dyn Rules,
        namespace: Option<String>,
        body: &[u8],
    ) -> Result<NewObject, Refusal> {
        let identity = Uid(uuid::Uuid::new_v4().to_string().into());
        let (name, document) =
            rules.create(namespace.as_deref(), body, identity, self.clock.now())?;
        Ok(NewObject { kind: rules.kind(), namespace, name, document })
    }

    /// Stores new objects in one write.
    ///
    /// The answer names the keys that are taken: if there are any, nothing was written.
    pub(crate) async fn create_all(
        &self,
        objects: &[NewObject],
        existing: Existing,
    ) -> Result<Vec<String>, Refusal> {
        let keys: Vec<String> = objects.iter().map(|new| new.address().key()).collect();
        let put = |(key, new): (&String, &NewObject)| Op::Put {
            key: key.clone(),
            value: new.document.stored().clone(),
        };
        let ops = keys.iter().zip(objects).map(put).collect();
        let guards = match existing {
            Existing::Replace => Vec::new(),
            _ => keys
                .iter()
                .map(|key| (key.clone(), Expect::Absent))
                .collect(),
        };
        match self
            .store(Transaction { guards, ops }, Effect::Commit)
            .await?
        {
            Commit::Done(_) => Ok(Vec::new()),
            Commit::Refused { current, .. } => {
                let taken = keys.into_iter().zip(current);
                Ok(taken
                    .filter_map(|(key, entry)| entry.map(|_| key))
                    .collect())
            }
        }
    }
}
