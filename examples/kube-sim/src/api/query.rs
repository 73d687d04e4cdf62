//! The query of a URL.

use std::collections::BTreeMap;
use std::time::Duration;

use krake_core::Revision;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// The parameters of a request, decoded; of repeated ones the first counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        let mut parameters = BTreeMap::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters
                .entry(decode(name))
                .or_insert_with(|| decode(value));
        }
        Self(parameters)
    }

    /// The text of a parameter, `""` when it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a parameter is set to a true value.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), "true" | "1" | "True")
    }

    /// A number, if the parameter is given.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let bad = |_| {
            ApiError::bad_request(format!(
                "{name}: {text:?} is not a whole number; send digits only"
            ))
        };
        text.parse().map(Some).map_err(bad)
    }

    /// The resource version to start from; `None` when it is missing or `0`, which both leave the choice to the server.
    pub(super) fn resource_version(&self) -> Result<Option<Revision>, ApiError> {
        let number = self.number("resourceVersion")?;
        Ok(number.filter(|number| *number > 0).map(Revision))
    }

    /// How long a watch may last.
    pub(super) fn timeout(&self) -> Result<Option<Duration>, ApiError> {
        let seconds = self.number("timeoutSeconds")?;
        Ok(seconds
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs))
    }

    /// Whether nothing must be stored.
    pub(super) fn dry_run(&self) -> bool {
        self.text("dryRun") == "All"
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("labelSelector=a%3Db%2Cc+in+%28d%29&watch=1&limit=x");
        assert_eq!(query.text("labelSelector"), "a=b,c in (d)");
        assert!(query.flag("watch"));
        assert!(query.number("limit").unwrap_err().message.contains("limit"));
    }
}
