//! Where etcd is, and how to talk to it.

use std::fmt;
use std::time::Duration;

use etcd_client::{Certificate, ConnectOptions, Identity, TlsOptions};

/// A silent connection is probed this often; etcd cuts off who does it more often than every 5 seconds.
const PROBE_INTERVAL: Duration = Duration::from_secs(6);
/// How long an answer to a probe may take.
const PROBE_TIME: Duration = Duration::from_secs(4);

/// Where an etcd cluster is, and how to talk to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EtcdOptions {
    /// The client URLs of the members, `http://host:2379` or `https://host:2379`; without a scheme, `https` if there is
    /// [`tls`](Self::tls). All of one cluster.
    pub endpoints: Vec<String>,
    /// How `https` members prove who they are, and this client to them.
    pub tls: Option<EtcdTls>,
    /// Whom to authenticate as. The role needs to read and write the whole keyspace, because a watch follows all of it.
    pub user: Option<EtcdUser>,
    /// How long a member may take to connect, or to answer a read, before another one is asked. Default: 2 s.
    pub attempt_time: Duration,
    /// How long an operation may take, with all its attempts; then it is unavailable, or for writes unknown. Default: 8 s,
    /// a little more than etcd itself waits for its members.
    pub time: Duration,
}

impl EtcdOptions {
    /// Options for these members, and defaults for the rest.
    pub fn new(endpoints: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            tls: None,
            user: None,
            attempt_time: Duration::from_secs(2),
            time: Duration::from_secs(8),
        }
    }

    /// Says what cannot work, before anything is tried.
    pub(super) fn validate(&self) -> Result<(), EtcdOptionsError> {
        if self.endpoints.is_empty() {
            return Err(EtcdOptionsError("no etcd endpoint is given".into()));
        }
        for endpoint in &self.endpoints {
            let wrong =
                |what: &str| Err(EtcdOptionsError(format!("etcd endpoint `{endpoint}` {what}")));
            let Ok(url) = endpoint.parse::<http::Uri>() else {
                return wrong("is not a URL");
            };
            match (url.scheme_str(), &self.tls) {
                (Some("https"), None) => return wrong("needs the CA that its certificate is from"),
                (Some("http"), Some(_)) => {
                    return wrong("must be https, as certificates are given");
                }
                (None | Some("http" | "https"), _) => {}
                (Some(_), _) => return wrong("must start with http:// or https://"),
            }
            if url.host().is_none_or(str::is_empty) {
                return wrong("names no host");
            }
        }
        Ok(())
    }

    /// The same for the client library.
    pub(super) fn connect_options(&self) -> ConnectOptions {
        let options = ConnectOptions::new()
            .with_connect_timeout(self.attempt_time)
            .with_keep_alive(PROBE_INTERVAL, PROBE_TIME)
            .with_keep_alive_while_idle(false)
            .with_require_leader(true)
            .with_auto_token_refresh(true);
        let options = match &self.tls {
            Some(tls) => options.with_tls(tls.client_options()),
            None => options,
        };
        match &self.user {
            Some(user) => options.with_user(user.name.as_str(), user.password.as_str()),
            None => options,
        }
    }
}

/// Options that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EtcdOptionsError(String);

/// Certificates, all in PEM.
#[derive(Clone)]
pub struct EtcdTls {
    /// The authority that signed the members' certificates.
    pub ca: Vec<u8>,
    /// This client's certificate and its key, if the members ask for one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl EtcdTls {
    fn client_options(&self) -> TlsOptions {
        let options = TlsOptions::new().ca_certificate(Certificate::from_pem(&self.ca));
        match &self.identity {
            Some((certificate, key)) => options.identity(Identity::from_pem(certificate, key)),
            None => options,
        }
    }
}

impl fmt::Debug for EtcdTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_identity = self.identity.is_some();
        f.debug_struct("EtcdTls")
            .field("has_identity", &has_identity)
            .finish_non_exhaustive()
    }
}

/// A user of etcd.
#[derive(Clone)]
pub struct EtcdUser {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for EtcdUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdUser")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(endpoints: &[&str], tls: bool) -> Option<String> {
        let tls = tls.then(|| EtcdTls { ca: Vec::new(), identity: None });
        let options = EtcdOptions { tls, ..EtcdOptions::new(endpoints.iter().copied()) };
        options.validate().err().map(|error| error.to_string())
    }

    #[test]
    fn endpoints_are_checked_before_anything_is_tried() {
        assert_eq!(wrong(&["http://127.0.0.1:2379", "etcd-1:2379", "http://[::1]:1"], false), None);
        assert_eq!(wrong(&["https://127.0.0.1:2379", "etcd-1:2379"], true), None);
        for (endpoint, tls, expected) in [
            ("http://a b", false, "`http://a b` is not a URL"),
            ("https://a:2379", false, "`https://a:2379` needs the CA"),
            ("http://a:2379", true, "`http://a:2379` must be https"),
            ("unix://a", false, "`unix://a` must start with http:// or https://"),
            ("/a", false, "`/a` names no host"),
        ] {
            let message = wrong(&[endpoint], tls).unwrap();
            assert!(message.contains(expected), "{message}");
        }
        assert!(wrong(&[], false).unwrap().contains("no etcd endpoint"));
    }

    #[test]
    fn secrets_are_not_printed() {
        let user = EtcdUser { name: "krake".into(), password: "hush".into() };
        let tls = EtcdTls { ca: vec![], identity: Some((vec![], b"hush".to_vec())) };
        let options = EtcdOptions { user: Some(user), tls: Some(tls), ..EtcdOptions::new(["a:1"]) };
        let text = format!("{options:?}");
        assert!(
            text.contains("krake") && !text.contains("hush") && !text.contains("104"),
            "{text}"
        );
    }
}
