//! Servers of all profiles, and the replayer against them.

use std::path::Path;
use std::process::Output;

use crate::certificates;
use crate::identity::Identity;
use crate::profiles::{self, PROFILES};
use crate::program::{self, Program};
use crate::python;
use crate::store::Store;

/// Replays everything against servers of all profiles, which call a change `update_event`; fails with what did not match.
pub(crate) fn replay(store: &Store, update_event: &str) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let directory = directory.path();
    certificates::write(&directory.join("certs"));
    let identity = Identity::start();
    let servers: Vec<(&str, Program)> = PROFILES
        .into_iter()
        .map(|(profile, needs_admin)| {
            let config = profiles::write(profile, directory, &identity.url);
            let options = store.options(profile);
            let server =
                start(directory, &config, &options, needs_admin.then_some(store), update_event);
            (profile, server)
        })
        .collect();
    let mut replayer = python::wire();
    replayer.args(["--jobs", "16", "--identity-port", "0", "--modified-name", update_event]);
    replayer.arg("--certs").arg(directory.join("certs"));
    for (profile, server) in &servers {
        replayer.args(["--url", &format!("{profile}={}", server.url)]);
    }
    let output = replayer.arg(python::folder().join("transcripts")).output();
    assert_success(&output.expect(python::MISSING), "the replay");
}

/// Starts the server of a profile; the seed goes into a lasting store beforehand.
fn start(
    directory: &Path,
    config: &Path,
    options: &[String],
    seeded: Option<&Store>,
    update_event: &str,
) -> Program {
    let seed = python::folder().join("profiles/seed.yaml");
    let seed = seed.to_str().expect("paths are texts");
    let config = config.to_str().expect("paths are texts");
    let mut arguments = vec!["--config", config];
    arguments.extend(options.iter().map(String::as_str));
    let mut bootstrap = Vec::new();
    match seeded {
        Some(store) if store.lasts() => {
            bootstrap.extend(["bootstrap", "--force", seed]);
            bootstrap.extend(&arguments);
            assert_success(&program::run(directory, &bootstrap), "bootstrap");
        }
        Some(_) => arguments.extend(["--bootstrap", seed]),
        None => {}
    }
    if update_event == "MODIFIED" {
        arguments.extend(["--watch-update-event", update_event]);
    }
    Program::start(directory, &arguments)
}

fn assert_success(output: &Output, what: &str) {
    let text = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{what} failed\n{}", String::from_utf8_lossy(&text));
}
