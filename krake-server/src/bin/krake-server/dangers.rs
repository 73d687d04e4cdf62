//! Settings that work, but not as anybody wants.

use crate::settings::{Authorization, Settings, Strategy, Users};
use krake_server::CorsOrigin;

/// What to tell the operator before serving.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Dangers {
    /// Why the server does not start.
    pub(crate) refusal: Option<&'static str>,
    pub(crate) warnings: Vec<String>,
}

/// Judges the settings of a server that others can reach, or not.
pub(crate) fn dangers(settings: &Settings, is_loopback: bool) -> Dangers {
    let users = &settings.users;
    let mut dangers = Dangers::default();
    let mut warn = |text: String| dangers.warnings.push(text);
    if let [Strategy::Static(name), _, ..] = &users.strategies[..] {
        warn(format!(
            "every sender is {name}, so the other authentication strategies are not used"
        ));
    }
    if nobody_may_do_anything(settings) {
        warn("nobody may do anything: enable a strategy, tokens or client certificates".into());
    }
    if let Some(name) = users.without_credentials() {
        if users.cors == Some(CorsOrigin::Any) && may_act(users, name) {
            warn(format!(
                "every web page that is opened on a machine that reaches this server can use it as {name}: set authentication.cors_origin"
            ));
        }
        if !is_loopback && may_act(users, name) {
            warn(format!("everybody who can reach this server can use it as {name}"));
        }
    }
    if !is_loopback && settings.address.tls.is_none() && takes_tokens(users) {
        warn("tokens are sent to this server unencrypted: set tls.enabled".into());
    }
    let is_open = users.strategies.is_empty()
        && users.allows_anonymous
        && users.authorization == Authorization::AlwaysAllow;
    if is_open && !is_loopback && !users.is_open_by_choice {
        dangers.refusal = Some(OPEN);
    }
    dangers
}

const OPEN: &str = "everybody who can reach this address could do everything: configure users by --config FILE, listen on \
    127.0.0.1, or insist by --authorization always-allow --authentication-allow-anonymous";

/// Whether the user without credentials may do something, as far as that is not for roles to decide.
fn may_act(users: &Users, name: &str) -> bool {
    match users.authorization {
        Authorization::AlwaysAllow => true,
        Authorization::AlwaysDeny => false,
        Authorization::Roles => name != "system:anonymous",
    }
}

fn takes_tokens(users: &Users) -> bool {
    users.token_file.is_some()
        || users
            .strategies
            .iter()
            .any(|strategy| !matches!(strategy, Strategy::Static(_)))
}

fn nobody_may_do_anything(settings: &Settings) -> bool {
    let users = &settings.users;
    let can_be_anonymous = users.allows_anonymous && users.authorization != Authorization::Roles;
    let can_be_known =
        !users.strategies.is_empty() || users.token_file.is_some() || settings.takes_certificates();
    !can_be_known && !can_be_anonymous
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use crate::settings::Source;

    /// Judges options and a file.
    fn judged(change: impl FnOnce(&mut Keys), source: Source, is_loopback: bool) -> Dangers {
        let mut keys = Keys::default();
        change(&mut keys);
        dangers(&Settings::new(&keys, source).unwrap(), is_loopback)
    }

    #[test]
    fn the_open_defaults_are_for_loopback() {
        assert_eq!(judged(|_| {}, Source::Options, true), Dangers::default());
        assert_eq!(judged(|_| {}, Source::Options, false).refusal, Some(OPEN));
    }

    #[test]
    fn who_insists_on_openness_is_warned() {
        let open = |keys: &mut Keys| {
            keys.authentication.authorization = Some("always-allow".into());
            keys.authentication.authentication_allow_anonymous = Some(true);
        };
        let found = judged(open, Source::File, false);
        assert_eq!(found.refusal, None);
        assert_eq!(found.warnings.len(), 2, "{found:?}");
        assert!(found.warnings[0].contains("cors_origin"), "{found:?}");
        assert!(found.warnings[1].contains("system:anonymous"), "{found:?}");
    }

    #[test]
    fn a_server_that_nobody_can_use_is_no_secret() {
        let roles = |keys: &mut Keys| keys.authentication.authorization = Some("RBAC".into());
        let found = judged(roles, Source::File, true);
        assert_eq!(
            found.warnings,
            ["nobody may do anything: enable a strategy, tokens or client certificates"]
        );
        let anonymous = |keys: &mut Keys| {
            roles(keys);
            keys.authentication.authentication_allow_anonymous = Some(true);
        };
        assert_eq!(judged(anonymous, Source::File, true).warnings.len(), 1);
        let certificates = |keys: &mut Keys| {
            roles(keys);
            keys.address.tls_enabled = Some(true);
            for file in [
                &mut keys.address.tls_cert,
                &mut keys.address.tls_key,
                &mut keys.address.tls_client_ca,
            ] {
                *file = Some("x".into());
            }
        };
        assert_eq!(judged(certificates, Source::File, false), Dangers::default());
    }

    #[test]
    fn tokens_are_not_for_everybody_to_read() {
        let keystone = |keys: &mut Keys| {
            keys.authentication.authorization = Some("RBAC".into());
            keys.authentication.authentication_strategy_keystone_enabled = Some(true);
        };
        assert_eq!(judged(keystone, Source::File, true), Dangers::default());
        let found = judged(keystone, Source::File, false);
        assert!(found.warnings[0].contains("unencrypted"), "{found:?}");
    }

    #[test]
    fn a_strategy_for_everybody_leaves_nothing_to_the_others() {
        let both = |keys: &mut Keys| {
            keys.authentication.authorization = Some("always-deny".into());
            keys.authentication.authentication_strategy_static_enabled = Some(true);
            keys.authentication.authentication_strategy_keystone_enabled = Some(true);
        };
        let found = judged(both, Source::File, true);
        assert!(found.warnings[0].contains("not used"), "{found:?}");
    }
}
