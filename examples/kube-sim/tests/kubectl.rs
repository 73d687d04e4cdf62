//! The simulated cluster as the real `kubectl` sees it. Without `kubectl` on the path these tests fail: `make test` installs it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails is a test that fails")]

use std::process::Stdio;
use std::time::Duration;

use krake_kube_sim::Sim;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const MANIFEST: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: demo}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo, labels: {app: web, tier: front}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: nginx:1.25
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"#;

/// A cluster with `kubectl` set up for it.
struct Bench {
    sim: Sim,
    home: TempDir,
}

/// What a run of `kubectl` came to.
#[derive(Debug)]
struct Output {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Bench {
    async fn start() -> Self {
        let sim = Sim::builder()
            .nodes(2_usize)
            .pod_start_delay(Duration::from_millis(20))
            .start()
            .await
            .unwrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config"), sim.kubeconfig().to_string()).unwrap();
        Self { sim, home }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(arguments)
            .env("KUBECONFIG", self.home.path().join("config"))
            .env("HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap_or_else(|error| {
            panic!("kubectl cannot be run ({error}): install it, for example with `make test`")
        });
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .await
            .unwrap();
        let output = timeout(Duration::from_mins(1), child.wait_with_output())
            .await
            .expect("kubectl hangs")
            .unwrap();
        Output {
            success: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs `kubectl` with success and answers what it printed.
    async fn ok(&self, arguments: &str) -> String {
        self.with_input(arguments, "").await
    }

    async fn with_input(&self, arguments: &str, input: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = self.run(&arguments, input).await;
        assert!(output.success, "kubectl {arguments:?} failed: {output:?}");
        output.stdout
    }

    /// Runs `kubectl` without success and answers what it complained about.
    async fn refused(&self, arguments: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = self.run(&arguments, "").await;
        assert!(!output.success, "kubectl {arguments:?} worked: {output:?}");
        output.stderr
    }

    async fn deploy(&self) {
        self.with_input("apply -f -", MANIFEST).await;
        self.ok("-n demo rollout status deploy/web --timeout=30s")
            .await;
    }
}

/// The cells of the first line that starts with `name`.
fn row<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let line = table.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name} in {table}"))
        .split_whitespace()
        .collect()
}

#[tokio::test]
async fn several_documents_are_applied_with_validation_on() {
    let bench = Bench::start().await;
    let first = bench.with_input("apply -f -", MANIFEST).await;
    assert_eq!(first, "namespace/demo created\ndeployment.apps/web created\nservice/web created\n");
    let second = bench.with_input("apply -f -", MANIFEST).await;
    assert_eq!(
        second,
        "namespace/demo unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\n"
    );
}

#[tokio::test]
async fn a_field_that_is_no_longer_in_the_manifest_is_removed() {
    let bench = Bench::start().await;
    for arguments in ["apply -f -", "apply --server-side --force-conflicts -f -"] {
        bench.with_input(arguments, MANIFEST).await;
        let less = MANIFEST
            .replace(", {name: B, value: \"2\"}", "")
            .replace(", tier: front", "");
        bench.with_input(arguments, &less).await;
        let env = bench
            .ok("-n demo get deploy web -o jsonpath={.spec.template.spec.containers[0].env}")
            .await;
        assert_eq!(env, r#"[{"name":"A","value":"1"}]"#, "{arguments}");
        let labels = bench
            .ok("-n demo get deploy web -o jsonpath={.metadata.labels}")
            .await;
        assert_eq!(labels, r#"{"app":"web"}"#, "{arguments}");
        bench.ok("-n demo delete deploy web").await;
    }
}

#[tokio::test]
async fn tables_have_the_columns_of_a_real_cluster() {
    let bench = Bench::start().await;
    bench.deploy().await;
    let table = bench.ok("-n demo get deploy,svc,pods,rs,cm").await;
    assert_eq!(row(&table, "NAME "), ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(row(&table, "deployment.apps/web")[1..4], ["2/2", "2", "2"]);
    let service = row(&table, "service/web");
    assert_eq!(
        (service[1], service[3], service[4].starts_with("80:3")),
        ("NodePort", "<none>", true),
        "{table}"
    );
    assert_eq!(row(&table, "pod/web-")[1..4], ["1/1", "Running", "0"]);
    assert_eq!(row(&table, "replicaset.apps/web-")[1..4], ["2", "2", "2"]);
    assert_eq!(row(&table, "configmap/kube-root-ca.crt")[1], "1");
    let nodes = bench.ok("get nodes").await;
    assert_eq!(row(&nodes, "NAME"), ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
    assert_eq!(row(&nodes, "kube-sim-node-2")[1], "Ready");
    assert_eq!(row(&bench.ok("get ns").await, "demo")[1], "Active");
    let wide = bench.ok("-n demo get pods -o wide").await;
    assert!(
        row(&wide, "web-")
            .iter()
            .any(|cell| cell.starts_with("kube-sim-node-")),
        "{wide}"
    );
}

#[tokio::test]
async fn describe_tells_the_whole_story() {
    let bench = Bench::start().await;
    bench.deploy().await;
    let deployment = bench.ok("-n demo describe deploy web").await;
    for text in [
        "2 desired | 2 updated | 2 total | 2 available",
        "MinimumReplicasAvailable",
        "(2/2 replicas created)",
        "ScalingReplicaSet",
    ] {
        assert!(deployment.contains(text), "{text} in {deployment}");
    }
    let service = bench.ok("-n demo describe svc web").await;
    assert!(service.contains("10.244."), "{service}");
    let pods = bench.ok("-n demo describe pods").await;
    assert!(pods.contains("Successfully assigned demo/web-"), "{pods}");
    assert!(
        bench
            .ok("describe node kube-sim-node-1")
            .await
            .contains("KubeletReady")
    );
}

#[tokio::test]
async fn a_watch_shows_pods_as_they_come() {
    let bench = Bench::start().await;
    bench
        .with_input(
            "create -f -",
            r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}"#,
        )
        .await;
    bench
        .with_input(
            "-n demo create -f -",
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "early"},
                "spec": {"containers": [{"name": "main", "image": "nginx"}]}}"#,
        )
        .await;
    let mut child = bench
        .command(&["-n", "demo", "get", "pods", "--watch"])
        .spawn()
        .expect("kubectl cannot be run");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Whatever happens after the pod that was there before is listed, is a change.
    while !lines
        .next_line()
        .await
        .unwrap()
        .expect("the list")
        .starts_with("early")
    {}
    bench.with_input("apply -f -", MANIFEST).await;
    let seen = async {
        let mut states = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            let is_new = line.starts_with("web-");
            states.extend(
                line.split_whitespace()
                    .nth(2)
                    .filter(|_| is_new)
                    .map(str::to_owned),
            );
            if states.last().is_some_and(|state| state == "Running") {
                break;
            }
        }
        states
    };
    let states = timeout(Duration::from_mins(1), seen)
        .await
        .expect("no pod is seen to run");
    assert_eq!(states[0], "Pending");
    assert!(states.iter().any(|state| state == "ContainerCreating"), "{states:?}");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn workloads_are_scaled_rolled_out_and_rolled_back() {
    let bench = Bench::start().await;
    bench.deploy().await;
    bench.ok("-n demo scale deploy web --replicas=4").await;
    bench
        .ok("-n demo rollout status deploy/web --timeout=30s")
        .await;
    bench
        .ok("-n demo set image deploy/web main=nginx:1.26")
        .await;
    bench
        .ok("-n demo rollout status deploy/web --timeout=30s")
        .await;
    let image = "-n demo get deploy web -o jsonpath={.spec.replicas}{.spec.template.spec.containers[*].image}";
    assert_eq!(bench.ok(image).await, "4nginx:1.26");
    bench.ok("-n demo rollout undo deploy/web").await;
    bench
        .ok("-n demo rollout status deploy/web --timeout=30s")
        .await;
    assert_eq!(bench.ok(image).await, "4nginx:1.25");
    let sets = bench.ok("-n demo get rs -o name").await;
    assert_eq!(sets.lines().count(), 2, "the old replica set is used again: {sets}");
    bench
        .ok("wait --for=condition=Available -n demo deploy/web --timeout=30s")
        .await;
}

#[tokio::test]
async fn generated_objects_are_created() {
    let bench = Bench::start().await;
    bench.ok("create namespace demo").await;
    bench
        .ok("-n demo create deployment web --image=nginx:1.25 --replicas=2 --port=80 -- sh -c true")
        .await;
    bench
        .ok("-n demo rollout status deploy/web --timeout=30s")
        .await;
    let container = bench.ok("-n demo get deploy web -o jsonpath={.spec.template.spec.containers[0]['name','image','command','ports']}").await;
    assert_eq!(
        container,
        r#"nginx nginx:1.25 ["sh","-c","true"] [{"containerPort":80,"protocol":"TCP"}]"#
    );
    bench
        .ok("-n demo create configmap settings --from-literal=a=b")
        .await;
    assert_eq!(
        bench
            .ok("-n demo get cm settings -o jsonpath={.data}")
            .await,
        r#"{"a":"b"}"#
    );
    bench
        .ok("-n demo create secret generic pass --from-literal=a=b")
        .await;
    assert_eq!(
        bench
            .ok("-n demo get secret pass -o jsonpath={.data}")
            .await,
        r#"{"a":"Yg=="}"#
    );
    bench
        .ok("-n demo create service nodeport web --tcp=80:8080")
        .await;
    let port = bench
        .ok("-n demo get svc web -o jsonpath={.spec.ports[0].port}:{.spec.ports[0].targetPort}")
        .await;
    assert_eq!(port, "80:8080");
    bench.ok("-n demo create serviceaccount robot").await;
    bench.ok("-n demo create job once --image=busybox").await;
    bench
        .ok("-n demo wait --for=condition=Complete job/once --timeout=30s")
        .await;
    bench.ok("-n demo run one --image=nginx").await;
    bench
        .ok("-n demo expose deployment web --name=again --port=80")
        .await;
}

#[tokio::test]
async fn nodes_are_drained() {
    let bench = Bench::start().await;
    bench.deploy().await;
    bench
        .ok("drain kube-sim-node-1 --ignore-daemonsets --timeout=30s")
        .await;
    bench
        .ok("-n demo rollout status deploy/web --timeout=30s")
        .await;
    let nodes = bench
        .ok("-n demo get pods -o jsonpath={.items[*].spec.nodeName}")
        .await;
    assert_eq!(nodes, "kube-sim-node-2 kube-sim-node-2");
}

#[tokio::test]
async fn deleting_waits_until_all_is_gone() {
    let bench = Bench::start().await;
    bench.deploy().await;
    bench
        .ok("-n demo delete deploy web --cascade=foreground --timeout=30s")
        .await;
    assert_eq!(bench.ok("-n demo get pods,rs -o name").await, "");
    bench.ok("delete ns demo --timeout=30s").await;
    assert_eq!(
        bench.refused("get ns demo").await,
        "Error from server (NotFound): namespaces \"demo\" not found\n"
    );
}

#[tokio::test]
async fn custom_kinds_are_applied_and_shown_with_their_columns() {
    let bench = Bench::start().await;
    let definition = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Shop, plural: shops, shortNames: [sh]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
";
    bench.with_input("apply -f -", definition).await;
    bench
        .ok("wait --for=condition=Established crd/shops.example.org --timeout=30s")
        .await;
    let shop =
        "apiVersion: example.org/v1\nkind: Shop\nmetadata: {name: corner}\nspec: {size: 7}\n";
    bench.with_input("apply -f -", shop).await;
    assert_eq!(
        bench
            .with_input("apply -f -", &shop.replace('7', "8"))
            .await,
        "shop.example.org/corner configured\n"
    );
    let table = bench.ok("get sh").await;
    assert_eq!(row(&table, "NAME"), ["NAME", "SIZE"]);
    assert_eq!(row(&table, "corner"), ["corner", "8"]);
}

#[tokio::test]
async fn an_outage_is_told() {
    let bench = Bench::start().await;
    bench.sim.set_outage(krake_kube_sim::Outage::Unavailable);
    let message = bench.refused("get ns").await;
    assert!(
        message.contains("unable to handle the request") || message.contains("ServiceUnavailable"),
        "{message}"
    );
    bench.sim.set_outage(krake_kube_sim::Outage::None);
    bench.ok("get ns").await;
}
