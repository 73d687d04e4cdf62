//! Where resources are stored: the keys of the original, so that its database can be taken over.

use std::fmt::Write;

use krake_core::{Kind, is_valid_name};

use crate::refusal::Refusal;

/// A set of resources that requests can ask for: a whole kind, or one namespace of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collection<'a> {
    pub(crate) kind: &'static Kind,
    /// `None` for global kinds, and for all namespaces at once.
    pub(crate) namespace: Option<&'a str>,
}

impl<'a> Collection<'a> {
    /// All resources of a kind.
    pub(crate) const fn of(kind: &'static Kind) -> Self {
        Self { kind, namespace: None }
    }

    /// What the keys of all its resources start with: `/<api>/<plural>/[<namespace>/]`.
    pub(crate) fn prefix(&self) -> String {
        let mut prefix = format!("/{}/{}/", self.kind.api, self.kind.plural);
        if let Some(namespace) = self.namespace {
            let _ = write!(prefix, "{namespace}/");
        }
        prefix
    }

    /// One resource of it.
    pub(crate) const fn address(self, name: &'a str) -> Address<'a> {
        Address { collection: self, name }
    }
}

/// One resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) collection: Collection<'a>,
    pub(crate) name: &'a str,
}

impl Address<'_> {
    /// The key it is stored under.
    pub(crate) fn key(&self) -> String {
        let mut key = self.collection.prefix();
        key.push_str(self.name);
        key
    }

    /// It does not exist.
    pub(crate) fn missing(&self) -> Refusal {
        Refusal::Missing {
            kind: self.collection.kind,
            namespace: self.collection.namespace.map(str::to_owned),
            name: self.name.to_owned(),
        }
    }

    /// Its name is taken.
    pub(crate) fn taken(&self) -> Refusal {
        Refusal::Taken {
            kind: self.collection.kind,
            namespace: self.collection.namespace.map(str::to_owned),
            name: self.name.to_owned(),
        }
    }
}

/// Whether `key` can be that of a resource of `kind`: a store may hold other things below the prefix.
pub(crate) fn is_key_of(kind: &Kind, key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').skip(3).collect();
    let wanted = if kind.is_namespaced() { 2 } else { 1 };
    parts.len() == wanted && parts.iter().all(|part| is_valid_name(part))
}

#[cfg(test)]
mod tests {
    use krake_core::Resource;
    use krake_core::kubernetes::Application;

    use super::*;

    #[test]
    fn a_key_has_api_plural_namespace_and_name() {
        let testing = Collection { kind: Application::KIND, namespace: Some("testing") };
        let key = testing.address("echo-demo").key();
        assert_eq!(key, "/kubernetes/applications/testing/echo-demo");
        assert!(is_key_of(Application::KIND, &key));
        assert!(!is_key_of(Application::KIND, "/kubernetes/applications/testing"));
        assert!(!is_key_of(Application::KIND, "/kubernetes/applications/a/b/c"));
        assert!(!is_key_of(Application::KIND, "/kubernetes/applications/a/b c"));
    }
}
