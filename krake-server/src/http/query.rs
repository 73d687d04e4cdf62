//! Query parameters.

use std::borrow::Cow;
use std::time::Duration;

use krake_core::{FieldErrors, FieldSelector, Revision, SelectorError};
use percent_encoding::percent_decode_str;

use crate::UpdateEvent;
use crate::refusal::Refusal;
use crate::watch_cache::Selection;

const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(10);
/// Longer intervals than a day are no heartbeat.
const LONGEST_HEARTBEAT: u64 = 24 * 60 * 60;

/// What a list or watch asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CollectionQuery {
    pub(super) selection: Selection,
    /// Most items of a list.
    pub(super) limit: Option<usize>,
    /// Where a list goes on.
    pub(super) continued: Option<Continue>,
    /// Set for a watch.
    pub(super) watch: Option<WatchQuery>,
}

/// What a watch asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WatchQuery {
    /// Time between signs of life; `None` for none.
    pub(super) heartbeat: Option<Duration>,
    /// Whether signs of life are bookmarks.
    pub(super) bookmarks: bool,
    /// Whether the current state comes first.
    pub(super) initial_events: bool,
    /// Resume after this revision.
    pub(super) after: Option<Revision>,
    /// What updates are called, if the watch wants it its own way.
    pub(super) update_event: Option<UpdateEvent>,
}

/// Where the next page of a list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continue {
    /// The revision that all pages show.
    pub(super) revision: Revision,
    /// The last key of the page before, without the prefix of its kind.
    pub(super) after: String,
}

impl Continue {
    /// The text that clients hand back; it means nothing to them.
    pub(super) fn token(&self) -> String {
        format!("{}.{}", self.revision, self.after.replace('/', "~"))
    }

    fn parse(token: &str) -> Option<Self> {
        let (revision, after) = token.split_once('.')?;
        Some(Self { revision: revision.parse().ok()?, after: after.replace('~', "/") })
    }
}

impl CollectionQuery {
    /// Reads the query of a request; unknown parameters are ignored, of repeated ones the first counts.
    pub(super) fn parse(query: &str) -> Result<Self, Refusal> {
        let parameters = Parameters::read(query);
        let mut errors = FieldErrors::default();
        let watch = WatchQuery {
            heartbeat: heartbeat(&parameters, &mut errors),
            bookmarks: parameters.has("bookmarks"),
            initial_events: parameters.has("initial_events"),
            after: parameters.parse(
                "resource_version",
                "Not a valid resource version.",
                &mut errors,
            ),
            update_event: parameters.parse(
                "update_event",
                "Must be UPDATED or MODIFIED.",
                &mut errors,
            ),
        };
        let selection = Selection {
            labels: selector(&parameters, "label_selector", &mut errors),
            fields: field_selector(&parameters, &mut errors),
        };
        let continued = parameters.get("continue").filter(|token| !token.is_empty());
        let query = Self {
            selection,
            limit: parameters.parse("limit", "Not a valid integer.", &mut errors),
            continued: continued.and_then(Continue::parse),
            watch: parameters.has("watch").then_some(watch),
        };
        if continued.is_some() && query.continued.is_none() {
            errors.add("query.continue", "Not a token of an earlier page.");
        }
        errors.into_result()?;
        Ok(query)
    }
}

fn selector<S>(parameters: &Parameters<'_>, name: &str, errors: &mut FieldErrors) -> S
where
    S: std::str::FromStr<Err = SelectorError> + Default,
{
    let parsed = parameters.get(name).map_or(Ok(S::default()), str::parse);
    parsed.unwrap_or_else(|error| {
        errors.add(format!("query.{name}"), error.to_string());
        S::default()
    })
}

/// The version changes with every write: whoever selects by it could not be told what leaves.
fn field_selector(parameters: &Parameters<'_>, errors: &mut FieldErrors) -> FieldSelector {
    let selector: FieldSelector = selector(parameters, "field_selector", errors);
    let by_version = |path: &[String]| path == ["metadata", "resource_version"];
    if selector
        .requirements
        .iter()
        .any(|one| by_version(one.key().segments()))
    {
        errors.add("query.field_selector", "metadata.resource_version cannot be selected by.");
    }
    selector
}

/// Whether a collection is to be watched: presence alone counts, as in the original.
pub(super) fn is_watch(query: &str) -> bool {
    !query.is_empty() && Parameters::read(query).has("watch")
}

/// Checked also where nothing is watched, as in the original.
fn heartbeat(parameters: &Parameters<'_>, errors: &mut FieldErrors) -> Option<Duration> {
    let Some(text) = parameters.get("heartbeat") else { return Some(DEFAULT_HEARTBEAT) };
    match text.trim().parse::<i128>() {
        Err(_) => errors.add("query.heartbeat", "Not a valid integer."),
        Ok(seconds) if seconds < 0 => {
            errors.add("query.heartbeat", "Must be greater than or equal to 0.");
        }
        Ok(0) => {}
        Ok(seconds) => {
            let seconds = u64::try_from(seconds).unwrap_or(LONGEST_HEARTBEAT);
            return Some(Duration::from_secs(seconds.min(LONGEST_HEARTBEAT)));
        }
    }
    None
}

/// Decoded parameters in their order.
pub(super) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(super) fn read(query: &'a str) -> Self {
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            });
        Self(pairs.collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(given, _)| given == name)?;
        Some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn parse<T: std::str::FromStr>(
        &self,
        name: &str,
        message: &str,
        errors: &mut FieldErrors,
    ) -> Option<T> {
        let parsed = self.get(name)?.parse().ok();
        if parsed.is_none() {
            errors.add(format!("query.{name}"), message);
        }
        parsed
    }
}

/// Form encoding: `+` is a blank. What is not UTF-8 is replaced, and then fails as a value.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let blanks = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&blanks).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::write_query::WriteQuery;

    #[test]
    fn presence_alone_turns_the_watch_on() {
        let watch = |query: &str| CollectionQuery::parse(query).unwrap().watch;
        assert_eq!(watch(""), None);
        assert!(watch("watch=false&x=1").is_some());
        assert_eq!(watch("watch&heartbeat=0").unwrap().heartbeat, None);
        assert_eq!(watch("watch").unwrap().heartbeat, Some(Duration::from_secs(10)));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let query = "heartbeat=x&limit=-1&resource_version=a&update_event=b&label_selector=%3D&continue=c&field_selector=a.";
        let Err(Refusal::Invalid(errors)) = CollectionQuery::parse(query) else {
            panic!("accepted");
        };
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "query.heartbeat",
                "query.resource_version",
                "query.update_event",
                "query.label_selector",
                "query.field_selector",
                "query.limit",
                "query.continue"
            ]
        );
    }

    #[test]
    fn a_token_leads_back_to_its_place() {
        let place = Continue { revision: Revision(7), after: "testing/a:b.c".into() };
        assert_eq!(Continue::parse(&place.token()), Some(place));
    }

    /// Names and values of parameters, and what is between them.
    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "watch",
            "heartbeat",
            "limit",
            "continue",
            "label_selector",
            "field_selector",
            "dry_run",
            "resource_version",
            "=",
            "&",
            "%",
            "+",
            "-1",
            "1.a~b",
            "18446744073709551616",
            "a%20in%20(b)",
        ]);
        prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
    }

    proptest! {
        #[test]
        fn every_query_is_read_or_refused_field_by_field(pieces in prop::collection::vec(piece(), 0..12)) {
            let query = pieces.concat();
            let refusals = [
                CollectionQuery::parse(&query).err(),
                WriteQuery::parse(&query, None).err(),
            ];
            for refusal in refusals.into_iter().flatten() {
                let Refusal::Invalid(FieldErrors(errors)) = refusal else {
                    return Err(TestCaseError::fail(refusal.to_string()));
                };
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|error| error.field.starts_with("query.")));
            }
        }

        #[test]
        fn every_place_has_a_token(revision: u64, after in "[a-zA-Z0-9_.:-]{1,8}(/[a-zA-Z0-9_.:-]{1,8})?") {
            let place = Continue { revision: Revision(revision), after };
            prop_assert_eq!(Continue::parse(&place.token()), Some(place));
        }
    }
}
