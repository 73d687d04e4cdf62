//! The rules that decoded bodies have to keep.

use krake_core::{FieldErrors, Resource, is_valid_name};

/// Checks the object of a POST to a namespace, and puts it there.
///
/// # Errors
/// Every violated rule.
pub(super) fn new_object<K: Resource>(
    object: &mut K,
    namespace: Option<&str>,
) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let metadata = object.metadata_mut();
    let given = std::mem::replace(&mut metadata.namespace, namespace.map(str::to_owned));
    if given.is_some_and(|given| !is_valid_name(&given)) {
        errors.add("metadata.namespace", "Invalid character in resource namespace.");
    }
    errors.merge(metadata.validate(K::KIND));
    errors.merge(object.validate(None));
    errors.into_result()
}

/// Checks the metadata of the object of a PUT to a resource in a namespace, which need not be repeated in the body.
///
/// # Errors
/// Every violated rule.
pub(super) fn metadata<K: Resource>(
    object: &mut K,
    namespace: Option<&str>,
) -> Result<(), FieldErrors> {
    let metadata = object.metadata_mut();
    let given = metadata.namespace.clone();
    if given.is_none() {
        metadata.namespace = namespace.map(str::to_owned);
    }
    let checked = metadata.validate(K::KIND);
    metadata.namespace = given;
    checked
}
