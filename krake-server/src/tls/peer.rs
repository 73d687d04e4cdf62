//! Who is at the other end of a connection.

use rustls::pki_types::CertificateDer;
use x509_parser::parse_x509_certificate;

use crate::User;

/// What is known of the client of a connection. Its requests carry it as an extension, which nobody else can add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// It has shown no certificate, or one that names nobody.
    Unknown,
    /// It has shown a certificate, which was verified, and this is the name in it.
    Known(User),
    /// It does not speak TLS, but should.
    Insecure,
}

impl Peer {
    /// Whoever has proved to own the certificate: the first common name of its subject.
    pub(super) fn of(certificate: Option<&CertificateDer<'_>>) -> Self {
        let name = certificate.and_then(common_name);
        name.map_or(Self::Unknown, |name| Self::Known(User::new(name)))
    }
}

fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let name = certificate.subject().iter_common_name().next()?;
    let name = name.as_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}
