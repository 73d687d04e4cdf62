//! The store that was chosen.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
#[cfg(feature = "etcd")]
use krake_server::store::EtcdStore;
use krake_server::store::{EmbeddedStore, MemoryStore, Options, Store};

use crate::etcd;
use crate::settings::Storage;

/// An open store.
pub(crate) enum OpenStore {
    Memory(Arc<MemoryStore>),
    Embedded(Arc<EmbeddedStore>),
    #[cfg(feature = "etcd")]
    Etcd(Arc<EtcdStore>),
}

impl OpenStore {
    /// Opens the store; on etcd, nothing is asked of it yet.
    pub(crate) fn open(storage: &Storage) -> anyhow::Result<Self> {
        match storage {
            Storage::Memory => Ok(Self::Memory(Arc::new(MemoryStore::new()))),
            Storage::Embedded(directory) => Self::embedded(directory),
            Storage::Etcd(place) => etcd::open(place),
        }
    }

    fn embedded(directory: &Path) -> anyhow::Result<Self> {
        let store = EmbeddedStore::open(directory, Options::default())
            .with_context(|| format!("cannot open the store in {}", directory.display()))?;
        Ok(Self::Embedded(Arc::new(store)))
    }

    /// The same store for a server.
    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Embedded(store) => Arc::clone(store) as _,
            #[cfg(feature = "etcd")]
            Self::Etcd(store) => Arc::clone(store) as _,
        }
    }

    /// Ends what the store does in the background.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        if let Self::Embedded(store) = self {
            store.close().await.context("cannot close the store")?;
        }
        Ok(())
    }
}
