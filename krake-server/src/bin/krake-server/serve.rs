//! From settings to a server that has ended.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use krake_server::{
    AlwaysAllow, AlwaysDeny, Authentication, ClientCertificate, Existing, FixedUser, Keycloak,
    Keystone, Server, ServerBuilder, Tls, TokenFile, User,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::command_line::Serve;
use crate::configuration::{Configuration, WrongSettings};
use crate::dangers::{Dangers, dangers};
use crate::settings::{Authorization, Settings, Strategy};
use crate::store::OpenStore;
use crate::{bootstrap, resource_files};

/// Serves until the process is told to end.
pub(crate) async fn serve(command: Serve) -> anyhow::Result<()> {
    let Configuration { keys, source } =
        Configuration::load(&command.options, command.config.as_deref())?;
    let settings = Settings::new(&keys, source).map_err(WrongSettings)?;
    let end = end_signal()?;
    let listener = listen(&settings.address.listen).await?;
    judge(&settings, listener.local_addr()?)?;
    let store = OpenStore::open(&settings.storage)?;
    let served = serve_on(listener, &store, &settings, end).await;
    let closed = store.close().await;
    served.and(closed)
}

/// Binds the first address of the host that can be bound, of IPv4 if it has any.
async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let what = || format!("cannot listen on {address}");
    let mut found: Vec<SocketAddr> = tokio::net::lookup_host(address)
        .await
        .with_context(what)?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    TcpListener::bind(&*found).await.with_context(what)
}

/// Tells what is dangerous, and refuses what nobody has asked for.
fn judge(settings: &Settings, address: SocketAddr) -> anyhow::Result<()> {
    let Dangers { refusal, warnings } = dangers(settings, address.ip().is_loopback());
    for warning in warnings {
        tracing::warn!(%address, "{warning}");
    }
    match refusal {
        Some(refusal) => bail!("not on {address}: {refusal}"),
        None => Ok(()),
    }
}

async fn serve_on(
    listener: TcpListener,
    store: &OpenStore,
    settings: &Settings,
    end: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let server = build(store, settings).await?;
    let served = async {
        let resources = resource_files::read(&settings.bootstrap)?;
        bootstrap::create(&server, resources, Existing::Keep).await?;
        let tls = settings.address.tls.clone().map(Tls::open).transpose();
        let tls = tls.context("cannot use TLS")?;
        announce(&listener, if tls.is_some() { "https" } else { "http" })?;
        let served = match tls {
            Some(tls) => server.serve_tls(listener, tls, end).await,
            None => server.serve(listener, end).await,
        };
        served.context("cannot accept connections")
    };
    let served = served.await;
    server.shutdown().await;
    served
}

async fn build(store: &OpenStore, settings: &Settings) -> anyhow::Result<Server> {
    let users = &settings.users;
    let builder = ServerBuilder::new(store.shared())
        .stock()
        .update_event(settings.update_event)
        .limits(settings.limits.clone())
        .problem_base_url(&settings.problem_base_url)
        .authentication(authentication(settings)?);
    let builder = match users.authorization {
        Authorization::Roles => builder.role_based(),
        Authorization::AlwaysAllow => builder.authorizer(AlwaysAllow),
        Authorization::AlwaysDeny => builder.authorizer(AlwaysDeny),
    };
    let builder = match users.cors.clone() {
        Some(allowed) => builder.cors(allowed),
        None => builder,
    };
    builder.build().await.context("cannot start the server")
}

/// Strategies, tokens, certificates, and whoever is left.
fn authentication(settings: &Settings) -> anyhow::Result<Authentication> {
    let users = &settings.users;
    let mut chain = Authentication::closed();
    for strategy in &users.strategies {
        chain = match strategy {
            Strategy::Static(name) => chain.with(FixedUser(User::new(name.as_str()))),
            Strategy::Keystone { endpoint } => {
                let keystone = Keystone::new(endpoint, &users.identity);
                chain.with(keystone.context("cannot use Keystone")?)
            }
            Strategy::Keycloak { endpoint, realm } => {
                let keycloak = Keycloak::new(endpoint, realm, &users.identity);
                chain.with(keycloak.context("cannot use Keycloak")?)
            }
        };
    }
    if let Some(file) = &users.token_file {
        chain = chain.with(TokenFile::open(file).context("cannot use the tokens")?);
    }
    if settings.takes_certificates() {
        chain = chain.with(ClientCertificate);
    }
    Ok(if users.allows_anonymous { chain.or_anonymous() } else { chain })
}

/// Tells whoever waits for this line; nobody has to.
fn announce(listener: &TcpListener, scheme: &str) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    if let Err(error) =
        writeln!(std::io::stdout(), "krake-server listening on {scheme}://{address}")
    {
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
