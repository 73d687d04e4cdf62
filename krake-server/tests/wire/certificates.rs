//! The certificates that transcripts name, made for each run.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The object identifier of `DnType::CommonName`, which could be used only once in a subject.
const COMMON_NAME: [u64; 4] = [2, 5, 4, 3];

/// The clients with their subjects; all but the stranger are known to the authority of the server.
fn clients() -> [(&'static str, Vec<(DnType, &'static str)>); 6] {
    use DnType::{CommonName, CountryName, OrganizationName};
    let second_name = DnType::CustomDnType(COMMON_NAME.to_vec());
    [
        ("system-admin", vec![(OrganizationName, "system:masters"), (CommonName, "system:admin")]),
        ("alice", vec![(CommonName, "alice")]),
        ("bob", vec![(CountryName, "DE"), (OrganizationName, "wire"), (CommonName, "bob")]),
        (
            "two-names",
            vec![
                (CommonName, "first-name"),
                (OrganizationName, "wire"),
                (second_name, "second-name"),
            ],
        ),
        ("nameless", vec![(OrganizationName, "wire")]),
        ("stranger", vec![(CommonName, "system:admin")]),
    ]
}

/// Writes the authority, the server's certificate and those of all clients.
pub(crate) fn write(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder can be made");
    let authority = Authority::new("wire test CA");
    let stranger = Authority::new("some other CA");
    fs::write(folder.join("ca.pem"), &authority.pem).expect("a file can be written");
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let server = CertificateParams::new(names).expect("the names are valid");
    authority.sign(server, folder, "server");
    for (name, parts) in clients() {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(parts);
        let signer = if name == "stranger" { &stranger } else { &authority };
        signer.sign(params, folder, name);
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &'static str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(vec![(DnType::CommonName, name)]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&key).expect("it signs itself");
        let pem = certificate.pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn sign(&self, mut params: CertificateParams, folder: &Path, name: &str) {
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        for (suffix, text) in [("pem", certificate.pem()), ("key", key.serialize_pem())] {
            let file = folder.join(format!("{name}.{suffix}"));
            fs::write(file, text).expect("a file can be written");
        }
    }
}

fn subject(parts: Vec<(DnType, &'static str)>) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    for (kind, text) in parts {
        subject.push(kind, text);
    }
    subject
}
