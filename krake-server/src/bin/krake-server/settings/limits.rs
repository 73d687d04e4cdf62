//! How much clients may use.

use krake_core::FieldErrors;
use krake_server::Limits;

use super::{POSITIVE, seconds};
use crate::keys::LimitKeys;

/// The limits of the server, where nothing else is said.
pub(super) fn limits(keys: &LimitKeys, errors: &mut FieldErrors) -> Limits {
    let mut limits = Limits::default();
    for (field, said, bound) in [
        ("body_bytes", keys.limits_body_bytes, &mut limits.body_bytes),
        ("uri_bytes", keys.limits_uri_bytes, &mut limits.uri_bytes),
        ("header_bytes", keys.limits_header_bytes, &mut limits.header_bytes),
        ("connections", keys.limits_connections, &mut limits.connections),
        (
            "connections_per_address",
            keys.limits_connections_per_address,
            &mut limits.connections_per_address,
        ),
        ("reads", keys.limits_reads, &mut limits.reads),
        ("writes", keys.limits_writes, &mut limits.writes),
        ("bodies_bytes", keys.limits_bodies_bytes, &mut limits.bodies_bytes),
        ("watches", keys.limits_watches, &mut limits.watches),
        ("watches_per_user", keys.limits_watches_per_user, &mut limits.watches_per_user),
        ("window_changes", keys.limits_window_changes, &mut limits.window_changes),
        ("window_bytes", keys.limits_window_bytes, &mut limits.window_bytes),
    ] {
        match said {
            Some(0) => errors.add(format!("limits.{field}"), POSITIVE),
            Some(count) => *bound = count,
            None => {}
        }
    }
    for (field, said, bound) in [
        ("body_time", keys.limits_body_time, &mut limits.body_time),
        ("request_time", keys.limits_request_time, &mut limits.request_time),
        ("blocking_time", keys.limits_blocking_time, &mut limits.blocking_time),
        ("freshness_time", keys.limits_freshness_time, &mut limits.freshness_time),
        ("handshake_time", keys.limits_handshake_time, &mut limits.handshake_time),
        ("header_time", keys.limits_header_time, &mut limits.header_time),
        ("write_time", keys.limits_write_time, &mut limits.write_time),
        ("drain_time", keys.limits_drain_time, &mut limits.drain_time),
    ] {
        if let Some(time) = seconds(&format!("limits.{field}"), said, errors) {
            *bound = time;
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_limit_can_be_said() {
        let keys = LimitKeys {
            limits_body_bytes: Some(5),
            limits_drain_time: Some(0.5),
            ..LimitKeys::default()
        };
        let mut errors = FieldErrors::default();
        let limits = limits(&keys, &mut errors);
        assert_eq!(errors, FieldErrors::default());
        assert_eq!(limits.body_bytes, 5);
        assert_eq!(limits.drain_time, Duration::from_millis(500));
        assert_eq!(limits.connections, Limits::default().connections);
    }

    #[test]
    fn a_limit_is_more_than_nothing() {
        for text in [0.0, -1.0, f64::INFINITY] {
            let keys = LimitKeys {
                limits_connections: Some(0),
                limits_body_time: Some(text),
                ..LimitKeys::default()
            };
            let mut errors = FieldErrors::default();
            limits(&keys, &mut errors);
            assert_eq!(
                errors.to_string(),
                "limits.connections: Must be greater than 0.; limits.body_time: Must be greater than 0."
            );
        }
    }

    #[test]
    fn every_limit_of_the_server_is_a_key() {
        let names = crate::keys::Keys::names();
        let shown = format!("{:?}", Limits::default());
        let fields = shown.trim_start_matches("Limits {").trim_end_matches('}');
        for field in fields.split(", ") {
            let (name, _) = field.split_once(':').unwrap();
            assert!(names.contains(&format!("limits_{}", name.trim())), "{name}");
        }
    }
}
