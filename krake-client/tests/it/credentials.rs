//! The client and servers that want to know who asks, and prove who they are.

use std::path::Path;

use krake_client::{Client, Credentials, Error, ListOptions};
use krake_server::store::MemoryStore;
use krake_server::{Authentication, ClientCertificate, ServerBuilder, Tls, TlsOptions, TokenFile};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::notes::{NS, Note};

/// An authority, a server's certificate in files, and a client's.
struct Bed {
    directory: tempfile::TempDir,
    authority: String,
    client: (String, String),
}

impl Bed {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let directory = tempfile::tempdir().unwrap();
        let server = sign(&issuer, &CertificateParams::new(["127.0.0.1".into()]).unwrap());
        let mut named = CertificateParams::default();
        named.distinguished_name.push(DnType::CommonName, "ann");
        let client = sign(&issuer, &named);
        let files = [("ca", &authority), ("certificate", &server.0), ("key", &server.1)];
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Self { directory, authority, client }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn tls(&self) -> Tls {
        let [certificate, key, ca] =
            ["certificate", "key", "ca"].map(|name| self.path().join(name));
        Tls::open(TlsOptions { certificate, key, client_ca: Some(ca) }).unwrap()
    }
}

fn sign(issuer: &Issuer<'_, KeyPair>, params: &CertificateParams) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, issuer).unwrap().pem(), key.serialize_pem())
}

/// What a list comes to, for each of the credentials.
async fn lists(
    bed: &Bed,
    authentication: Authentication,
    credentials: &[Credentials],
) -> Vec<Result<usize, Error>> {
    let server = ServerBuilder::new(MemoryStore::new())
        .kind::<Note>()
        .authentication(authentication);
    let server = server.build().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = server.serve_tls(listener, bed.tls(), async { drop(stopped.await) });
    let talking = async {
        let mut found = Vec::new();
        for credentials in credentials {
            let client = Client::connect_with(&url, credentials).unwrap();
            let notes = client.namespace::<Note>(NS);
            let list = notes.list(&ListOptions::default()).await;
            found.push(list.map(|list| list.items.len()));
        }
        stop.send(()).unwrap();
        found
    };
    let (served, found) = tokio::join!(serving, talking);
    served.unwrap();
    found
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let bed = Bed::new();
    let anybody = Credentials::default().trusting_only(bed.authority.clone());
    let (certificate, key) = &bed.client;
    let known = anybody.clone().with_certificate(certificate.clone(), key);
    let chain = Authentication::closed().with(ClientCertificate);
    let found = lists(&bed, chain, &[known, anybody]).await;
    assert_eq!(*found[0].as_ref().unwrap(), 0);
    assert_eq!(found[1].as_ref().unwrap_err().status(), Some(401));
}

#[tokio::test]
async fn a_client_is_known_by_its_token() {
    let bed = Bed::new();
    let tokens = bed.path().join("tokens");
    std::fs::write(&tokens, "good,ann\n").unwrap();
    let chain = Authentication::closed().with(TokenFile::open(tokens).unwrap());
    let anybody = Credentials::default().trusting_only(bed.authority.clone());
    let [known, unknown] = ["good", "bad"].map(|token| anybody.clone().with_token(token));
    let found = lists(&bed, chain, &[known, unknown, anybody]).await;
    assert_eq!(*found[0].as_ref().unwrap(), 0);
    for refused in &found[1..] {
        assert_eq!(refused.as_ref().unwrap_err().status(), Some(401));
    }
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_talked_to() {
    let (bed, other) = (Bed::new(), Bed::new());
    let misled = Credentials::default().trusting_only(other.authority);
    let found = lists(&bed, Authentication::open(), &[misled, Credentials::default()]).await;
    for refused in found {
        assert!(matches!(refused.unwrap_err(), Error::Transport { .. }));
    }
}
