//! Certificates, users and roles.

use std::fs;
use std::path::Path;
use std::time::Duration;

use etcd_client::{Client, Permission};
use krake_core::Revision;
use krake_server::store::{Error, EtcdOptions, EtcdStore, EtcdTls, EtcdUser, Store};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::fixture::*;
use crate::support::Etcd;

fn connect(options: &EtcdOptions) -> EtcdStore {
    EtcdStore::connect(options).expect("good options")
}

/// An authority, and certificates that it has signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("good parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority") }
    }

    fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    /// A certificate for the loopback interface, and its key.
    fn certificate(&self) -> (Vec<u8>, Vec<u8>) {
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("good parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem().into_bytes(), key.serialize_pem().into_bytes())
    }
}

/// Etcd that takes only clients of the authority.
fn guarded_etcd(authority: &Authority, directory: &TempDir) -> Etcd {
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).expect("a file");
        text(&path)
    };
    let (certificate, key) = authority.certificate();
    let (ca, certificate, key) =
        (file("ca", &authority.pem()), file("certificate", &certificate), file("key", &key));
    let files = ["--trusted-ca-file", &ca, "--cert-file", &certificate, "--key-file", &key];
    Etcd::with(1, &[&files[..], &["--client-cert-auth"]].concat())
}

fn text(path: &Path) -> String {
    path.to_str().expect("a name").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_prove_who_they_are() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let directory = tempfile::tempdir().expect("a temporary directory");
    let etcd = guarded_etcd(&ours, &directory);
    let with = |authority: &Authority, identity| {
        let mut options = EtcdOptions::new(etcd.endpoints());
        options.tls = Some(EtcdTls { ca: authority.pem(), identity });
        options.time = Duration::from_secs(1);
        connect(&options)
    };
    let store = with(&ours, Some(ours.certificate()));
    let revision = done(&store, write([put("/a", "1")])).await;
    let mut watch = store.watch("/", Revision::ZERO).await.expect("a watch");
    assert_eq!(next(&mut watch).await.through, revision);
    for stranger in [
        with(&foreign, Some(ours.certificate())),
        with(&ours, Some(foreign.certificate())),
        with(&ours, None),
    ] {
        let error = stranger
            .revision()
            .await
            .expect_err("one side is a stranger");
        assert!(matches!(error, Error::Unavailable(_)), "{error}");
        let error = stranger
            .commit(write([put("/a", "2")]))
            .await
            .expect_err("as before");
        assert!(matches!(error, Error::Unavailable(_) | Error::Unknown(_)), "{error}");
    }
    assert_eq!(store.revision().await.expect("a revision"), revision);
}

/// Lets in nobody but `root`, `krake` with all keys, and `narrow` with those below `/`; the password is the name.
async fn enable_users(etcd: &Etcd) {
    let client = Client::connect(etcd.endpoints(), None)
        .await
        .expect("a client");
    let mut auth = client.auth_client();
    for (name, permission) in [
        ("root", None),
        ("krake", Some(Permission::read_write("").with_all_keys())),
        ("narrow", Some(Permission::read_write("/").with_prefix())),
    ] {
        auth.role_add(name).await.expect("a role");
        if let Some(permission) = permission {
            auth.role_grant_permission(name, permission)
                .await
                .expect("a permission");
        }
        auth.user_add(name, name, None).await.expect("a user");
        auth.user_grant_role(name, name)
            .await
            .expect("a user with a role");
    }
    auth.auth_enable().await.expect("users are enabled");
}

fn as_user(etcd: &Etcd, name: &str, password: &str) -> EtcdStore {
    let mut options = EtcdOptions::new(etcd.endpoints());
    options.user = Some(EtcdUser { name: name.into(), password: password.into() });
    connect(&options)
}

fn assert_denied<T>(answer: Result<T, Error>) {
    let error = answer.err().expect("it is denied");
    assert!(
        matches!(&error, Error::Unavailable(text) if text.contains("check user and password")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_all_keys_can_do_everything() {
    let mut etcd = Etcd::start();
    enable_users(&etcd).await;
    let store = as_user(&etcd, "krake", "krake");
    let before = done(&store, write([put("/a", "1")])).await;
    let mut watch = store.watch("/", before).await.expect("a watch");
    // A member that starts again knows no token of before.
    etcd.kill(0);
    etcd.run(0);
    let revision = loop {
        match store.commit(write([put("/a", "2")])).await {
            Ok(krake_server::store::Commit::Done(revision)) => break revision,
            other => assert!(
                matches!(other, Err(Error::Unavailable(_) | Error::Unknown(_))),
                "{other:?}"
            ),
        }
    };
    assert!(!events_through(&mut watch, revision).await.is_empty());
    assert!(keys(&store, under("/")).await.contains(&"/a".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_is_told_why() {
    let etcd = Etcd::start();
    enable_users(&etcd).await;
    assert_denied(as_user(&etcd, "krake", "wrong").revision().await);
    assert_denied(
        as_user(&etcd, "nobody", "nobody")
            .commit(write([put("/a", "1")]))
            .await,
    );
    assert_denied(
        connect(&EtcdOptions::new(etcd.endpoints()))
            .revision()
            .await,
    );
    let narrow = as_user(&etcd, "narrow", "narrow");
    let revision = done(&narrow, write([put("/a", "1")])).await;
    assert_denied(narrow.commit(write([put("a", "1")])).await);
    assert_denied(narrow.watch("/", revision).await.map(drop));
    assert_eq!(narrow.revision().await.expect("a revision"), revision);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_where_there_are_none_is_told_in_words() {
    let etcd = Etcd::start();
    let error = as_user(&etcd, "krake", "krake")
        .revision()
        .await
        .expect_err("no users");
    assert!(
        matches!(&error, Error::Unavailable(text) if text.contains("leave out the user")),
        "{error}"
    );
}
