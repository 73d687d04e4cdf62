//! Keeps the cut of the workspace: who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Crate → the workspace crates that its library may use. Development dependencies are free.
const ALLOWED: &[(&str, &[&str])] = &[
    ("krake-core-derive", &[]),
    ("krake-core", &["krake-core-derive"]),
    ("krake-client", &["krake-core"]),
    // The server only behind the feature `testing`, which the test below makes sure of.
    ("krake-runtime", &["krake-client", "krake-core", "krake-server"]),
    ("krake-server", &["krake-core"]),
    ("krake-controllers", &["krake-client", "krake-core", "krake-runtime"]),
    ("krakectl", &["krake-client", "krake-core"]),
    ("krake-kube-sim", &["krake-core", "krake-server"]),
];

/// Crates that no library crate may pull in, each with the crates that may.
const CONFINED: &[(&str, &[&str])] = &[
    ("kube", &["krake-controllers"]),
    ("k8s-openapi", &["krake-controllers"]),
    (
        "tokio",
        &[
            "krake-client",
            "krake-runtime",
            "krake-server",
            "krake-controllers",
            "krakectl",
            "krake-kube-sim",
        ],
    ),
    ("reqwest", &["krake-client", "krake-server"]),
    ("clap", &["krake-server", "krakectl", "krake-kube-sim"]),
];

/// Packages that sit on top and may use everything.
const FREE: &[&str] = &["krake-examples", "krake-benches"];

struct Dependency {
    name: String,
    is_optional: bool,
}

/// Package → its normal dependencies.
fn workspace() -> BTreeMap<String, Vec<Dependency>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| (text(&package["name"]), dependencies(package)))
        .collect()
}

fn dependencies(package: &Value) -> Vec<Dependency> {
    let all = package["dependencies"]
        .as_array()
        .expect("a list of dependencies");
    all.iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| Dependency {
            name: text(&dependency["name"]),
            is_optional: dependency["optional"] == true,
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn crates_depend_only_on_the_crates_below_them() {
    let workspace = workspace();
    let members: BTreeSet<_> = workspace.keys().cloned().collect();
    for (package, dependencies) in &workspace {
        if FREE.contains(&package.as_str()) {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(name, _)| name == package);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{package} has no place in the order"));
        for dependency in dependencies
            .iter()
            .filter(|dependency| members.contains(&dependency.name))
        {
            assert!(
                allowed.contains(&dependency.name.as_str()),
                "{package} must not depend on {}",
                dependency.name
            );
        }
    }
}

#[test]
fn the_runtime_reaches_the_server_only_for_tests() {
    let workspace = workspace();
    let server = workspace["krake-runtime"]
        .iter()
        .find(|dependency| dependency.name == "krake-server");
    assert!(server.is_some_and(|dependency| dependency.is_optional));
}

#[test]
fn heavy_dependencies_stay_where_they_are_needed() {
    for (package, dependencies) in &workspace() {
        if FREE.contains(&package.as_str()) {
            continue;
        }
        for (heavy, users) in CONFINED {
            let uses = dependencies
                .iter()
                .any(|dependency| dependency.name == *heavy);
            assert!(
                !uses || users.contains(&package.as_str()),
                "{package} must not depend on {heavy}"
            );
        }
    }
}

/// Two TLS or HTTP stacks double build times and, in the case of rustls, break at run time.
#[test]
fn there_is_one_tls_and_one_http_stack() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    let lock = lock.expect("the workspace has a lock file");
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    for single in ["hyper", "http", "rustls", "ring", "tokio", "serde"] {
        assert_eq!(versions(single), 1, "{single}");
    }
    for banned in ["aws-lc-sys", "openssl-sys", "native-tls", "async-std"] {
        assert_eq!(versions(banned), 0, "{banned}");
    }
}
