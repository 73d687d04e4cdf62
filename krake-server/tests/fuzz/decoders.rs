//! The decoder of each kind.

use std::collections::HashSet;
use std::fmt::Debug;

use krake_core::base::{
    GlobalMetric, GlobalMetricsProvider, Metric, MetricsProvider, Role, RoleBinding,
};
use krake_core::infrastructure::{
    Cloud, CloudBinding, GlobalCloud, GlobalInfrastructureProvider, InfrastructureProvider,
};
use krake_core::kubernetes::{Application, Cluster, ClusterBinding, Complete};
use krake_core::openstack::{MagnumCluster, MagnumClusterBinding, Project};
use krake_core::{FieldErrors, Resource, input};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cases;
use crate::mutation::{examples, mutated, mutated_text, odd_value};

/// What is accepted is written so that it is read as the same again, by users' rules and by the server's own.
fn check_round_trip<T>(text: &[u8]) -> Result<(), TestCaseError>
where
    T: DeserializeOwned + Serialize + PartialEq + Debug,
{
    match input::decode::<T>(text) {
        Ok(object) => {
            let encoded = serde_json::to_vec(&object).unwrap();
            let again = input::decode::<T>(&encoded);
            prop_assert_eq!(again.as_ref(), Ok(&object), "by the rules of input");
            let strict: T = serde_json::from_slice(&encoded).unwrap();
            prop_assert_eq!(&strict, &object, "by the rules of the store");
            prop_assert_eq!(serde_json::to_vec(&strict).unwrap(), encoded);
        }
        Err(errors) => check_errors(&errors)?,
    }
    Ok(())
}

fn check_errors(FieldErrors(errors): &FieldErrors) -> Result<(), TestCaseError> {
    prop_assert!(!errors.is_empty() && errors.len() <= FieldErrors::MOST + 1);
    let fields: HashSet<_> = errors
        .iter()
        .map(|error| (&error.field, &error.message))
        .collect();
    prop_assert_eq!(fields.len(), errors.len(), "each is told once: {:?}", errors);
    for error in errors {
        prop_assert!(!error.message.is_empty());
        prop_assert!(error.field.chars().count() < 600 && error.message.chars().count() < 600);
    }
    Ok(())
}

/// The rules of a kind hold for anything that decodes, and tell as much of it.
fn check_kind<K: Resource>(text: &[u8]) -> Result<(), TestCaseError> {
    check_round_trip::<K>(text)?;
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let checked = |object: &mut K| {
        let mut errors = FieldErrors::default();
        errors.merge(object.metadata().validate(K::KIND));
        errors.merge(object.validate(None));
        drop(object.validate(Some(object)));
        errors.into_result()
    };
    match input::decode_prepared::<K>(value.clone(), || value) {
        Ok(mut object) => drop(checked(&mut object)),
        Err(invalid) => check_errors(&invalid.checked(checked).in_order_of(text))?,
    }
    Ok(())
}

macro_rules! each_kind {
    ($check:ident($text:expr): $($kind:ident)*) => {$($check::<$kind>($text)?;)*};
}

/// As whatever kind, it is either refused or keeps its shape; nothing panics.
fn check_all(text: &[u8]) -> Result<(), TestCaseError> {
    each_kind! { check_kind(text):
        Role RoleBinding GlobalMetric Metric GlobalMetricsProvider MetricsProvider Application Cluster Project MagnumCluster
        GlobalInfrastructureProvider InfrastructureProvider GlobalCloud Cloud
    }
    each_kind! { check_round_trip(text): ClusterBinding CloudBinding MagnumClusterBinding Complete }
    Ok(())
}

/// As its own kind: most of it is right.
fn check_own(kind: &str, text: &[u8]) -> Result<(), TestCaseError> {
    macro_rules! own {
        ($($kind:ident)*) => {
            match kind {
                $(stringify!($kind) => check_kind::<$kind>(text),)*
                other => Err(TestCaseError::fail(format!("no kind {other}"))),
            }
        };
    }
    own! {
        Role RoleBinding GlobalMetric Metric GlobalMetricsProvider MetricsProvider Application Cluster Project MagnumCluster
        GlobalInfrastructureProvider InfrastructureProvider GlobalCloud Cloud
    }
}

#[test]
fn the_examples_are_accepted() {
    for example in examples() {
        let kind = example["kind"].as_str().unwrap();
        check_own(kind, example.to_string().as_bytes()).unwrap();
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_changed_object_is_refused_or_keeps_its_shape(object in mutated()) {
        let kinds: Vec<_> = examples().iter().map(|example| example["kind"].clone()).collect();
        let own = kinds.iter().find(|kind| object["kind"] == **kind);
        // Where the change is in the kind itself, any will do.
        let kind = own.and_then(Value::as_str).unwrap_or("Application");
        check_own(kind, object.to_string().as_bytes())?;
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn no_text_makes_a_decoder_panic(text in mutated_text()) {
        check_all(&text.0)?;
    }

    #[test]
    fn no_value_makes_a_decoder_panic(value in odd_value()) {
        check_all(value.to_string().as_bytes())?;
    }
}
