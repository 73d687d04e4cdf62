//! The store that was chosen.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
#[cfg(feature = "etcd")]
use krake_server::store::EtcdStore;
use krake_server::store::{EmbeddedStore, MemoryStore, Options, Store};

use crate::settings::{EtcdPlace, Storage};

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
            Storage::Etcd(place) => Self::etcd(place),
        }
    }

    fn embedded(directory: &Path) -> anyhow::Result<Self> {
        let store = EmbeddedStore::open(directory, Options::default())
            .with_context(|| format!("cannot open the store in {}", directory.display()))?;
        Ok(Self::Embedded(Arc::new(store)))
    }

    #[cfg(not(feature = "etcd"))]
    fn etcd(place: &EtcdPlace) -> anyhow::Result<Self> {
        anyhow::bail!(
            "this program was built without etcd ({}): build it with `--features etcd`, or keep resources in a directory by \
             --data-dir DIR",
            place.endpoints.join(", ")
        )
    }

    #[cfg(feature = "etcd")]
    fn etcd(place: &EtcdPlace) -> anyhow::Result<Self> {
        let store = EtcdStore::connect(&etcd::options(place)?).context("cannot use etcd")?;
        Ok(Self::Etcd(Arc::new(store)))
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
        match self {
            Self::Embedded(store) => store.close().await.context("cannot close the store"),
            _ => Ok(()),
        }
    }
}

#[cfg(feature = "etcd")]
mod etcd {
    //! From settings to the options of etcd.

    use std::fs;

    use anyhow::Context;
    use krake_server::store::{EtcdOptions, EtcdTls, EtcdUser};

    use crate::settings::EtcdPlace;

    pub(super) fn options(place: &EtcdPlace) -> anyhow::Result<EtcdOptions> {
        let mut options = EtcdOptions::new(&place.endpoints);
        options.time = place.time.unwrap_or(options.time);
        if let Some(ca) = &place.ca {
            let identity = place.identity.as_ref();
            let identity = identity
                .map(|(certificate, key)| anyhow::Ok((read(certificate)?, read(key)?)))
                .transpose()?;
            options.tls = Some(EtcdTls { ca: read(ca)?, identity });
        }
        if let Some((name, file)) = &place.user {
            let password = String::from_utf8(read(file)?).context("the password is not UTF-8")?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            options.user = Some(EtcdUser { name: name.clone(), password });
        }
        Ok(options)
    }

    fn read(file: &str) -> anyhow::Result<Vec<u8>> {
        fs::read(file).with_context(|| format!("cannot read {file}"))
    }
}
