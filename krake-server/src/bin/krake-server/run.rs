//! From settings to a server that has ended.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use krake_server::ServerBuilder;
use krake_server::store::{EmbeddedStore, MemoryStore, Options, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

use crate::etcd;
use crate::settings::{Settings, Storage};

/// Sends the log to standard error: warnings, or what the variable `KRAKE_LOG` says.
pub(crate) fn log_to_stderr() {
    let level = std::env::var("KRAKE_LOG")
        .ok()
        .and_then(|text| text.parse().ok());
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level.unwrap_or(LevelFilter::WARN))
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
}

/// Serves until the process is told to end.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let end = end_signal()?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    match &settings.storage {
        Storage::Memory => serve(listener, MemoryStore::new(), &settings, end).await,
        Storage::Embedded(directory) => serve_directory(listener, directory, &settings, end).await,
        Storage::Etcd(etcd) => serve(listener, etcd::connect(etcd)?, &settings, end).await,
    }
}

async fn serve_directory(
    listener: TcpListener,
    path: &Path,
    settings: &Settings,
    end: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let directory = path.display();
    let store = EmbeddedStore::open(path, Options::default())
        .with_context(|| format!("cannot open the store in {directory}"))?;
    let store = Arc::new(store);
    serve(listener, Arc::clone(&store), settings, end).await?;
    store
        .close()
        .await
        .with_context(|| format!("cannot close the store in {directory}"))
}

async fn serve(
    listener: TcpListener,
    store: impl Store,
    settings: &Settings,
    end: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let server = ServerBuilder::new(store)
        .stock()
        .update_event(settings.update_event)
        .build()
        .await
        .context("cannot start the server")?;
    announce(&listener)?;
    let served = server.serve(listener, end).await;
    server.shutdown().await;
    served.context("cannot accept connections")
}

/// Tells whoever waits for this line; nobody has to.
fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    if let Err(error) = writeln!(std::io::stdout(), "krake-server listening on http://{address}") {
        tracing::warn!(%error, %address, "address could not be printed");
    }
    Ok(())
}

/// Completes when the process is asked to end.
fn end_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
