//! What roles and their bindings come to, user by user.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use krake_core::base::{Role, RoleBinding, RoleRule};

use super::{Access, AccessScope};

/// What each user may do.
#[derive(Debug, Default)]
pub(super) struct Policy {
    users: HashMap<String, Grants>,
}

/// What one user may do.
#[derive(Debug, Default)]
struct Grants {
    /// The names of the user's roles, those that do not exist included.
    names: BTreeSet<String>,
    rules: Vec<Arc<[RoleRule]>>,
}

impl Policy {
    /// Collects what the bindings grant. Of roles that share a name the last counts; there is only one in a store.
    pub(super) fn new(roles: Vec<Role>, bindings: Vec<RoleBinding>) -> Self {
        let rules: BTreeMap<String, Arc<[RoleRule]>> = roles
            .into_iter()
            .map(|role| (role.metadata.name, role.rules.into()))
            .collect();
        let mut users: HashMap<String, Grants> = HashMap::new();
        for binding in bindings {
            for user in binding.users {
                let grants = users.entry(user).or_default();
                for name in &binding.roles {
                    grants.add(name, &rules);
                }
            }
        }
        Self { users }
    }

    /// Whether one of the user's roles allows it.
    pub(super) fn allows(&self, access: Access<'_>) -> bool {
        self.users
            .get(access.user.name())
            .is_some_and(|grants| grants.rules().any(|rule| permits(rule, access)))
    }

    /// The names of a user's roles, sorted.
    pub(super) fn roles_of(&self, user: &str) -> impl Iterator<Item = &str> {
        let names = self.users.get(user).map(|grants| &grants.names);
        names.into_iter().flatten().map(String::as_str)
    }
}

impl Grants {
    fn add(&mut self, name: &str, rules: &BTreeMap<String, Arc<[RoleRule]>>) {
        if self.names.insert(name.to_owned()) {
            self.rules.extend(rules.get(name).cloned());
        }
    }

    fn rules(&self) -> impl Iterator<Item = &RoleRule> {
        self.rules.iter().flat_map(|rules| rules.iter())
    }
}

/// Whether every part of the rule fits.
fn permits(rule: &RoleRule, access: Access<'_>) -> bool {
    let api = rule.api.is_empty() || rule.api == access.api;
    let verb = rule.verbs.contains(&access.verb);
    let resource = rule
        .resources
        .iter()
        .any(|resource| resource.is_empty() || names(resource, access));
    api && verb && resource && in_scope(&rule.namespaces, access.scope)
}

/// Whether `resource` is `plural` or `plural/subresource`: the one does not cover the other.
fn names(resource: &str, access: Access<'_>) -> bool {
    match access.subresource {
        None => resource == access.plural,
        Some(subresource) => resource.split_once('/') == Some((access.plural, subresource)),
    }
}

fn in_scope(namespaces: &[String], scope: AccessScope<'_>) -> bool {
    match scope {
        AccessScope::Global => true,
        AccessScope::Namespace(wanted) => namespaces
            .iter()
            .any(|name| name.is_empty() || name == wanted),
        AccessScope::AllNamespaces => namespaces.iter().any(String::is_empty),
    }
}

#[cfg(test)]
mod tests {
    use krake_core::base::Verb;

    use super::*;
    use crate::User;

    fn rule(api: &str, resource: &str, namespace: &str, verb: Verb) -> RoleRule {
        RoleRule {
            api: api.into(),
            resources: vec![resource.into()],
            namespaces: vec![namespace.into()],
            verbs: vec![verb],
        }
    }

    /// One user `u` with one role of one rule.
    fn policy(rule: RoleRule) -> Policy {
        let binding = RoleBinding::new("b", vec!["u".to_owned()], vec!["r".to_owned()]);
        Policy::new(vec![Role::new("r", vec![rule])], vec![binding])
    }

    fn access<'a>(user: &'a User, verb: Verb, scope: AccessScope<'a>) -> Access<'a> {
        Access {
            user,
            verb,
            api: "kubernetes",
            plural: "applications",
            subresource: None,
            scope,
            name: None,
        }
    }

    #[test]
    fn every_part_of_a_rule_must_fit() {
        let (u, other) = (User::new("u"), User::new("other"));
        let testing = AccessScope::Namespace("testing");
        let get = access(&u, Verb::Get, testing);
        let allows = |rule: RoleRule| policy(rule).allows(get);
        assert!(allows(rule("kubernetes", "applications", "testing", Verb::Get)));
        assert!(allows(rule("", "", "", Verb::Get)));
        assert!(!allows(rule("core", "applications", "testing", Verb::Get)));
        assert!(!allows(rule("kubernetes", "clusters", "testing", Verb::Get)));
        assert!(!allows(rule("kubernetes", "applications", "production", Verb::Get)));
        assert!(!allows(rule("kubernetes", "applications", "testing", Verb::Update)));
        assert!(!allows(rule("*", "*", "*", Verb::Get)));
        let everything = policy(rule("", "", "", Verb::Get));
        assert!(!everything.allows(Access { user: &other, ..get }));
    }

    #[test]
    fn a_subresource_needs_a_permission_of_its_own() {
        let u = User::new("u");
        let update = access(&u, Verb::Update, AccessScope::Namespace("testing"));
        let status = Access { subresource: Some("status"), ..update };
        let whole = policy(rule("", "applications", "", Verb::Update));
        assert!(whole.allows(update) && !whole.allows(status));
        let part = policy(rule("", "applications/status", "", Verb::Update));
        assert!(!part.allows(update) && part.allows(status));
        let all = policy(rule("", "", "", Verb::Update));
        assert!(all.allows(update) && all.allows(status));
    }

    #[test]
    fn all_namespaces_at_once_need_a_permission_for_all() {
        let u = User::new("u");
        let list = |scope| access(&u, Verb::List, scope);
        let one = policy(rule("", "", "testing", Verb::List));
        assert!(one.allows(list(AccessScope::Namespace("testing"))));
        assert!(!one.allows(list(AccessScope::AllNamespaces)));
        assert!(one.allows(list(AccessScope::Global)));
        let all = policy(rule("", "", "", Verb::List));
        assert!(all.allows(list(AccessScope::AllNamespaces)));
        let list_all = policy(rule("", "", "", Verb::ListAll));
        assert!(!list_all.allows(list(AccessScope::AllNamespaces)));
    }

    #[test]
    fn roles_of_all_bindings_add_up() {
        let roles = vec![
            Role::new("reads", vec![rule("", "applications", "", Verb::Get)]),
            Role::new("lists", vec![rule("", "applications", "", Verb::List)]),
        ];
        let users = |name: &str| vec![name.to_owned()];
        let bindings = vec![
            RoleBinding::new("a", users("u"), vec!["reads".into(), "missing".into()]),
            RoleBinding::new("b", users("u"), vec!["lists".into(), "reads".into()]),
        ];
        let policy = Policy::new(roles, bindings);
        let u = User::new("u");
        let testing = AccessScope::Namespace("testing");
        assert!(policy.allows(access(&u, Verb::Get, testing)));
        assert!(policy.allows(access(&u, Verb::List, testing)));
        assert!(!policy.allows(access(&u, Verb::Delete, testing)));
        assert_eq!(policy.roles_of("u").collect::<Vec<_>>(), ["lists", "missing", "reads"]);
        assert_eq!(policy.roles_of("other").count(), 0);
    }
}
