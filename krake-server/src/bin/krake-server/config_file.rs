//! The configuration file: finding it, and spreading its sections out to keys.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use krake_core::FieldErrors;
use serde_json::{Map, Value};

const NAME: &str = "api.yaml";
const SYSTEM: &str = "/etc/krake/api.yaml";

/// A file with settings.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    /// Whether nobody has asked for it by name.
    is_found: bool,
    pub(crate) text: String,
}

impl ConfigFile {
    /// The given file, or else `api.yaml` in the working directory or in `/etc/krake`, if it is there.
    pub(crate) fn find(given: Option<&Path>) -> anyhow::Result<Option<Self>> {
        if let Some(path) = given {
            let Some(file) = Self::read(path, false)? else {
                bail!("there is no file {}", path.display());
            };
            return Ok(Some(file));
        }
        Ok(match Self::read(Path::new(NAME), true)? {
            None => Self::read(Path::new(SYSTEM), true)?,
            found => found,
        })
    }

    /// Tells which file it is: loudly, where its place alone made it so.
    pub(crate) fn report(&self) {
        let file = self.path.display();
        if self.is_found {
            tracing::warn!(%file, "settings are read from the file found here");
        } else {
            tracing::info!(%file, "settings are read");
        }
    }

    fn read(path: &Path, is_found: bool) -> anyhow::Result<Option<Self>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(Self { path: path.to_owned(), is_found, text })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// The values of a file by the names of their keys: paths joined by `_`.
#[derive(Debug, Default)]
pub(crate) struct FileValues {
    pub(crate) values: Map<String, Value>,
    /// The paths of the keys, as users write them.
    places: BTreeMap<String, String>,
    /// Paths that mean nothing.
    pub(crate) unknown: Vec<String>,
    pub(crate) errors: FieldErrors,
}

impl FileValues {
    /// Reads a YAML text. Keys may be written with `-` or `_`; `names` are those that mean something.
    pub(crate) fn parse(text: &str, names: &[String]) -> Self {
        let mut file = Self::default();
        match serde_saphyr::from_str(text) {
            Ok(Value::Null) => {}
            Ok(Value::Object(members)) => file.take_section("", members, names),
            Ok(_) => file.errors.add("", "Not a valid mapping type."),
            Err(error) => file.errors.add("", error.to_string()),
        }
        file
    }

    fn take_section(&mut self, path: &str, members: Map<String, Value>, names: &[String]) {
        for (key, value) in members {
            let key = key.replace('-', "_");
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            self.take(path, value, names);
        }
    }

    fn take(&mut self, path: String, value: Value, names: &[String]) {
        let name = path.replace('.', "_");
        if names.contains(&name) {
            if value.is_null() {
                self.errors.add(path, "Field may not be null.");
                return;
            }
            self.places.insert(name.clone(), path);
            self.values.insert(name, value);
        } else if names.iter().any(|key| is_below(key, &name)) {
            match value {
                Value::Null => {}
                Value::Object(members) => self.take_section(&path, members, names),
                _ => self.errors.add(path, "Not a valid mapping type."),
            }
        } else if !path.starts_with("log.") {
            // How the original's log is formatted is nothing to tell anybody about.
            self.unknown.push(path);
        }
    }

    /// The path of a key, as users write it.
    pub(crate) fn place<'a>(&'a self, name: &'a str) -> &'a str {
        self.places.get(name).map_or(name, String::as_str)
    }
}

fn is_below(key: &str, section: &str) -> bool {
    key.strip_prefix(section)
        .is_some_and(|rest| rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> FileValues {
        let names = ["a", "b_c", "b_d_e", "log_level"].map(str::to_owned);
        FileValues::parse(text, &names)
    }

    #[test]
    fn sections_are_spread_out_with_either_spelling() {
        for text in [
            "a: 1\nb: {c: x, d: {e: true}}",
            "a: 1\nb-c: x\nb: {d-e: true}",
            "a: 1\nb_c: x\nb-d: {e: true}",
        ] {
            let file = parse(text);
            assert_eq!(
                Value::from(file.values),
                json!({"a": 1, "b_c": "x", "b_d_e": true}),
                "{text}"
            );
            assert_eq!(file.errors, FieldErrors::default());
        }
        let file = parse("b: {d: {e: 5}}");
        assert_eq!(file.place("b_d_e"), "b.d.e");
        for empty in ["", "b:\n", "{}", "# nothing\n"] {
            assert!(parse(empty).values.is_empty(), "{empty}");
        }
    }

    #[test]
    fn what_means_nothing_is_told_once() {
        let file = parse("future: {x: 1, y: 2}\nb: {z: 5}\nlog: {version: 1, handlers: {x: {}}}\n");
        assert_eq!(file.unknown, ["b.z", "future"]);
        assert_eq!(file.errors, FieldErrors::default());
    }

    #[test]
    fn sections_are_mappings_and_values_are_there() {
        let errors = |text| parse(text).errors.to_string();
        assert_eq!(
            errors("b: 5\nlog: x\n"),
            "b: Not a valid mapping type.; log: Not a valid mapping type."
        );
        assert_eq!(errors("a:\n"), "a: Field may not be null.");
        assert_eq!(errors("- 5\n"), "Not a valid mapping type.");
        assert!(errors("a: [").contains("line 1"), "{}", errors("a: ["));
    }
}
