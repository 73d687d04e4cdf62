//! Constraints, label selectors, names and times.

use krake_core::{
    FieldSelector, Key, LabelConstraint, Labels, MetricConstraint, Selector, Timestamp,
};
use proptest::prelude::*;

use crate::cases;
use crate::mutation::odd_text;

/// A text of words that mean something to one of the languages.
fn sentence() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => prop::sample::select(vec![
            "is", "not", "in", "notin", "=", "==", "!=", "!", ">", ">=", "=>", "<", "=<", "gt", "gte", "lt", "lte",
            "greater", "lesser", "than", "or", "equal", "(", ")", ",", "a", "b.c/d", "5", "1e5", "-1", "\t", " ", "é",
        ])
        .prop_map(str::to_owned),
        1 => odd_text(),
    ];
    let blank = prop::sample::select(vec!["", " ", "  "]);
    prop::collection::vec((word, blank), 0..10).prop_map(|words| {
        words
            .into_iter()
            .map(|(word, blank)| word + blank)
            .collect()
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_label_constraint_survives_its_own_spellings(text in sentence()) {
        match text.parse::<LabelConstraint>() {
            Ok(constraint) => {
                prop_assert_eq!(constraint.to_string(), text);
                let canonical = constraint.canonical();
                prop_assert_eq!(canonical.parse(), Ok(constraint.clone()), "{}", canonical);
                let labels = Labels::from([(constraint.key().to_owned(), "a".to_owned())]);
                constraint.matches(&labels);
                prop_assert!(!constraint.matches(&Labels::new()));
            }
            Err(error) => prop_assert!(error.to_string().chars().count() < 400),
        }
    }

    #[test]
    fn a_metric_constraint_survives_its_own_spellings(text in sentence(), measured: f64) {
        match text.parse::<MetricConstraint>() {
            Ok(constraint) => {
                prop_assert_eq!(constraint.to_string(), text);
                let canonical = constraint.canonical();
                prop_assert_eq!(canonical.parse(), Ok(constraint.clone()), "{}", canonical);
                constraint.matches(measured);
            }
            Err(error) => prop_assert!(error.to_string().chars().count() < 400),
        }
    }

    #[test]
    fn a_selector_survives_being_printed(text in sentence()) {
        match text.parse::<Selector>() {
            Ok(selector) => {
                let printed = selector.to_string();
                prop_assert_eq!(printed.parse(), Ok(selector.clone()), "{}", printed);
                let labels = Labels::from([("a".to_owned(), "b".to_owned())]);
                prop_assert!(!selector.is_empty() || selector.matches(&labels));
            }
            Err(error) => {
                prop_assert!(error.to_string().chars().count() < 400);
                let start: String = text.chars().skip(error.position - 1).collect();
                prop_assert!(start.starts_with(&error.part), "{error:?}");
            }
        }
    }

    #[test]
    fn a_field_selector_survives_being_printed(text in sentence()) {
        match text.parse::<FieldSelector>() {
            Ok(selector) => {
                let printed = selector.to_string();
                prop_assert_eq!(printed.parse(), Ok(selector.clone()), "{}", printed);
                selector.matches(br#"{"a": {"b": [1, "c"]}}"#);
            }
            Err(error) => prop_assert!(error.to_string().chars().count() < 400),
        }
    }

    #[test]
    fn a_time_survives_being_printed(
        text in prop_oneof![
            odd_text(),
            "[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\\.[0-9]{1,12})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?",
        ]
    ) {
        if let Ok(time) = text.parse::<Timestamp>() {
            let printed = time.to_string();
            let again: Timestamp = printed.parse().unwrap();
            prop_assert_eq!(again, time);
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn a_key_is_printed_whatever_it_is(namespace in odd_text(), name in odd_text()) {
        let key = Key::namespaced(namespace.as_str(), name.as_str());
        prop_assert!(key.to_string().contains(&name));
    }
}
