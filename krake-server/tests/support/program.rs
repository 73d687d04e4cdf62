//! The program, running.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A running server; it is killed at the end.
pub(crate) struct Program {
    pub(crate) child: Child,
    /// As it tells it: `http://127.0.0.1:37601`.
    pub(crate) url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in a directory without configuration.
pub(crate) fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krake-server"));
    command.current_dir(directory).env_remove("KRAKE_LOG");
    command
}

/// Runs the program to its end.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory)
        .args(arguments)
        .output()
        .expect("the program can be started")
}

/// What the program says of its failure.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

impl Program {
    /// Starts a server, and waits until it listens.
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut child = command(directory)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("it is piped");
        let read = BufReader::new(output).read_line(&mut line);
        let Some(url) = line.trim().strip_prefix("krake-server listening on ") else {
            let mut errors = String::new();
            let _ = child.kill();
            let _ = child
                .stderr
                .take()
                .expect("it is piped")
                .read_to_string(&mut errors);
            let _ = child.wait();
            panic!("{read:?} {line}{errors}");
        };
        let url = url.to_owned();
        Self { child, url }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, address) = self.url.split_once("://").expect("it is a URL");
        address.parse().expect("it has an address and a port")
    }

    /// Ends the server; the answer is its log.
    pub(crate) fn end(mut self) -> String {
        let mut log = String::new();
        let _ = self.child.kill();
        let errors = self.child.stderr.as_mut().expect("it is piped");
        errors.read_to_string(&mut log).expect("the log is text");
        log
    }
}
