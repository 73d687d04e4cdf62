//! Counts and durations of the requests about one place in the tree of URLs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Histogram;

/// What a request does. The method alone does not tell a list from a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestVerb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    /// Of a path or method that does not exist.
    Other,
}

impl RequestVerb {
    const ALL: [Self; 8] = [
        Self::Get,
        Self::List,
        Self::Watch,
        Self::Create,
        Self::Update,
        Self::Patch,
        Self::Delete,
        Self::Other,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Other => "other",
        }
    }
}

/// The statuses that are told apart, with their labels: a bound on what handlers of subresources can make up.
const STATUSES: [(u16, &str); 23] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (410, "410"),
    (413, "413"),
    (414, "414"),
    (415, "415"),
    (422, "422"),
    (429, "429"),
    (431, "431"),
    (499, "499"),
    (500, "500"),
    (503, "503"),
    (507, "507"),
];
const OTHER_STATUS: &str = "other";

/// Requests about one place.
#[derive(Debug)]
pub(crate) struct RequestSeries {
    pub(super) api: &'static str,
    pub(super) plural: &'static str,
    /// The name of the subresource; for what is no resource, the path.
    pub(super) subresource: &'static str,
    of_verbs: [OnceLock<Box<Answered>>; RequestVerb::ALL.len()],
}

/// Answered requests of one verb.
#[derive(Debug)]
pub(super) struct Answered {
    /// Of the statuses that are told apart, then of all others.
    counts: [AtomicU64; STATUSES.len() + 1],
    pub(super) durations: Histogram,
}

impl RequestSeries {
    pub(super) fn new(api: &'static str, plural: &'static str, subresource: &'static str) -> Self {
        Self { api, plural, subresource, of_verbs: Default::default() }
    }

    /// Counts an answer that took so long.
    pub(crate) fn record(&self, verb: RequestVerb, status: u16, duration: Duration) {
        let answered = self.of_verbs[verb as usize].get_or_init(|| Box::new(Answered::new()));
        let known = STATUSES.binary_search_by_key(&status, |(status, _)| *status);
        let index = known.unwrap_or(STATUSES.len());
        answered.counts[index].fetch_add(1, Ordering::Relaxed);
        answered.durations.record_duration(duration);
    }

    /// The verbs that occurred.
    pub(super) fn verbs(&self) -> impl Iterator<Item = (RequestVerb, &Answered)> {
        let of_verbs = self.of_verbs.iter().map(OnceLock::get);
        RequestVerb::ALL
            .into_iter()
            .zip(of_verbs)
            .filter_map(|(verb, answered)| Some((verb, &**answered?)))
    }
}

impl Answered {
    fn new() -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self { counts, durations: Histogram::of_durations() }
    }

    /// The statuses that occurred.
    pub(super) fn statuses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = STATUSES.iter().map(|(_, name)| *name).chain([OTHER_STATUS]);
        let counts = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        names.zip(counts).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_can_be_searched_and_are_labelled_as_they_are() {
        assert!(STATUSES.is_sorted());
        assert!(
            STATUSES
                .iter()
                .all(|(status, name)| status.to_string() == *name)
        );
    }

    #[test]
    fn verbs_are_in_the_order_of_their_numbers() {
        assert!(
            RequestVerb::ALL
                .iter()
                .enumerate()
                .all(|(index, verb)| *verb as usize == index)
        );
    }

    #[test]
    fn made_up_statuses_count_as_one() {
        let series = RequestSeries::new("demo", "notes", "");
        for status in [418, 599, 200, 0] {
            series.record(RequestVerb::Get, status, Duration::ZERO);
        }
        let (verb, answered) = series.verbs().next().unwrap();
        assert_eq!(verb, RequestVerb::Get);
        assert_eq!(answered.statuses().collect::<Vec<_>>(), [("200", 1), ("other", 3)]);
    }
}
