//! Options over the file: what this run was told.

use std::fmt;
use std::path::Path;

use krake_core::{FieldErrors, input};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config_file::{ConfigFile, FileValues};
use crate::keys::Keys;
use crate::log;
use crate::settings::{self, Source};

/// Options that settle a question, each with the keys of the file that would settle it otherwise.
const DISPLACED: &[(&str, &[&str])] = &[
    ("listen", &["host", "port"]),
    ("host", &["listen"]),
    ("port", &["listen"]),
    ("memory", &["data_dir"]),
    ("data_dir", &["memory"]),
    ("etcd_endpoints", &["memory", "data_dir", "etcd_host", "etcd_port"]),
    ("etcd_host", &["memory", "data_dir", "etcd_endpoints"]),
    ("etcd_port", &["memory", "data_dir", "etcd_endpoints"]),
];

/// What was said, and where.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) keys: Keys,
    pub(crate) source: Source,
}

impl Configuration {
    /// Finds and reads the file, and starts the log as it says.
    ///
    /// # Errors
    /// When the file cannot be read, or one line for each wrong value.
    pub(crate) fn load(options: &Keys, config: Option<&Path>) -> anyhow::Result<Self> {
        let file = ConfigFile::find(config)?;
        let text = file.as_ref().map_or("", |file| &file.text);
        let values = FileValues::parse(text, &Keys::names());
        let unknown = values.unknown.clone();
        let keys = merge(options, values).map_err(WrongSettings)?;
        log::to_stderr(settings::log_level(&keys).map_err(WrongSettings)?);
        if let Some(file) = &file {
            file.report();
        }
        for field in unknown {
            tracing::warn!(field, "unknown setting ignored");
        }
        let source = if file.is_some() { Source::File } else { Source::Options };
        Ok(Self { keys, source })
    }
}

/// Settings that cannot be used: one line a field.
#[derive(Debug)]
pub(crate) struct WrongSettings(pub(crate) FieldErrors);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong settings")?;
        self.0
            .0
            .iter()
            .try_for_each(|error| match error.field.as_str() {
                "" => write!(f, "\n - {}", error.message),
                field => write!(f, "\n - field '{field}': {}", error.message),
            })
    }
}

impl std::error::Error for WrongSettings {}

/// The keys of the options, and of the file where no option says otherwise.
///
/// # Errors
/// Every value of the file that is not of its type.
fn merge(options: &Keys, file: FileValues) -> Result<Keys, FieldErrors> {
    let mut values = file.values.clone();
    for (name, value) in given(options) {
        for (_, displaced) in DISPLACED.iter().filter(|(option, _)| *option == name) {
            values.retain(|key, _| !displaced.contains(&key.as_str()));
        }
        values.insert(name, value);
    }
    let mut errors = FieldErrors::default();
    let keys = Keys {
        store: decode(&mut values, &file, &mut errors),
        address: decode(&mut values, &file, &mut errors),
        authentication: decode(&mut values, &file, &mut errors),
        operation: decode(&mut values, &file, &mut errors),
        limits: decode(&mut values, &file, &mut errors),
    };
    errors.merge(file.errors.into_result());
    errors.into_result()?;
    Ok(keys)
}

/// What the options say, by the names of the keys.
fn given(options: &Keys) -> Map<String, Value> {
    match serde_json::to_value(options) {
        Ok(Value::Object(mut given)) => {
            given.retain(|_, value| !value.is_null());
            given
        }
        // Keys hold texts, numbers and lists of them: JSON has all of these.
        _ => Map::new(),
    }
}

/// Decodes some of the keys. Every value that does not fit is told, and left out of the next attempt.
fn decode<T: DeserializeOwned + Default>(
    values: &mut Map<String, Value>,
    file: &FileValues,
    errors: &mut FieldErrors,
) -> T {
    loop {
        let wrong = match input::decode_value(Value::Object(values.clone())) {
            Ok(keys) => return keys,
            Err(FieldErrors(wrong)) => wrong,
        };
        let before = values.len();
        for error in wrong {
            let (name, rest) = split(&error.field);
            values.remove(name);
            errors.add(format!("{}{rest}", file.place(name)), error.message);
        }
        if values.len() == before {
            return T::default();
        }
    }
}

/// `etcd_endpoints[0]` is the item `[0]` of `etcd_endpoints`.
fn split(field: &str) -> (&str, &str) {
    field.split_at(field.find(['[', '.']).unwrap_or(field.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::StoreKeys;
    use crate::settings::Settings;

    fn merged(options: &Keys, text: &str) -> Result<Keys, String> {
        let file = FileValues::parse(text, &Keys::names());
        assert_eq!(file.unknown, [""; 0], "{text}");
        merge(options, file).map_err(|errors| errors.to_string())
    }

    #[test]
    fn options_come_before_the_file() {
        let mut options = Keys::default();
        options.operation.log_level = Some("debug".into());
        let keys =
            merged(&options, "log: {level: error}\nport: 80\ntls: {enabled: yes}\n").unwrap();
        assert_eq!(keys.operation.log_level.as_deref(), Some("debug"));
        assert_eq!(keys.address.port, Some(80));
        assert_eq!(keys.address.tls_enabled, Some(true));
    }

    #[test]
    fn an_option_settles_what_several_keys_can_say() {
        let store = |store| Keys { store, ..Keys::default() };
        let directory = StoreKeys { data_dir: Some("x".into()), ..StoreKeys::default() };
        let host = StoreKeys { etcd_host: Some("x".into()), ..StoreKeys::default() };
        let text = "memory: true\netcd: {endpoints: [a]}\n";
        let keys = merged(&store(directory), text).unwrap();
        assert_eq!((keys.store.memory, keys.store.data_dir), (None, Some("x".into())));
        let keys = merged(&store(host), text).unwrap();
        assert_eq!((keys.store.memory, keys.store.etcd_endpoints), (None, None));
        let mut options = Keys::default();
        options.address.port = Some(80);
        assert_eq!(
            merged(&options, "listen: 127.0.0.1:1")
                .unwrap()
                .address
                .listen,
            None
        );
    }

    #[test]
    fn every_wrong_value_is_told_at_its_place() {
        let text = "listen: 5\nmemory: maybe\netcd: {endpoints: [a, 5]}\nport: 70000\nlimits: {body-time: x}\nb: [";
        assert!(merged(&Keys::default(), text).is_err());
        let text = text.trim_end_matches("\nb: [");
        let errors = merged(&Keys::default(), text).unwrap_err();
        assert_eq!(
            errors,
            "etcd.endpoints[1]: Not a valid string.; memory: Not a valid boolean.; listen: Not a valid string.; \
             port: Not a valid integer.; limits.body_time: Not a valid number."
        );
    }

    #[test]
    fn every_key_can_be_said_in_the_file() {
        for name in Keys::names() {
            let mut file = FileValues::default();
            file.values.insert(name.clone(), Value::Object(Map::new()));
            let errors = merge(&Keys::default(), file).unwrap_err();
            assert_eq!(errors.0.len(), 1, "{name} is no key of any section");
        }
    }

    const SHIPPED: &str = include_str!("../../../config/api.yaml");

    #[test]
    fn the_shipped_file_says_the_defaults() {
        let keys = merged(&Keys::default(), SHIPPED).unwrap();
        let shipped = Settings::new(&keys, Source::File).unwrap();
        let mut required = Keys::default();
        required.authentication.authorization = Some("RBAC".into());
        let defaults = Settings::new(&required, Source::File).unwrap();
        assert_eq!(format!("{shipped:#?}"), format!("{defaults:#?}"));
        let level = settings::log_level(&keys).unwrap();
        assert_eq!(level, settings::log_level(&Keys::default()).unwrap());
    }

    #[test]
    fn the_shipped_file_names_every_key() {
        let switched_on: String = SHIPPED.lines().map(switch_on).collect();
        let file = FileValues::parse(&switched_on, &Keys::names());
        assert_eq!(file.errors, FieldErrors::default());
        for name in Keys::names() {
            assert!(file.values.contains_key(&name), "{name}");
        }
        Settings::new(&merged(&Keys::default(), &switched_on).unwrap(), Source::File).unwrap();
    }

    /// A line `#key: value` without its mark; what follows a mark and a blank is for readers.
    fn switch_on(line: &str) -> String {
        let text = line.trim_start();
        match text.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{}\n", line.replacen('#', "", 1)),
            _ => format!("{line}\n"),
        }
    }
}
