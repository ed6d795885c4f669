//! A PostgreSQL of one's own: the distribution's binaries, an empty folder, a socket in it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// A server that ends with its value.
pub(crate) struct Server {
    folder: TempDir,
    user: Option<(u32, u32)>,
    port: u16,
}

/// Folder of the server's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|folder| folder.join("pg_ctl").exists())
        .collect();
    versions.sort();
    let on_the_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).find(|folder| folder.join("pg_ctl").exists())
    };
    versions.pop().or_else(on_the_path).expect("PostgreSQL is not installed: apt-get install postgresql")
}

/// The server refuses root: it is run as the distribution's user then.
fn ordinary_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let number = |name: &str, at: usize| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        line.split(':').nth(at)?.parse().ok()
    };
    let of = |name| Some((number(name, 2)?, number(name, 3)?));
    Some(of("postgres").or_else(|| of("nobody")).expect("an ordinary user"))
}

impl Server {
    /// A new server, with its default settings but for these lines.
    pub(crate) fn start(settings: &str) -> Self {
        let server = Self::new();
        let data = server.data();
        server.run(
            "initdb",
            &["-D", &data, "-U", "jobs", "-A", "trust", "-N", "--encoding=UTF8", "--locale=C"],
        );
        server.set(settings);
        server.control("start");
        server
    }

    /// A standby of this server.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::new();
        let (host, port, data) =
            (self.folder.path().display().to_string(), self.port.to_string(), standby.data());
        standby
            .run("pg_basebackup", &["-h", &host, "-p", &port, "-U", "jobs", "-D", &data, "-R", "-c", "fast"]);
        standby.set("");
        standby.control("start");
        standby
    }

    fn new() -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let user = ordinary_user();
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // One that is free now, should the server listen on the network too.
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        Self { folder, user, port }
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Adds settings, and says where the socket is.
    pub(crate) fn set(&self, settings: &str) {
        let file = Path::new(&self.data()).join("postgresql.conf");
        let before = fs::read_to_string(&file).unwrap();
        let socket = self.folder.path().display();
        let lines = format!(
            "{before}\nlisten_addresses = ''\nunix_socket_directories = '{socket}'\nport = {}\n{settings}\n",
            self.port
        );
        fs::write(&file, lines).unwrap();
    }

    /// A file of the server's alone.
    pub(crate) fn file(&self, name: &str, content: &str) {
        let path = Path::new(&self.data()).join(name);
        fs::write(&path, content).unwrap();
        if let Some((uid, gid)) = self.user {
            chown(&path, Some(uid), Some(gid)).unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> String {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port)).display().to_string()
    }

    /// `start`, `stop`, `restart`, `reload` or `promote`; `crash` leaves it no time.
    pub(crate) fn control(&self, what: &str) {
        let log = self.folder.path().join("log").display().to_string();
        let data = self.data();
        let command = if what == "crash" { "stop" } else { what };
        let mut arguments = vec![command, "-D", &*data, "-s"];
        match what {
            "start" => arguments.extend(["-w", "-t", "60", "-l", &log]),
            "restart" => arguments.extend(["-w", "-t", "60", "-l", &log, "-m", "fast"]),
            "stop" => arguments.extend(["-w", "-t", "60", "-m", "fast"]),
            "crash" => arguments.extend(["-w", "-t", "60", "-m", "immediate"]),
            "promote" => arguments.extend(["-w", "-t", "60"]),
            _ => {}
        }
        self.run("pg_ctl", &arguments);
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(programs().join(program));
        command.args(arguments).current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let output = command.output().unwrap();
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}\n{log}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Words of the connection string for its database.
    pub(crate) fn address(&self) -> String {
        format!("host={} port={} user=jobs dbname=postgres", self.folder.path().display(), self.port)
    }

    /// What the SQL answers, as `psql` prints it.
    pub(crate) fn ask(&self, sql: &str) -> String {
        let address = self.address();
        let output =
            self.run("psql", &["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, &address]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What the server says to SQL that it refuses.
    pub(crate) fn fails(&self, sql: &str) -> String {
        let mut command = Command::new(programs().join("psql"));
        let output = command
            .args(["-X", "-c", sql, &self.address()])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    }

    pub(crate) fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn process(&self) -> u32 {
        let file = fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut command = Command::new(programs().join("pg_ctl"));
        command.args(["stop", "-D", &self.data(), "-m", "immediate", "-s"]).current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let _ = command.output();
    }
}

/// The server of all tests that leave it as it is, and a schema of its own for each.
pub(crate) fn shared() -> (&'static Server, String) {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    // Such a value is never dropped: the process that waits for this one to end stops it.
    let server = SERVER.get_or_init(|| {
        let server = Server::start("max_connections = 200\nfsync = off");
        let stop = format!(
            "while kill -0 {} 2>/dev/null; do sleep 0.2; done; kill -INT {}; sleep 1; rm -rf {}",
            std::process::id(),
            server.process(),
            server.folder.path().display()
        );
        let detached = "setsid sh -c \"$1\" < /dev/null > /dev/null 2>&1 &";
        assert!(Command::new("sh").args(["-c", detached, "sh", &stop]).status().unwrap().success());
        server
    });
    (server, format!("s{}", SCHEMAS.fetch_add(1, Ordering::Relaxed)))
}
