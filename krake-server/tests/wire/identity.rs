//! The stand-in for Keystone and Keycloak.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::python;

/// A running stand-in; it is killed at the end.
pub(crate) struct Identity {
    child: Child,
    /// Where it listens: `http://127.0.0.1:37601`.
    pub(crate) url: String,
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Identity {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        let mut child = python::wire()
            .args(["identity", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect(python::MISSING);
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("it tells where it listens");
        let url = line.trim().strip_prefix("identity service on ");
        let url = url
            .unwrap_or_else(|| panic!("no address: {line}"))
            .to_owned();
        Self { child, url }
    }
}
