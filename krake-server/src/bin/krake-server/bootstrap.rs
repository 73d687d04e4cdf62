//! Creating resources without anybody's permission, before there are users who may.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, anyhow};
use krake_core::FieldErrors;
use krake_server::{BootstrapError, Bootstrapped, Existing, Server, ServerBuilder};

use crate::command_line::Bootstrap;
use crate::configuration::{Configuration, WrongSettings};
use crate::keys::Keys;
use crate::resource_files::{self, Written};
use crate::settings::Storage;
use crate::store::OpenStore;

/// Creates the resources of all files, or none of them, and tells which.
pub(crate) async fn bootstrap(command: Bootstrap) -> anyhow::Result<()> {
    let options = Keys { store: command.options, ..Keys::default() };
    let configuration = Configuration::load(&options, command.config.as_deref())?;
    let mut errors = FieldErrors::default();
    let storage = Storage::new(&configuration.keys.store, &mut errors);
    errors.into_result().map_err(WrongSettings)?;
    let resources = resource_files::read(&command.files)?;
    let existing = if command.force { Existing::Replace } else { Existing::Refuse };
    let store = OpenStore::open(&storage)?;
    let created = create_in(&store, resources, existing).await;
    let closed = store.close().await;
    let created = created?;
    closed?;
    report(&created)
}

async fn create_in(
    store: &OpenStore,
    resources: Vec<Written>,
    existing: Existing,
) -> anyhow::Result<Vec<Bootstrapped>> {
    let server = ServerBuilder::new(store.shared())
        .stock()
        .build()
        .await
        .context("cannot use the store")?;
    let created = create(&server, resources, existing).await;
    server.shutdown().await;
    created
}

/// Creates resources, all or none.
///
/// # Errors
/// One line for each resource that is not as it should be.
pub(crate) async fn create(
    server: &Server,
    resources: Vec<Written>,
    existing: Existing,
) -> anyhow::Result<Vec<Bootstrapped>> {
    let (places, contents): (Vec<_>, Vec<_>) = resources
        .into_iter()
        .map(|written| (written.place, written.content))
        .unzip();
    match server.bootstrap(contents, existing).await {
        Ok(created) => Ok(created),
        Err(BootstrapError::Refused(refused)) => {
            let has_existing = refused
                .iter()
                .any(|resource| resource.problem.status == 409);
            let mut text = "nothing was created".to_owned();
            for resource in refused {
                let place = places.get(resource.index).map_or("", String::as_str);
                let _ = write!(text, "\n - {place}: {}", resource.problem.detail);
            }
            if existing == Existing::Refuse && has_existing {
                text.push_str("\nresources that exist are replaced with --force");
            }
            Err(anyhow!(text))
        }
        Err(error) => Err(error.into()),
    }
}

/// Lists what was created on standard output, and counts it on standard error.
fn report(created: &[Bootstrapped]) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    for Bootstrapped { kind, namespace, name, .. } in created {
        let namespace = namespace.as_deref().unwrap_or("None");
        let (api, kind) = (&kind.api, &kind.kind);
        writeln!(output, " * {kind}(api='{api}', namespace='{namespace}', name='{name}')")?;
    }
    output.flush()?;
    writeln!(std::io::stderr(), "{} resources were created", created.len())?;
    Ok(())
}
