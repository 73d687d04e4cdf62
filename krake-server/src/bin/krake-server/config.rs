//! The configuration file.

use std::fmt;

use serde_json::{Map, Value};

use crate::settings::{Settings, Storage};

/// A file that cannot be used: one line for each wrong field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong settings")?;
        self.0.iter().try_for_each(|line| write!(f, "\n - {line}"))
    }
}

impl std::error::Error for ConfigError {}

/// Takes over the settings of a YAML text. Keys may be written with `-` or `_`; unknown ones are reported in the log and ignored.
pub(crate) fn apply(text: &str, settings: &mut Settings) -> Result<(), ConfigError> {
    let value: Value =
        serde_saphyr::from_str(text).map_err(|error| ConfigError(vec![error.to_string()]))?;
    let mut section = Section::new("", value)?;
    if let Some(address) = section.text("listen") {
        settings.listen = address;
    }
    if let Some(directory) = section.text("data_dir") {
        settings.storage = Storage::Embedded(directory.into());
    }
    if section.boolean("memory") == Some(true) {
        settings.storage = Storage::Memory;
    }
    let mut watch = section.section("watch");
    if let Some(name) = watch.text("update_event") {
        match name.parse() {
            Ok(event) => settings.update_event = event,
            Err(error) => watch.wrong("update_event", &format!("{error}")),
        }
    }
    section.errors.append(&mut watch.finish());
    let errors = section.finish();
    if errors.is_empty() { Ok(()) } else { Err(ConfigError(errors)) }
}

/// A mapping in the file; keys that have been read are taken out of it.
struct Section {
    path: String,
    members: Map<String, Value>,
    errors: Vec<String>,
}

impl Section {
    fn new(path: &str, value: Value) -> Result<Self, ConfigError> {
        let members = match value {
            Value::Null => Map::new(),
            Value::Object(members) => members
                .into_iter()
                .map(|(key, value)| (key.replace('-', "_"), value))
                .collect(),
            _ => return Err(ConfigError(vec![wrong(path, "Not a valid mapping type.")])),
        };
        Ok(Self { path: path.to_owned(), members, errors: Vec::new() })
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong(&mut self, key: &str, message: &str) {
        self.errors.push(wrong(&self.path_of(key), message));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        if let Value::String(text) = self.members.remove(key)? {
            return Some(text);
        }
        self.wrong(key, "Not a valid string.");
        None
    }

    fn boolean(&mut self, key: &str) -> Option<bool> {
        if let Value::Bool(value) = self.members.remove(key)? {
            return Some(value);
        }
        self.wrong(key, "Not a valid boolean.");
        None
    }

    fn section(&mut self, key: &str) -> Self {
        let value = self.members.remove(key).unwrap_or_default();
        Self::new(&self.path_of(key), value).unwrap_or_else(|ConfigError(errors)| {
            self.errors.extend(errors);
            Self { path: self.path_of(key), members: Map::new(), errors: Vec::new() }
        })
    }

    /// Reports what nobody has asked for; the answer is the errors.
    fn finish(self) -> Vec<String> {
        for key in self.members.keys() {
            tracing::warn!(field = self.path_of(key), "unknown setting ignored");
        }
        self.errors
    }
}

fn wrong(path: &str, message: &str) -> String {
    format!("field '{path}': {message}")
}

#[cfg(test)]
mod tests {
    use krake_server::UpdateEvent;

    use super::*;

    #[test]
    fn settings_are_read_with_either_spelling() {
        let mut settings = Settings::default();
        let text = "listen: 0.0.0.0:80\ndata-dir: /x\nmemory: true\nwatch:\n  update-event: MODIFIED\nfuture: 1\n";
        apply(text, &mut settings).unwrap();
        let expected = Settings {
            listen: "0.0.0.0:80".into(),
            storage: Storage::Memory,
            update_event: UpdateEvent::Modified,
        };
        assert_eq!(settings, expected);
        apply("", &mut settings).unwrap();
        assert_eq!(settings, expected);
        apply("data_dir: /x\nmemory: false\n", &mut settings).unwrap();
        assert_eq!(settings.storage, Storage::Embedded("/x".into()));
    }

    #[test]
    fn every_wrong_value_has_its_line() {
        let text = "listen: 5\nmemory: maybe\nwatch:\n  update_event: CHANGED\n";
        let error = apply(text, &mut Settings::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "wrong settings\n - field 'listen': Not a valid string.\n - field 'memory': Not a valid boolean.\n \
             - field 'watch.update_event': Must be UPDATED or MODIFIED."
        );
        let error = apply("watch: 5\n", &mut Settings::default()).unwrap_err();
        assert_eq!(error.0, ["field 'watch': Not a valid mapping type."]);
    }
}
