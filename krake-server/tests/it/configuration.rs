//! The program, its configuration and its commands.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::raw::Raw;
use crate::running::{self, Program, command, errors};

const SEED: &str = "\
{api: core, kind: Role, metadata: {name: 'role:system'}, rules: [{api: '', resources: [''], namespaces: [''], verbs: [get, create]}]}
---
{api: core, kind: RoleBinding, metadata: {name: 'rolebinding:system'}, roles: ['role:system'], users: [system]}
";

/// As an operator of the original has it, with its many keys that say nothing here.
const ORIGINAL: &str = "\
host: 127.0.0.1
port: 0
etcd: {host: 127.0.0.1, port: 1, retry_transactions: 1}
docs: {problem_base_url: 'https://docs.example.org/problem.html'}
tls: {enabled: false, cert: tmp/pki/system:api-server.pem, key: tmp/pki/system:api-server-key.pem, client_ca: tmp/pki/ca.pem}
authentication:
  allow_anonymous: false
  cors-origin: '*'
  strategy:
    static: {enabled: true, name: system}
    keystone: {enabled: false, endpoint: 'http://localhost:5000/v3'}
    keycloak: {enabled: false, endpoint: 'http://localhost:9080', realm: krake}
authorization: RBAC
default-roles: []
log:
  version: 1
  disable_existing_loggers: false
  level: INFO
  handlers: {console: {class: logging.StreamHandler, formatter: krake, level: DEBUG}}
  loggers: {krake: {propagate: false, handlers: [console]}}
";

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

fn get(program: &Program, path: &str) -> (u16, String) {
    let answer = Raw::open(program.address())
        .unwrap()
        .send("GET", path, "")
        .unwrap();
    (answer.status, answer.body)
}

#[test]
fn the_file_of_the_original_is_taken_as_it_is() {
    let directory = directory();
    write(directory.path(), "api.yaml", ORIGINAL);
    let output = running::run(directory.path(), &["bootstrap", "--data-dir", "data", "-"]);
    assert_eq!(output.status.code(), Some(1), "there is nothing on standard input");
    write(directory.path(), "seed.yaml", SEED);
    let output = running::run(directory.path(), &["bootstrap", "--data-dir", "data", "seed.yaml"]);
    assert!(output.status.success(), "{}", errors(&output));
    let program = Program::start(directory.path(), &["--data-dir", "data"]);
    let (status, me) = get(&program, "/me");
    assert_eq!((status, me.as_str()), (200, r#"{"roles":["role:system"],"user":"system"}"#));
    assert_eq!(get(&program, "/core/roles/role:system").0, 200);
    let (status, problem) = get(&program, "/core/roles/none");
    assert_eq!(status, 404);
    assert!(problem.contains("https://docs.example.org/problem.html#not-found-error"), "{problem}");
    assert_eq!(get(&program, "/core/roles").0, 403);
}

#[cfg(not(feature = "etcd"))]
#[test]
fn without_etcd_the_file_of_the_original_needs_a_directory() {
    let directory = directory();
    write(directory.path(), "api.yaml", ORIGINAL);
    let output = running::run(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("`--features etcd`") && errors.contains("--data-dir"), "{errors}");
}

#[test]
fn the_log_says_which_file_was_found() {
    let directory = directory();
    write(
        directory.path(),
        "api.yaml",
        "memory: true\nauthorization: RBAC\nport: 0\nfuture: {x: 1}\n",
    );
    let program = Program::start(directory.path(), &[]);
    let log = program.end();
    assert!(log.contains("settings are read from the file found here file=api.yaml"), "{log}");
    assert!(log.contains("unknown setting ignored field=\"future\""), "{log}");
    assert!(log.contains("nobody may do anything"), "{log}");
}

#[test]
fn options_come_before_the_file() {
    let directory = directory();
    write(
        directory.path(),
        "my.yaml",
        "data_dir: /nowhere/x\nlisten: 127.0.0.1:1\nauthorization: RBAC\n",
    );
    let arguments = [
        "-c",
        "my.yaml",
        "--memory",
        "--port",
        "0",
        "--authentication-strategy-static-enabled",
        "--authentication-strategy-static-name",
        "anna",
        "--etcd-retry-transactions",
        "3",
        "--tls-enabled=false",
    ];
    let program = Program::start(directory.path(), &arguments);
    assert!(get(&program, "/me").1.contains("anna"));
}

#[test]
fn each_wrong_field_has_its_line() {
    let directory = directory();
    let text = "listen: 5\nmemory: 7\ntls: {enabled: true}\nauthorization: maybe\n";
    write(directory.path(), "krake.yaml", text);
    let output = running::run(directory.path(), &["--config", "krake.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "krake-server: wrong settings\n - field 'memory': Not a valid boolean.\n - field 'listen': Not a valid string.\n";
    assert_eq!(errors(&output), expected);
    write(directory.path(), "krake.yaml", &text.replace("listen: 5\nmemory: 7\n", ""));
    let output = running::run(directory.path(), &["--config", "krake.yaml"]);
    let errors = errors(&output);
    assert_eq!(errors.lines().count(), 4, "{errors}");
    assert!(errors.contains(" - field 'tls.cert': Missing data for required field.\n"), "{errors}");
    assert!(errors.contains(" - field 'authorization': Must be RBAC, "), "{errors}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let output = running::run(directory().path(), &["-c", "none.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(errors(&output), "krake-server: there is no file none.yaml\n");
}

#[test]
fn who_listens_to_the_world_says_who_may_come() {
    let arguments = ["--memory", "--listen", "0.0.0.0:0"];
    let output = running::run(directory().path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("everybody who can reach this address"),
        "{}",
        errors(&output)
    );
}

#[test]
fn bootstrap_lists_what_it_created() {
    let directory = directory();
    let mut child = command(directory.path())
        .args(["bootstrap", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(SEED.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(errors(&output), "2 resources were created\n");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        " * Role(api='core', namespace='None', name='role:system')\n \
         * RoleBinding(api='core', namespace='None', name='rolebinding:system')\n"
    );
    assert!(directory.path().join("krake-data").is_dir());
}

#[test]
fn bootstrap_creates_all_or_nothing() {
    let directory = directory();
    let run = |arguments: &[&str]| running::run(directory.path(), arguments);
    write(directory.path(), "seed.yaml", SEED);
    write(directory.path(), "bad.yaml", "{api: core, kind: Role, metadata: {name: x}, rules: 5}\n");
    let output = run(&["bootstrap", "seed.yaml", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let expected =
        "krake-server: nothing was created\n - bad.yaml, document 1: rules: Not a valid list.\n";
    assert_eq!(errors(&output), expected);
    assert!(run(&["bootstrap", "seed.yaml"]).status.success());
    let output = run(&["bootstrap", "seed.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let told = errors(&output);
    assert!(
        told.contains(
            " - seed.yaml, document 2: RoleBinding 'rolebinding:system' already exists\n"
        ),
        "{told}"
    );
    assert!(told.contains("--force"), "{told}");
    assert!(run(&["bootstrap", "seed.yaml", "--force"]).status.success());
}

#[test]
fn resources_can_be_created_before_serving() {
    let directory = directory();
    write(directory.path(), "seed.yaml", SEED);
    for _ in 0..2 {
        let arguments = [
            "--data-dir=data",
            "--port=0",
            "--authorization=RBAC",
            "--authentication-strategy-static-enabled",
            "--bootstrap=seed.yaml",
        ];
        let program = Program::start(directory.path(), &arguments);
        assert_eq!(get(&program, "/core/roles/role:system").0, 200);
    }
}
