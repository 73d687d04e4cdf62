//! A stand-in for Keystone and Keycloak.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Pair;

/// What it was asked, with the names of headers in small letters.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// What it sends.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes.
    Raw(String),
    /// These bytes, and then the same piece again and again.
    Endless(String),
    /// Nothing, on an open connection.
    Silence,
}

impl Reply {
    /// Status, with its reason, and body.
    pub(crate) fn new(status: &str, body: &str) -> Self {
        let length = body.len();
        Self::Raw(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}"))
    }

    /// What Keystone says of a good token.
    pub(crate) fn keystone(user: &str) -> Self {
        let user = format!(r#"{{"domain": {{"id": "default"}}, "id": "0", "name": "{user}"}}"#);
        let token = format!(r#"{{"token": {{"methods": ["password"], "user": {user}}}}}"#);
        Self::new("200 OK", &token)
    }
}

/// Whoever decides what it sends.
type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A running service; it ends with the test.
pub(crate) struct IdentityService {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

impl IdentityService {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(None, Arc::new(answer)).await
    }

    /// Over TLS.
    pub(crate) async fn start_secure(
        pair: &Pair,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap(),
            )
            .unwrap();
        Self::serve(Some(TlsAcceptor::from(Arc::new(config))), Arc::new(answer)).await
    }

    async fn serve(tls: Option<TlsAcceptor>, answer: Arc<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let record = Arc::clone(&asked);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, answer, asked) = (tls.clone(), Arc::clone(&answer), Arc::clone(&record));
                connections.spawn(async move {
                    match tls {
                        None => converse(stream, &*answer, &asked).await,
                        Some(tls) => converse(tls.accept(stream).await?, &*answer, &asked).await,
                    }
                });
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often it was asked so far.
    pub(crate) fn calls(&self) -> usize {
        self.asked().len()
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &Answer,
    asked: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(question) = question(&mut stream).await? {
        let reply = answer(&question);
        asked.lock().unwrap().push(question);
        match reply {
            Reply::Raw(text) => stream.write_all(text.as_bytes()).await?,
            Reply::Endless(text) => loop {
                stream.write_all(text.as_bytes()).await?;
            },
            Reply::Silence => std::future::pending().await,
        }
        stream.flush().await?;
    }
    Ok(())
}

async fn question(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
) -> io::Result<Option<Asked>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0);
    let length = lines
        .iter()
        .find_map(|header| header.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    Ok(Some(Asked { line, headers: lines, body: String::from_utf8(body).unwrap() }))
}
