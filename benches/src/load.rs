//! Closed-loop load over plain sockets: as little work as possible on the client's side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How much load, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) duration: Duration,
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// How long each request took, sorted.
    latencies: Vec<Duration>,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 answers")]
    pub(crate) fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        Self { rate: latencies.len() as f64 / elapsed.as_secs_f64(), latencies }
    }

    /// The latency that this share of the requests did not exceed.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index into a list that fits into memory"
    )]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let index = (self.latencies.len() as f64 * share) as usize;
        self.latencies
            .get(index.min(self.latencies.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

impl Load {
    /// Does `work` with a running number, as many at a time as there are connections.
    ///
    /// # Errors
    /// The first of `work`.
    pub(crate) async fn repeat<F, W>(&self, work: F) -> anyhow::Result<Measured>
    where
        F: Fn(u64) -> W + Send + Sync + 'static,
        W: Future<Output = anyhow::Result<()>> + Send,
    {
        let (work, number) = (Arc::new(work), Arc::new(AtomicU64::new(0)));
        let started = Instant::now();
        let end = started + self.duration;
        let mut workers = JoinSet::new();
        for _ in 0..self.connections {
            let (work, number) = (Arc::clone(&work), Arc::clone(&number));
            workers.spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let sent = Instant::now();
                    work(number.fetch_add(1, Ordering::Relaxed)).await?;
                    latencies.push(sent.elapsed());
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(worker) = workers.join_next().await {
            latencies.extend(worker??);
        }
        Ok(Measured::new(latencies, started.elapsed()))
    }

    /// Sends what `request` makes of a running number on each connection, one after the other; every answer must have
    /// status 200.
    ///
    /// # Errors
    /// When a connection breaks or an answer has another status.
    pub(crate) async fn run<F>(&self, server: SocketAddr, request: F) -> anyhow::Result<Measured>
    where
        F: Fn(u64) -> Vec<u8> + Send + Sync + 'static,
    {
        let (request, number) = (Arc::new(request), Arc::new(AtomicU64::new(0)));
        let started = Instant::now();
        let end = started + self.duration;
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            let (request, number) = (Arc::clone(&request), Arc::clone(&number));
            clients.spawn(async move { client(server, end, &*request, &number).await });
        }
        let mut latencies = Vec::new();
        while let Some(client) = clients.join_next().await {
            latencies.extend(client??);
        }
        Ok(Measured::new(latencies, started.elapsed()))
    }
}

async fn client(
    server: SocketAddr,
    end: Instant,
    request: &(dyn Fn(u64) -> Vec<u8> + Send + Sync),
    number: &AtomicU64,
) -> anyhow::Result<Vec<Duration>> {
    let mut socket = TcpStream::connect(server).await?;
    socket.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = Vec::with_capacity(16 << 10);
    while Instant::now() < end {
        let bytes = request(number.fetch_add(1, Ordering::Relaxed));
        let sent = Instant::now();
        socket.write_all(&bytes).await?;
        answer(&mut socket, &mut buffer).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// Reads one answer, whose length its headers tell.
async fn answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    buffer.clear();
    loop {
        ensure!(socket.read_buf(buffer).await? > 0, "the server closed the connection");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).context("headers are text")?;
        ensure!(text.starts_with("HTTP/1.1 200"), "the server answered {text}");
        let length = content_length(text).context("the answer has a length")?;
        let missing = (head + 4 + length).saturating_sub(buffer.len());
        let start = buffer.len();
        buffer.resize(start + missing, 0);
        socket.read_exact(&mut buffer[start..]).await?;
        return Ok(());
    }
}

fn content_length(headers: &str) -> Option<usize> {
    headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    })
}
