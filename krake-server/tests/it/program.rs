//! The program.

use std::path::Path;
use std::process::{Command, Output};

use crate::bed::{APPLICATIONS, application, path};
use crate::raw::Raw;
use crate::running::{self, Program, command, errors};

/// Starts a server on a free port, where no configuration lies.
fn start(arguments: &[&str]) -> Program {
    let directory = tempfile::tempdir().unwrap();
    let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
    Program::start(directory.path(), &arguments)
}

fn in_directory(directory: &Path) -> Program {
    start(&["--data-dir", directory.to_str().unwrap()])
}

fn connect(program: &Program) -> Raw {
    Raw::open(program.address()).unwrap()
}

fn signal(program: &Program, name: &str) {
    let id = program.child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status();
    assert!(sent.unwrap().success());
}

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Output {
    running::run(tempfile::tempdir().unwrap().path(), arguments)
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    const WRITERS: usize = 8;
    let directory = tempfile::tempdir().unwrap();
    let mut program = in_directory(directory.path());
    let address = program.address();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            std::thread::spawn(move || {
                let mut client = Raw::open(address).unwrap();
                let names = (0..).map(|index| format!("a-{writer}-{index}"));
                let stored = |name: &String| {
                    let body = application(name).to_string();
                    client
                        .send("POST", APPLICATIONS, &body)
                        .is_ok_and(|answer| answer.status == 200)
                };
                names.take_while(stored).count()
            })
        })
        .collect();
    let mut reader = connect(&program);
    let has_some =
        |client: &mut Raw| client.send("GET", &path("a-0-20"), "").unwrap().status == 200;
    while !has_some(&mut reader) {}
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let acknowledged: Vec<usize> = writers
        .into_iter()
        .map(|writer| writer.join().unwrap())
        .collect();
    assert!(
        acknowledged[0] >= 20,
        "the object 20 may not have been acknowledged, those before it were"
    );
    let program = in_directory(directory.path());
    let mut reader = connect(&program);
    for (writer, count) in acknowledged.into_iter().enumerate() {
        for index in 0..count {
            let name = format!("a-{writer}-{index}");
            assert_eq!(reader.send("GET", &path(&name), "").unwrap().status, 200, "{name}");
        }
    }
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for name in ["TERM", "INT"] {
        let directory = tempfile::tempdir().unwrap();
        let mut program = in_directory(directory.path());
        let mut client = connect(&program);
        let body = application("a").to_string();
        assert_eq!(client.send("POST", APPLICATIONS, &body).unwrap().status, 200);
        let mut watcher = connect(&program);
        watcher
            .write(&format!("GET {APPLICATIONS}?watch HTTP/1.1\r\nhost: x\r\n\r\n"))
            .unwrap();
        watcher.head().unwrap();
        signal(&program, name);
        assert_eq!(program.child.wait().unwrap().code(), Some(0), "{name}");
        assert_eq!(watcher.chunk().unwrap(), "");
        drop(program);
        let again = in_directory(directory.path());
        assert_eq!(connect(&again).send("GET", &path("a"), "").unwrap().status, 200);
    }
}

#[test]
fn nobody_has_to_wait_for_its_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let directory = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command(directory.path())
        .args(["--memory", "--listen", &address.to_string()])
        .stdout(writer)
        .spawn()
        .unwrap();
    let answer = loop {
        match Raw::open(address) {
            Ok(mut client) => break client.send("GET", "/", ""),
            Err(_) if child.try_wait().unwrap().is_none() => std::thread::yield_now(),
            Err(error) => break Err(error),
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn in_memory_nothing_is_written() {
    let program = start(&["--memory"]);
    let body = application("a").to_string();
    assert_eq!(
        connect(&program)
            .send("POST", APPLICATIONS, &body)
            .unwrap()
            .status,
        200
    );
}

#[test]
fn a_taken_port_is_told_in_one_line() {
    let program = start(&["--memory"]);
    let output = run(&["--memory", "--listen", &program.address().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.starts_with("krake-server: cannot listen on 127.0.0.1:"), "{errors}");
    assert_eq!(errors.lines().count(), 1);
}

#[test]
fn a_data_directory_in_use_is_told_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let _program = in_directory(directory.path());
    let text = directory.path().to_str().unwrap();
    let output = run(&["--listen", "127.0.0.1:0", "--data-dir", text]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(
        errors.starts_with(&format!("krake-server: cannot open the store in {text}: ")),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1);
}

#[test]
fn an_unusable_data_directory_is_told_in_one_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = file.path().join("x").to_str().unwrap().to_owned();
    let output = run(&["--listen", "127.0.0.1:0", "--data-dir", &text]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(errors(&output).lines().count(), 1, "{}", errors(&output));
}

#[test]
fn a_wrong_configuration_is_told_field_by_field() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("krake.yaml");
    std::fs::write(&file, "listen: 5\nmemory: 7\n").unwrap();
    let output = run(&["--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains(" - field 'listen': Not a valid string.\n"), "{errors}");
    assert!(errors.contains(" - field 'memory': Not a valid boolean.\n"), "{errors}");
}

#[test]
fn the_configuration_names_updates() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("krake.yaml");
    std::fs::write(&file, "memory: true\nauthorization: always-allow\nauthentication: {allow_anonymous: true}\nwatch: {update_event: MODIFIED}\n").unwrap();
    let program = start(&["--config", file.to_str().unwrap()]);
    let mut client = connect(&program);
    let body = application("a").to_string();
    assert_eq!(client.send("POST", APPLICATIONS, &body).unwrap().status, 200);
    let mut watcher = connect(&program);
    watcher
        .write(&format!("GET {APPLICATIONS}?watch HTTP/1.1\r\nhost: x\r\n\r\n"))
        .unwrap();
    watcher.head().unwrap();
    assert_eq!(client.send("DELETE", &path("a"), "").unwrap().status, 200);
    assert!(
        watcher
            .chunk()
            .unwrap()
            .starts_with("{\"type\":\"MODIFIED\",\"object\":{")
    );
}

#[test]
fn one_store_is_chosen() {
    for arguments in [
        &["--etcd", "http://127.0.0.1:1", "--memory"][..],
        &["--etcd", "http://127.0.0.1:1", "--data-dir", "/x"],
        &["--etcd", "http://127.0.0.1:1", "--etcd-user", "a"],
        &["--etcd", "https://127.0.0.1:1", "--etcd-cert", "/x", "--etcd-key", "/x"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[cfg(not(feature = "etcd"))]
#[test]
fn a_program_without_etcd_says_so() {
    let output = run(&["--listen", "127.0.0.1:0", "--etcd", "http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("`--features etcd`") && errors.contains("--data-dir"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[cfg(feature = "etcd")]
mod on_etcd {
    use super::*;
    use crate::support::Etcd;

    #[test]
    fn resources_survive_the_program() {
        let etcd = Etcd::cluster(3);
        let endpoints = etcd.endpoints().join(",");
        let body = application("a").to_string();
        let program = start(&["--etcd", &endpoints]);
        let post = |program: &Program| connect(program).send("POST", APPLICATIONS, &body).unwrap();
        assert_eq!(post(&program).status, 200);
        drop(program);
        let program = start(&["--etcd", &endpoints]);
        assert_eq!(
            connect(&program)
                .send("GET", &path("a"), "")
                .unwrap()
                .status,
            200
        );
        assert_eq!(post(&program).status, 409);
    }

    #[test]
    fn what_cannot_work_is_told_in_one_line() {
        for (arguments, expected) in [
            (&["--etcd", "unix://x"][..], "krake-server: etcd endpoint `unix://x` must start with"),
            (&["--etcd", "https://x", "--etcd-ca", "/none"], "krake-server: cannot read /none: "),
        ] {
            let output = run(&[&["--listen", "127.0.0.1:0"], arguments].concat());
            assert_eq!(output.status.code(), Some(1));
            let errors = errors(&output);
            assert!(errors.starts_with(expected), "{errors}");
            assert_eq!(errors.lines().count(), 1, "{errors}");
        }
    }
}
