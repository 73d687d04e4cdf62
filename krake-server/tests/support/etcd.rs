//! Real etcd, on free ports of the loopback interface and in a temporary directory.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use tempfile::TempDir;

/// A cluster; its members are killed at the end.
pub(crate) struct Etcd {
    members: Vec<Member>,
    arguments: Vec<OsString>,
    scheme: &'static str,
    directory: TempDir,
}

struct Member {
    client_port: u16,
    peer_port: u16,
    running: Option<Running>,
}

/// A process, and the thread that reads its log.
struct Running {
    child: Child,
    log: JoinHandle<()>,
}

impl Running {
    fn wait(mut self) {
        self.child.wait().expect("the member ends");
        self.log.join().expect("its log ends");
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        for index in 0..self.members.len() {
            self.kill(index);
        }
    }
}

impl Etcd {
    /// One member.
    pub(crate) fn start() -> Self {
        Self::with(1, &[])
    }

    /// Several members.
    pub(crate) fn cluster(members: usize) -> Self {
        Self::with(members, &[])
    }

    /// Members with further arguments.
    pub(crate) fn with(members: usize, arguments: &[&str]) -> Self {
        let mut etcd = Self::stopped(members, arguments);
        etcd.start_all();
        etcd
    }

    /// Members that do not run yet.
    pub(crate) fn stopped(members: usize, arguments: &[&str]) -> Self {
        let ports: Vec<u16> = free_ports(2 * members);
        let member =
            |ports: &[u16]| Member { client_port: ports[0], peer_port: ports[1], running: None };
        let scheme = if arguments.contains(&"--cert-file") { "https" } else { "http" };
        Self {
            members: ports.chunks(2).map(member).collect(),
            arguments: arguments.iter().map(OsString::from).collect(),
            scheme,
            directory: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// The client URLs of all members.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        let endpoint =
            |member: &Member| format!("{}://127.0.0.1:{}", self.scheme, member.client_port);
        self.members.iter().map(endpoint).collect()
    }

    /// The client port of a member.
    pub(crate) fn port(&self, index: usize) -> u16 {
        self.members[index].client_port
    }

    /// Sends a signal to a member that runs.
    pub(crate) fn signal(&self, index: usize, name: &str) {
        let running = self.members[index]
            .running
            .as_ref()
            .expect("the member runs");
        let id = running.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Ends a member at once.
    pub(crate) fn kill(&mut self, index: usize) {
        if self.members[index].running.is_some() {
            self.signal(index, "KILL");
        }
        if let Some(running) = self.members[index].running.take() {
            running.wait();
        }
    }

    /// Starts a member, and waits until it serves.
    pub(crate) fn run(&mut self, index: usize) {
        let (child, lines) = self.spawn(index);
        self.members[index].running = Some(until_ready(child, lines));
    }

    /// Starts all members, and waits until all of them serve.
    pub(crate) fn start_all(&mut self) {
        // A new cluster is only ready when most of its members run.
        let spawned: Vec<_> = (0..self.members.len())
            .map(|index| self.spawn(index))
            .collect();
        for (member, (child, lines)) in self.members.iter_mut().zip(spawned) {
            member.running = Some(until_ready(child, lines));
        }
    }

    fn spawn(&self, index: usize) -> (Child, impl Iterator<Item = String> + Send + use<>) {
        let Member { client_port, peer_port, .. } = self.members[index];
        let client_url = format!("{}://127.0.0.1:{client_port}", self.scheme);
        let peer_url = format!("http://127.0.0.1:{peer_port}");
        let peers = self.members.iter().enumerate();
        let peers: Vec<_> = peers
            .map(|(index, member)| format!("m{index}=http://127.0.0.1:{}", member.peer_port))
            .collect();
        let mut child = Command::new("etcd")
            .args(["--name", &format!("m{index}"), "--initial-cluster", &peers.join(",")])
            .args(["--listen-client-urls", &client_url, "--advertise-client-urls", &client_url])
            .args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url])
            .args(["--heartbeat-interval", "50", "--election-timeout", "500"])
            .arg("--data-dir")
            .arg(self.directory.path().join(format!("m{index}")))
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("etcd starts: `make tools` fetches it into target/tools/usr/bin");
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        (child, log.lines().map_while(Result::ok))
    }
}

fn until_ready(child: Child, mut lines: impl Iterator<Item = String> + Send + 'static) -> Running {
    let mut told = Vec::new();
    while !told
        .last()
        .is_some_and(|line: &String| line.contains("ready to serve client requests"))
    {
        match lines.next() {
            Some(line) => told.push(line),
            None => unreachable!("etcd has ended:\n{}", told.join("\n")),
        }
    }
    let log = std::thread::spawn(move || lines.for_each(drop));
    Running { child, log }
}

/// Ports that nobody listens on, for programs that cannot choose by themselves.
fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
        .collect();
    listeners
        .iter()
        .map(|listener| listener.local_addr().expect("an address").port())
        .collect()
}
