//! From settings to a store on etcd.

#[cfg(feature = "etcd")]
pub(crate) use with_etcd::connect;

#[cfg(feature = "etcd")]
mod with_etcd {
    use std::path::Path;

    use anyhow::Context;
    use krake_server::store::{EtcdOptions, EtcdStore, EtcdTls, EtcdUser};

    use crate::settings::Etcd;

    /// The store; etcd may come later.
    pub(crate) fn connect(settings: &Etcd) -> anyhow::Result<EtcdStore> {
        let mut options = EtcdOptions::new(settings.endpoints.iter().map(|url| url.trim()));
        if let Some(ca) = &settings.ca {
            let identity = match &settings.identity {
                Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
                None => None,
            };
            options.tls = Some(EtcdTls { ca: read(ca)?, identity });
        }
        if let Some((name, file)) = &settings.user {
            let password = String::from_utf8(read(file)?)
                .with_context(|| format!("{} is not text", file.display()))?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            options.user = Some(EtcdUser { name: name.clone(), password });
        }
        Ok(EtcdStore::connect(&options)?)
    }

    fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Says that this program cannot.
#[cfg(not(feature = "etcd"))]
pub(crate) fn connect(
    _settings: &crate::settings::Etcd,
) -> anyhow::Result<krake_server::store::MemoryStore> {
    anyhow::bail!("--etcd: this program was built without etcd; build it with `--features etcd`")
}
