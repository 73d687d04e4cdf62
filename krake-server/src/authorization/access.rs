//! What a request is about to do.

use krake_core::base::Verb;

use crate::User;

/// What somebody wants to do to resources of a kind.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Access<'a> {
    /// Who.
    pub user: &'a User,
    /// What.
    pub verb: Verb,
    /// The API of the kind, for example `kubernetes`.
    pub api: &'a str,
    /// The plural of the kind, for example `applications`.
    pub plural: &'a str,
    /// The subresource, for example `status`: it needs a permission of its own.
    pub subresource: Option<&'a str>,
    /// Where.
    pub scope: AccessScope<'a>,
    /// The name of the resource, where the request names one.
    pub name: Option<&'a str>,
}

/// Where somebody wants to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the URLs of the API have these three forms")]
pub enum AccessScope<'a> {
    /// To resources of a kind that has no namespaces.
    Global,
    /// In one namespace.
    Namespace(&'a str),
    /// In all namespaces at once.
    AllNamespaces,
}
