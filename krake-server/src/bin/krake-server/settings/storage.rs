//! Which store is meant.

use std::path::PathBuf;
use std::time::Duration;

use krake_core::FieldErrors;

use super::{required, seconds};
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

/// The members of etcd, and how to talk to them. Names of files, not what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EtcdPlace {
    pub(crate) endpoints: Vec<String>,
    pub(crate) ca: Option<String>,
    /// Certificate and key.
    pub(crate) identity: Option<(String, String)>,
    /// Name, and file of the password.
    pub(crate) user: Option<(String, String)>,
    pub(crate) time: Option<Duration>,
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
            None => Self::Embedded("./krake-data".into()),
        }
    }
}

/// Whether any key speaks of etcd.
fn names_etcd(keys: &StoreKeys) -> bool {
    let others =
        StoreKeys { data_dir: keys.data_dir.clone(), memory: keys.memory, ..StoreKeys::default() };
    *keys != others
}

impl EtcdPlace {
    fn new(keys: &StoreKeys, errors: &mut FieldErrors) -> Self {
        let scheme = if keys.etcd_ca.is_some() { "https" } else { "http" };
        let endpoints = keys.etcd_endpoints.clone().unwrap_or_else(|| {
            let host = keys.etcd_host.as_deref().unwrap_or("127.0.0.1");
            vec![format!("{scheme}://{host}:{}", keys.etcd_port.unwrap_or(2379))]
        });
        if endpoints.is_empty() {
            errors.add("etcd.endpoints", "Must name at least one member.");
        }
        let identity = (keys.etcd_cert.is_some() || keys.etcd_key.is_some()).then(|| {
            let certificate = required("etcd.cert", keys.etcd_cert.as_ref(), errors);
            (certificate, required("etcd.key", keys.etcd_key.as_ref(), errors))
        });
        if identity.is_some() && keys.etcd_ca.is_none() {
            required("etcd.ca", None, errors);
        }
        let user = keys.etcd_user.clone().map(|name| {
            (name, required("etcd.password_file", keys.etcd_password_file.as_ref(), errors))
        });
        let time = seconds("etcd.time", keys.etcd_time, errors);
        Self { endpoints, ca: keys.etcd_ca.clone(), identity, user, time }
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
        assert_eq!(storage(&nothing), Ok(Storage::Embedded("./krake-data".into())));
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
        let place = |endpoint: &str| {
            let endpoints = vec![endpoint.to_owned()];
            Ok(Storage::Etcd(EtcdPlace { endpoints, ..EtcdPlace::default() }))
        };
        let keys = StoreKeys { etcd_retry_transactions: Some(1), ..StoreKeys::default() };
        assert_eq!(storage(&keys), place("http://127.0.0.1:2379"));
        let keys = StoreKeys { etcd_host: Some("db".into()), etcd_port: Some(1), ..keys };
        assert_eq!(storage(&keys), place("http://db:1"));
        let keys = StoreKeys { etcd_endpoints: Some(vec!["https://a:1".into()]), ..keys };
        assert_eq!(storage(&keys), place("https://a:1"));
        let keys = StoreKeys { data_dir: Some("x".into()), ..keys };
        assert_eq!(storage(&keys), Ok(Storage::Embedded("x".into())));
    }

    #[test]
    fn what_etcd_asks_for_comes_whole() {
        let keys = StoreKeys {
            etcd_cert: Some("c".into()),
            etcd_user: Some("u".into()),
            etcd_time: Some(0.0),
            ..StoreKeys::default()
        };
        let errors = storage(&keys).unwrap_err();
        for field in ["etcd.key", "etcd.ca", "etcd.password_file", "etcd.time"] {
            assert!(errors.contains(field), "{field}: {errors}");
        }
        let keys = StoreKeys { etcd_ca: Some("ca".into()), ..StoreKeys::default() };
        let Storage::Etcd(place) = storage(&keys).unwrap() else { panic!("it names etcd") };
        assert_eq!(place.endpoints, ["https://127.0.0.1:2379"]);
    }
}
