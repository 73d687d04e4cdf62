//! Where the server listens.

use std::path::PathBuf;

use krake_core::FieldErrors;
use krake_server::TlsOptions;

use super::required;
use crate::keys::AddressKeys;

/// Where, and whether encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Host and port.
    pub(crate) listen: String,
    pub(crate) tls: Option<TlsOptions>,
}

impl Address {
    pub(super) fn new(keys: &AddressKeys, errors: &mut FieldErrors) -> Self {
        Self { listen: listen(keys, errors), tls: tls(keys, errors) }
    }
}

fn listen(keys: &AddressKeys, errors: &mut FieldErrors) -> String {
    if let Some(listen) = &keys.listen {
        let port = listen.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) {
            errors.add("listen", "Must be host and port, such as 127.0.0.1:8080.");
        }
        return listen.clone();
    }
    let port = keys.port.unwrap_or(8080);
    let host = keys.host.as_deref().unwrap_or("127.0.0.1");
    if host.contains(':') && !host.starts_with('[') {
        return format!("[{host}]:{port}");
    }
    format!("{host}:{port}")
}

fn tls(keys: &AddressKeys, errors: &mut FieldErrors) -> Option<TlsOptions> {
    keys.tls_enabled.unwrap_or(false).then(|| TlsOptions {
        certificate: required("tls.cert", keys.tls_cert.as_ref(), errors).into(),
        key: required("tls.key", keys.tls_key.as_ref(), errors).into(),
        client_ca: keys.tls_client_ca.clone().map(PathBuf::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(keys: &AddressKeys) -> Result<Address, String> {
        let mut errors = FieldErrors::default();
        let address = Address::new(keys, &mut errors);
        errors.into_result().map_err(|errors| errors.to_string())?;
        Ok(address)
    }

    #[test]
    fn the_address_is_said_at_once_or_in_parts() {
        let parts = |host: Option<&str>, port| {
            let keys =
                AddressKeys { host: host.map(str::to_owned), port, ..AddressKeys::default() };
            address(&keys).unwrap().listen
        };
        assert_eq!(parts(None, None), "127.0.0.1:8080");
        assert_eq!(parts(None, Some(1)), "127.0.0.1:1");
        assert_eq!(parts(Some("0.0.0.0"), None), "0.0.0.0:8080");
        assert_eq!(parts(Some("::1"), Some(1)), "[::1]:1");
        let listen = |text: &str| {
            address(&AddressKeys { listen: Some(text.into()), ..AddressKeys::default() })
        };
        assert_eq!(listen("[::1]:80").unwrap().listen, "[::1]:80");
        assert_eq!(
            listen("80").unwrap_err(),
            "listen: Must be host and port, such as 127.0.0.1:8080."
        );
    }

    #[test]
    fn https_needs_a_certificate_and_its_key() {
        let keys = AddressKeys { tls_enabled: Some(true), ..AddressKeys::default() };
        assert_eq!(
            address(&keys).unwrap_err(),
            "tls.cert: Missing data for required field.; tls.key: Missing data for required field."
        );
        let files = AddressKeys {
            tls_cert: Some("c".into()),
            tls_key: Some("k".into()),
            ..AddressKeys::default()
        };
        assert_eq!(address(&files).unwrap().tls, None, "it is not enabled");
    }
}
