//! From an accepted connection to one that requests come from.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::{Peer, Tls};

/// A connection that is ready for requests, encrypted or not.
pub(crate) struct Shaken<S> {
    pub(crate) stream: Either<S, TlsStream<S>>,
    pub(crate) peer: Peer,
}

/// Shakes hands, if the connection is to be encrypted.
///
/// Clients that begin to speak HTTP instead keep their connection, to be told so.
pub(crate) async fn handshake<S>(
    stream: TcpStream,
    tls: Option<Tls>,
    limit: Duration,
    wrap: impl FnOnce(TcpStream) -> S,
) -> io::Result<Shaken<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(tls) = tls else {
        return Ok(Shaken { stream: Either::Left(wrap(stream)), peer: Peer::Unknown });
    };
    let secure = async {
        if speaks_http(&stream).await? {
            return Ok(Shaken { stream: Either::Left(wrap(stream)), peer: Peer::Insecure });
        }
        let acceptor = TlsAcceptor::from(tls.config().await);
        let stream = acceptor.accept(wrap(stream)).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let peer = Peer::of(certificates.and_then(<[_]>::first));
        Ok(Shaken { stream: Either::Right(stream), peer })
    };
    tokio::time::timeout(limit, secure).await?
}

/// Methods are spelled in capitals; TLS begins otherwise.
async fn speaks_http(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase())
}
