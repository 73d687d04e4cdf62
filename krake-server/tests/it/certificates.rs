//! Certificates made for a test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use krake_server::TlsOptions;
use rcgen::string::BmpString;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

/// Whoever signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(&[name.into()]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a server on this machine.
    pub(crate) fn server(&self) -> Pair {
        self.sign(&CertificateParams::new(["localhost".into(), "127.0.0.1".into()]).unwrap())
    }

    /// A certificate for a client of that name.
    pub(crate) fn client(&self, name: &str) -> Pair {
        self.client_with(&[name.into()])
    }

    /// A certificate for a client with these common names.
    pub(crate) fn client_with(&self, names: &[DnValue]) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(names);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

/// A text that certificates can hold, but hardly anybody can read.
pub(crate) fn exotic(text: &str) -> DnValue {
    DnValue::BmpString(BmpString::try_from(text).unwrap())
}

fn subject(names: &[DnValue]) -> DistinguishedName {
    /// The same object identifier as that of the ready-made type, which could be used only once.
    const COMMON_NAME: [u64; 4] = [2, 5, 4, 3];
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "tests of Krake");
    for (number, name) in names.iter().enumerate() {
        let kind = match number {
            0 => DnType::CommonName,
            _ => DnType::CustomDnType(COMMON_NAME.to_vec()),
        };
        subject.push(kind, name.clone());
    }
    subject
}

/// The files of a server.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn new(server: &Pair, client_ca: &str) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.replace(server, client_ca);
        files
    }

    pub(crate) fn replace(&self, server: &Pair, client_ca: &str) {
        self.write("server.pem", &server.certificate);
        self.write("server.key", &server.key);
        self.write("clients.pem", client_ca);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn options(&self) -> TlsOptions {
        TlsOptions {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            client_ca: Some(self.path("clients.pem")),
        }
    }
}

/// How a client of servers of `authority` connects.
pub(crate) fn client_config(
    authority: &Authority,
    own: Option<&Pair>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let Some(own) = own else { return config.with_no_client_auth() };
    let certificates = CertificateDer::pem_slice_iter(own.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    config
        .with_client_auth_cert(certificates.map(Result::unwrap).collect(), key)
        .unwrap()
}
