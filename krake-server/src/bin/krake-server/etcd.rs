//! From settings to a store on etcd.

use crate::settings::EtcdPlace;
use crate::store::OpenStore;

/// Says that this program cannot.
#[cfg(not(feature = "etcd"))]
pub(crate) fn open(place: &EtcdPlace) -> anyhow::Result<OpenStore> {
    anyhow::bail!(
        "resources are to be kept on etcd ({}), but this program was built without it: build it with `--features etcd`, \
         or keep them in a directory by --data-dir DIR",
        place.endpoints.join(", ")
    )
}

#[cfg(feature = "etcd")]
pub(crate) use with_etcd::open;

#[cfg(feature = "etcd")]
mod with_etcd {
    use std::sync::Arc;

    use anyhow::Context;
    use krake_server::store::{EtcdOptions, EtcdStore, EtcdTls, EtcdUser};

    use super::{EtcdPlace, OpenStore};

    /// The store; etcd may come later.
    pub(crate) fn open(place: &EtcdPlace) -> anyhow::Result<OpenStore> {
        let store = EtcdStore::connect(&options(place)?)?;
        Ok(OpenStore::Etcd(Arc::new(store)))
    }

    fn options(place: &EtcdPlace) -> anyhow::Result<EtcdOptions> {
        let mut options = EtcdOptions::new(place.endpoints.iter().map(|url| url.trim()));
        options.time = place.time.unwrap_or(options.time);
        if let Some(ca) = &place.ca {
            let identity = match &place.identity {
                Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
                None => None,
            };
            options.tls = Some(EtcdTls { ca: read(ca)?, identity });
        }
        if let Some((name, file)) = &place.user {
            let password =
                String::from_utf8(read(file)?).with_context(|| format!("{file} is not text"))?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            options.user = Some(EtcdUser { name: name.clone(), password });
        }
        Ok(options)
    }

    fn read(file: &str) -> anyhow::Result<Vec<u8>> {
        std::fs::read(file).with_context(|| format!("cannot read {file}"))
    }
}
