//! The program as its users see it: what it prints, and how it ends.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use krake_core::{Clock, Timestamp};
use krake_server::store::MemoryStore;
use krake_server::{Server, ServerBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A clock that stands still, so that what is printed is always the same.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000)
    }
}

/// A server to talk to, until it is dropped.
struct Bed {
    url: String,
    _server: Server,
    _serving: JoinSet<()>,
}

impl Bed {
    async fn start() -> Self {
        let server = ServerBuilder::new(MemoryStore::new())
            .kubernetes()
            .clock(Arc::new(Stopped));
        let server = server.build().await.expect("the server starts");
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (mut serving, served) = (JoinSet::new(), server.clone());
        serving.spawn(async move {
            let _ = served.serve(listener, std::future::pending()).await;
        });
        Self { url, _server: server, _serving: serving }
    }

    /// What `krakectl` prints, with its exit status in front.
    async fn krakectl(&self, arguments: &[&str], input: &'static str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_krakectl"));
        command.arg("--server").arg(&self.url).args(arguments);
        let running = tokio::task::spawn_blocking(move || run(command, input));
        let output = running.await.expect("it does not panic");
        format!(
            "{}\n{}{}",
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

fn run(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("krakectl starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("krakectl ends")
}

const MANIFEST: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
";

#[tokio::test(flavor = "multi_thread")]
async fn applications_are_created_listed_shown_and_deleted() {
    let bed = Bed::start().await;
    let created = bed
        .krakectl(
            &[
                "kube",
                "app",
                "create",
                "shop",
                "-n",
                "testing",
                "-f",
                "-",
                "-L",
                "location is DE",
                "-l",
                "tier=web",
            ],
            MANIFEST,
        )
        .await;
    insta::assert_snapshot!("create", created);
    insta::assert_snapshot!(
        "list",
        bed.krakectl(&["kube", "app", "list", "-n", "testing"], "")
            .await
    );
    let listed = bed
        .krakectl(&["kube", "app", "list", "--all", "-o", "json"], "")
        .await;
    assert!(listed.contains("\"manifest\": [\n"), "{listed}");
    let updated = bed
        .krakectl(
            &[
                "kube",
                "app",
                "update",
                "shop",
                "-n",
                "testing",
                "--disable-migration",
                "-o",
                "yaml",
            ],
            "",
        )
        .await;
    assert!(updated.contains("migration: false"), "{updated}");
    let deleted = bed
        .krakectl(&["kubernetes", "application", "delete", "shop", "-n", "testing"], "")
        .await;
    assert!(deleted.starts_with("0\n") && deleted.contains("2027-01-15 08:00:00"), "{deleted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_registered_by_the_name_in_their_kubeconfig() {
    let bed = Bed::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config");
    let config = "
        current-context: a
        contexts: [{name: a, context: {cluster: minikube, user: u}}]
        clusters: [{name: minikube, cluster: {server: 'http://127.0.0.1:1'}}]
        users: [{name: u, user: {token: t}}]
    ";
    std::fs::write(&file, config).expect("the folder can be written to");
    let file = file.to_string_lossy();
    let register =
        ["kube", "cluster", "register", "-k", &file, "-n", "testing", "-l", "location=DE"];
    insta::assert_snapshot!("register", bed.krakectl(&register, "").await);
    let again = bed.krakectl(&register, "").await;
    assert!(again.starts_with("1\n") && again.contains("RESOURCE_ALREADY_EXISTS"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_say_what_is_wrong_and_end_with_their_status() {
    let bed = Bed::start().await;
    insta::assert_snapshot!("missing", bed.krakectl(&["kube", "app", "get", "nope"], "").await);
    let unreadable = bed
        .krakectl(&["kube", "app", "create", "a", "-f", "/does/not/exist"], "")
        .await;
    assert!(unreadable.starts_with("1\nkrakectl: cannot read /does/not/exist"), "{unreadable}");
    let usage = bed.krakectl(&["kube", "app", "get"], "").await;
    assert!(usage.starts_with("2\n"), "{usage}");
    let nobody = Bed { url: "http://127.0.0.1:1".into(), ..bed };
    let refused = nobody.krakectl(&["kube", "app", "list"], "").await;
    assert!(refused.starts_with("1\nkrakectl: GET"), "{refused}");
}
