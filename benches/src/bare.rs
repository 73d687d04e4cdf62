//! The limit: hyper, answering every request with the same bytes.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A server that knows one answer. It ends when the set that it was spawned into does.
pub(crate) async fn serve(body: Bytes, tasks: &mut JoinSet<()>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let body = body.clone();
            connections.spawn(async move {
                let answer = service_fn(move |_| {
                    let response = Response::builder()
                        .header("content-type", "application/json; charset=utf-8")
                        .body(Full::new(body.clone()));
                    async move { Ok::<_, Infallible>(response.expect("constant headers are valid")) }
                });
                let _ = socket.set_nodelay(true);
                // A client that hangs up is no concern of the limit.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), answer).await;
            });
        }
    });
    Ok(address)
}
