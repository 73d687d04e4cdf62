//! Results as tables, JSON or YAML.

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use krake_core::Metadata;
use serde::Serialize;
use serde_json::Value;

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For files.
    Yaml,
}

/// What a table shows of a kind.
pub(crate) trait Rows {
    /// Name and value of each column of a list.
    fn columns(&self) -> Vec<(&'static str, String)>;
    /// What is shown in addition when it is the only one.
    fn details(&self) -> Vec<(&'static str, String)>;
}

impl Format {
    /// One resource: the values one below the other.
    pub(crate) fn one<K: Rows + Serialize>(self, object: &K) -> anyhow::Result<String> {
        self.render(object, || {
            let mut table = Table::new();
            table.load_style(presets::ASCII_FULL_CONDENSED);
            for (name, value) in object.columns().into_iter().chain(object.details()) {
                table.add_row([name.to_owned(), value]);
            }
            table
        })
    }

    /// Several resources: one a row.
    pub(crate) fn many<K: Rows + Serialize>(self, objects: &[K]) -> anyhow::Result<String> {
        self.render(&objects, || {
            let mut table = Table::new();
            table.load_style(presets::ASCII_FULL);
            table.set_content_arrangement(ContentArrangement::Dynamic);
            if let Some(first) = objects.first() {
                table.set_header(first.columns().into_iter().map(|(name, _)| name));
            }
            for object in objects {
                table.add_row(object.columns().into_iter().map(|(_, value)| value));
            }
            table
        })
    }

    fn render(
        self,
        value: &impl Serialize,
        table: impl FnOnce() -> Table,
    ) -> anyhow::Result<String> {
        // `Value` sorts the members by name, as scripts of the original's users expect.
        let sorted = || serde_json::to_value(value);
        Ok(match self {
            Self::Table => format!("{}\n", table()),
            Self::Json => format!("{}\n", serde_json::to_string_pretty(&sorted()?)?),
            Self::Yaml => serde_saphyr::to_string(&sorted()?)?,
        })
    }
}

/// The columns that all kinds share.
pub(crate) fn metadata(metadata: &Metadata) -> Vec<(&'static str, String)> {
    let time = |time: Option<krake_core::Timestamp>| {
        optional(time.map(|time| time.to_string()[..19].replace('T', " ")))
    };
    let labels: Vec<_> = metadata
        .labels
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    vec![
        ("name", metadata.name.clone()),
        ("namespace", optional(metadata.namespace.clone())),
        ("labels", lines(&labels)),
        ("created", time(metadata.created)),
        ("modified", time(metadata.modified)),
        ("deleted", time(metadata.deleted)),
    ]
}

/// The value, or `None` as the original writes it.
pub(crate) fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

/// One value a line.
pub(crate) fn lines<T: ToString>(values: &[T]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    optional((!texts.is_empty()).then(|| texts.join("\n")))
}

/// The name of an enum value on the wire.
pub(crate) fn state(state: &impl Serialize) -> String {
    match serde_json::to_value(state) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}
