//! A server over TLS, and a client that opens a connection and keeps it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use krake_server::store::MemoryStore;
use krake_server::{Authentication, ClientCertificate, Limits, Tls, TlsOptions};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ALL_VERSIONS, ClientConfig};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::bed::Bed;
use crate::certificates::{Authority, Files, Pair, client_config};

/// A server over TLS, which knows its users by their certificates.
pub(crate) struct SecureBed {
    pub(crate) authority: Authority,
    pub(crate) files: Files,
    pub(crate) tls: Tls,
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl SecureBed {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::configured(limits, |_| {}).await
    }

    /// With other files than usual.
    pub(crate) async fn configured(limits: Limits, change: impl FnOnce(&mut TlsOptions)) -> Self {
        let authority = Authority::new("the authority");
        let files = Files::new(&authority.server(), &authority.pem);
        let mut options = files.options();
        change(&mut options);
        let tls = Tls::open(options).unwrap();
        let server = Bed::builder(MemoryStore::new())
            .authentication(Authentication::closed().with(ClientCertificate))
            .limits(limits);
        let server = server.build().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let certificates = tls.clone();
        #[expect(clippy::disallowed_methods, reason = "every test awaits it")]
        let ended = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            server
                .serve_tls(listener, certificates, stopped)
                .await
                .unwrap();
            server.shutdown().await;
        });
        Self { authority, files, tls, address, stop, ended }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }

    /// A connection with a certificate of the authority.
    pub(crate) async fn user(&self, name: &str) -> Secure {
        let own = self.authority.client(name);
        self.connect(Some(&own)).await.unwrap()
    }

    pub(crate) async fn connect(&self, own: Option<&Pair>) -> io::Result<Secure> {
        let config = client_config(&self.authority, own, ALL_VERSIONS);
        Secure::open(self.address, config).await
    }

    /// What becomes of a client that connects with each version: who it is, or that it gets nothing.
    pub(crate) async fn who_is(&self, own: Option<&Pair>) -> Result<(u16, String), io::Error> {
        let mut answers = Vec::new();
        for version in [&TLS12, &TLS13] {
            let config = client_config(&self.authority, own, &[version]);
            answers.push(match Secure::open(self.address, config).await {
                Ok(mut client) => client.get("/me").await,
                Err(error) => Err(error),
            });
        }
        let second = answers.pop().unwrap();
        let first = answers.pop().unwrap();
        assert_eq!(first.as_ref().ok(), second.as_ref().ok(), "versions differ");
        first
    }
}

/// One connection.
pub(crate) struct Secure {
    pub(crate) stream: BufReader<TlsStream<TcpStream>>,
}

impl Secure {
    pub(crate) async fn open(address: SocketAddr, config: ClientConfig) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::from(address.ip());
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { stream: BufReader::new(connector.connect(name, stream).await?) })
    }

    /// The certificate of the server.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let (_, session) = self.stream.get_ref().get_ref();
        session.peer_certificates().unwrap()[0].clone().into_owned()
    }

    pub(crate) async fn write(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Status and body of the answer to a request without body.
    pub(crate) async fn get(&mut self, path: &str) -> io::Result<(u16, String)> {
        self.send("GET", path, "").await
    }

    /// Status and body of the answer.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> io::Result<(u16, String)> {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n");
        self.write(&format!("{head}\r\n{body}")).await?;
        let head = self.head().await?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
        self.stream.read_exact(&mut body).await?;
        Ok((status, String::from_utf8(body).unwrap()))
    }

    /// Everything up to the empty line, in small letters.
    pub(crate) async fn head(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(head.to_ascii_lowercase())
    }

    /// The next line of a chunked body that is no size and no end of a chunk.
    pub(crate) async fn event(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.starts_with('{') {
                return Ok(line);
            }
        }
    }
}
