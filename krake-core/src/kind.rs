//! What a type of resource is, as data.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Revision;

/// Whether resources of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a resource has a namespace or none")]
pub enum Scope {
    /// One set of names for the whole server.
    Global,
    /// One set of names per namespace.
    Namespaced,
}

/// A type of resource: the API it belongs to, its name, its plural in URLs, and its shape.
///
/// Typed kinds carry a `&'static Kind` as [`Resource::KIND`](crate::Resource::KIND); kinds known only at run time carry an
/// `Arc<Kind>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_field_names, reason = "the wire format calls it so")]
pub struct Kind {
    /// The API group, first segment of the URL: `kubernetes`.
    pub api: Cow<'static, str>,
    /// The type name: `Application`.
    pub kind: Cow<'static, str>,
    /// The plural in URLs and access rules: `applications`.
    pub plural: Cow<'static, str>,
    /// Whether its resources live in namespaces.
    pub scope: Scope,
    /// Whether its resources have a status, written through a subresource of its own.
    pub status: bool,
}

/// Everything that a path segment cannot carry as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b':')
    .remove(b'~');

impl Kind {
    /// The URL path of a collection (`name` absent) or of one resource.
    ///
    /// A namespaced kind without `namespace` addresses all namespaces.
    ///
    /// ```
    /// use krake_core::{kubernetes::Application, Resource};
    ///
    /// let kind = Application::KIND;
    /// assert_eq!(kind.path(None, None), "/kubernetes/applications");
    /// assert_eq!(kind.path(Some("testing"), None), "/kubernetes/namespaces/testing/applications");
    /// ```
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = format!("/{}", self.api);
        if let Some(namespace) = namespace {
            path.push_str("/namespaces/");
            path.extend(utf8_percent_encode(namespace, SEGMENT));
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            path.extend(utf8_percent_encode(name, SEGMENT));
        }
        path
    }

    /// The name of the kind of its lists: `ApplicationList`.
    pub fn list_kind(&self) -> String {
        format!("{}List", self.kind)
    }

    /// Whether its resources live in namespaces.
    pub const fn is_namespaced(&self) -> bool {
        matches!(self.scope, Scope::Namespaced)
    }

    /// The object of a bookmark line of a watch of this kind.
    pub(crate) fn bookmark(
        &self,
        revision: Revision,
        initial_events_end: bool,
    ) -> serde_json::Value {
        serde_json::json!({
            "api": self.api,
            "kind": self.kind,
            "metadata": {
                "resource_version": revision,
                "initial_events_end": initial_events_end,
            },
        })
    }
}

impl fmt::Display for Kind {
    /// `kubernetes/Application`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api, self.kind)
    }
}
