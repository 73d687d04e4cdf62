//! From PEM to what a handshake needs.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use crate::FileError;
use crate::files::Contents;

/// The protocol that connections are for.
const HTTP_1_1: &[u8] = b"http/1.1";

/// The cryptography of this crate. It is passed wherever it is needed, so that programs may have another default.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// TLS 1.2 and 1.3, with certificates of clients where there is an authority for them.
pub(super) fn server(
    certificate: &Contents,
    key: &Contents,
    client_ca: Option<&Contents>,
) -> Result<ServerConfig, FileError> {
    let verifier = match client_ca {
        Some(client_ca) => client_verifier(client_ca)?,
        None => Arc::new(NoClientAuth),
    };
    let misfit = |error: rustls::Error| {
        let path = certificate.path.display();
        FileError::invalid(&key.path, format!("not usable as the key of {path}: {error}"))
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(misfit)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(certificate)?, private_key(key)?)
        .map_err(misfit)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    // A resumed session would not have its client's certificate verified again.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Accepts clients without a certificate, and those whose certificate is good.
fn client_verifier(file: &Contents) -> Result<Arc<dyn ClientCertVerifier>, FileError> {
    let roots = Arc::new(roots(file)?);
    WebPkiClientVerifier::builder_with_provider(roots, provider())
        .allow_unauthenticated()
        .build()
        .map_err(|error| FileError::invalid(&file.path, error.to_string()))
}

/// The authorities in a file.
pub(crate) fn roots(file: &Contents) -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        let refuse = |error: rustls::Error| FileError::invalid(&file.path, error.to_string());
        roots.add(certificate).map_err(refuse)?;
    }
    Ok(roots)
}

fn certificates(file: &Contents) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&file.bytes).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(FileError::invalid(&file.path, "it holds no certificate in PEM"))
        }
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(FileError::invalid(&file.path, "it is not well-formed PEM")),
    }
}

fn private_key(file: &Contents) -> Result<PrivateKeyDer<'static>, FileError> {
    PrivateKeyDer::from_pem_slice(&file.bytes)
        .map_err(|_| FileError::invalid(&file.path, "it holds no unencrypted private key in PEM"))
}
