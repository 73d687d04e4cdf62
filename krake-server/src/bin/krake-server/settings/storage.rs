//! Which store is meant.

use std::path::PathBuf;

use krake_core::FieldErrors;

use crate::keys::StoreKeys;

/// Where resources are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In the process.
    Memory,
    /// In a directory.
    Embedded(PathBuf),
    /// On etcd.
    Etcd(EtcdPlace),
}

/// The members of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EtcdPlace {
    pub(crate) endpoints: Vec<String>,
}

impl Storage {
    /// Memory and directory come before etcd, which every file of the original names.
    pub(crate) fn new(keys: &StoreKeys, errors: &mut FieldErrors) -> Self {
        let is_in_memory = keys.memory.unwrap_or(false);
        match &keys.data_dir {
            Some(_) if is_in_memory => {
                errors.add("memory", "Cannot be combined with data_dir; leave one of them out.");
                Self::Memory
            }
            _ if is_in_memory => Self::Memory,
            Some(directory) => Self::Embedded(directory.into()),
            None if names_etcd(keys) => Self::Etcd(EtcdPlace::new(keys, errors)),
            None => Self::Embedded("krake-data".into()),
        }
    }
}

const fn names_etcd(keys: &StoreKeys) -> bool {
    keys.etcd_endpoints.is_some()
        || keys.etcd_host.is_some()
        || keys.etcd_port.is_some()
        || keys.etcd_retry_transactions.is_some()
}

impl EtcdPlace {
    fn new(keys: &StoreKeys, errors: &mut FieldErrors) -> Self {
        let endpoints = keys.etcd_endpoints.clone().unwrap_or_else(|| {
            let host = keys.etcd_host.as_deref().unwrap_or("127.0.0.1");
            vec![format!("http://{host}:{}", keys.etcd_port.unwrap_or(2379))]
        });
        if endpoints.is_empty() {
            errors.add("etcd.endpoints", "Must name at least one member.");
        }
        Self { endpoints }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(keys: &StoreKeys) -> Result<Storage, String> {
        let mut errors = FieldErrors::default();
        let storage = Storage::new(keys, &mut errors);
        errors.into_result().map_err(|errors| errors.to_string())?;
        Ok(storage)
    }

    #[test]
    fn a_directory_is_meant_unless_something_else_is_said() {
        let nothing = StoreKeys::default();
        assert_eq!(storage(&nothing), Ok(Storage::Embedded("krake-data".into())));
        let memory = StoreKeys { memory: Some(true), ..StoreKeys::default() };
        assert_eq!(storage(&memory), Ok(Storage::Memory));
        let both = StoreKeys { data_dir: Some("x".into()), ..memory };
        assert_eq!(
            storage(&both).unwrap_err(),
            "memory: Cannot be combined with data_dir; leave one of them out."
        );
        let not_in_memory = StoreKeys { memory: Some(false), ..both };
        assert_eq!(storage(&not_in_memory), Ok(Storage::Embedded("x".into())));
    }

    #[test]
    fn the_section_of_the_original_means_etcd_unless_a_directory_is_named() {
        let place =
            |endpoint: &str| Ok(Storage::Etcd(EtcdPlace { endpoints: vec![endpoint.to_owned()] }));
        let keys = StoreKeys { etcd_retry_transactions: Some(1), ..StoreKeys::default() };
        assert_eq!(storage(&keys), place("http://127.0.0.1:2379"));
        let keys = StoreKeys { etcd_host: Some("db".into()), etcd_port: Some(1), ..keys };
        assert_eq!(storage(&keys), place("http://db:1"));
        let keys = StoreKeys { etcd_endpoints: Some(vec!["https://a:1".into()]), ..keys };
        assert_eq!(storage(&keys), place("https://a:1"));
        let keys = StoreKeys { data_dir: Some("x".into()), ..keys };
        assert_eq!(storage(&keys), Ok(Storage::Embedded("x".into())));
    }
}
