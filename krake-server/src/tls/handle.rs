//! The certificates of a server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;

use super::config;
use crate::FileError;
use crate::files::{Contents, Reloading, Source};

/// Where the certificates of a server are, as files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// The certificate that the server shows, followed by those of intermediate authorities.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities whose certificates clients may show. Without them clients are not asked for certificates.
    pub client_ca: Option<PathBuf>,
}

/// The certificates of a server, for [`Server::serve_tls`](crate::Server::serve_tls). Clones share them.
///
/// The files may be replaced while the server runs: connections made a second later use the new ones. Files that cannot be used, or do
/// not fit together, change nothing; the log tells once. Open connections stay as they are.
#[derive(Clone)]
pub struct Tls(Reloading<TlsOptions>);

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or is not what it should be, or the key does not belong to the certificate.
    pub fn open(options: TlsOptions) -> Result<Self, FileError> {
        Reloading::open(options).map(Self)
    }

    /// Reads the files again now, rather than at one of the next connections.
    ///
    /// # Errors
    /// As [`open`](Self::open); what was in use stays in use.
    ///
    /// # Cancel safety
    /// The files are read even if the future is dropped.
    pub async fn reload(&self) -> Result<(), FileError> {
        self.0.reload().await
    }

    pub(super) async fn config(&self) -> Arc<ServerConfig> {
        self.0.latest().await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(self.0.source()).finish()
    }
}

impl Source for TlsOptions {
    type Made = ServerConfig;

    fn paths(&self) -> Vec<&Path> {
        let files = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        files.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    fn make(&self, files: &[Contents]) -> Result<ServerConfig, FileError> {
        match files {
            [certificate, key] => config::server(certificate, key, None),
            [certificate, key, client_ca] => config::server(certificate, key, Some(client_ca)),
            _ => unreachable!("there are two or three paths"),
        }
    }
}
