//! The settings that transcripts assume, in the form of the original.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::python;

/// The profiles, and whether they need a user who may do everything.
pub(crate) const PROFILES: [(&str, bool); 7] = [
    ("open", false),
    ("deny", false),
    ("closed", false),
    ("anonymous", false),
    ("keystone", true),
    ("keycloak", false),
    ("certificates", true),
];

/// Writes the settings of a profile for this machine: any free port, and this stand-in.
pub(crate) fn write(profile: &str, directory: &Path, identity: &str) -> PathBuf {
    let text = fs::read_to_string(python::folder().join(format!("profiles/{profile}.yaml")));
    let mut settings: Value =
        serde_saphyr::from_str(&text.expect("the profile is there")).expect("the profile is YAML");
    settings["port"] = json!(0);
    let strategy = &mut settings["authentication"]["strategy"];
    strategy["keystone"]["endpoint"] = json!(format!("{identity}/v3"));
    strategy["keycloak"]["endpoint"] = json!(identity);
    let path = directory.join(format!("{profile}.yaml"));
    fs::write(&path, settings.to_string()).expect("a file can be written");
    path
}
