//! Certificates: verified always, against one's own authority where the configuration names one.

use std::io::{Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use connect::sandbox::Sandbox;
use connect::{Config, Connect, Error};
use rcgen::{BasicConstraints, IsCa};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::authority::Authority;
use crate::support::{impatient, serving};

impl Authority {
    /// A server of one answer with a certificate for `name`.
    fn server(&self, name: &str, answer: fn(TcpStream, Arc<ServerConfig>)) -> SocketAddr {
        self.server_with(name, IsCa::NoCa, answer)
    }

    fn server_with(&self, name: &str, is_ca: IsCa, answer: fn(TcpStream, Arc<ServerConfig>)) -> SocketAddr {
        let config = self.server_config(name, is_ca);
        serving(move |stream| answer(stream, Arc::clone(&config)))
    }
}

fn accounts(stream: TcpStream, config: Arc<ServerConfig>) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut head = [0; 4096];
    if stream.read(&mut head).is_ok() {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"id\":\"VA-000\"}");
        let _ = stream.flush();
        let _ = stream.read(&mut head);
    }
}

/// An answer without a length, of which only the goodbye tells that it is whole.
fn of_no_length(stream: TcpStream, config: Arc<ServerConfig>, goodbye: bool) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut head = [0; 4096];
    if stream.read(&mut head).is_ok() {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":\"VA-000\"}");
        if goodbye {
            stream.conn.send_close_notify();
        }
        let _ = stream.flush();
    }
}

/// Takes the call, and answers with what is no TLS.
fn garbage(stream: TcpStream, config: Arc<ServerConfig>) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut head = [0; 4096];
    if stream.read(&mut head).is_ok() {
        let _ = stream.sock.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = stream.sock.read(&mut head);
    }
}

/// A socket that keeps what it received.
struct Noting {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Noting {
    /// How many records of application data came; the client's goodbye to the handshake is the first.
    fn records(&self) -> usize {
        let mut rest = self.received.as_slice();
        let mut records = 0;
        while let [kind, _, _, high, low, ..] = *rest {
            records += usize::from(kind == 23);
            rest = rest.get(5 + usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
        }
        records
    }
}

impl Read for Noting {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.stream.read(into)?;
        self.received.extend_from_slice(&into[..read]);
        Ok(read)
    }
}

impl Write for Noting {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}

fn config(address: SocketAddr) -> Config {
    impatient(Config::new(format!("https://{address}/public/v1"), "SU-1:key").unwrap())
}

fn get(config: Config) -> connect::Result<serde_json::Value> {
    Connect::new(config)?.get("/accounts")
}

/// The error with its causes.
fn refused(config: Config) -> String {
    let error = get(config).unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_connect()), "{error:?}");
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn a_server_of_ones_own_authority_is_trusted_where_the_configuration_names_it() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", accounts);
    let answer = get(config(address).ca_file(authority.file())).unwrap();
    assert_eq!(answer["id"], "VA-000");
}

#[test]
fn a_certificate_of_an_authority_nobody_knows_is_refused_without_a_second_try() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", accounts);
    for config in [config(address), config(address).ca_file(Authority::new().file())] {
        let text = refused(config);
        assert!(text.starts_with("GET /accounts: no connection to the platform"), "{text}");
        assert!(text.contains("certificate") && !text.contains("attempts"), "{text}");
    }
}

#[test]
fn a_certificate_of_an_authority_as_the_servers_own_is_told_with_what_to_do() {
    let case = crate::support::case("F19-ca-true-leaf");
    assert!(case["got"].as_str().unwrap().contains("CaUsedAsEndEntity"));
    let authority = Authority::new();
    for is_ca in [
        IsCa::Ca(BasicConstraints::Unconstrained),
        IsCa::Ca(BasicConstraints::Constrained(0)),
        IsCa::Ca(BasicConstraints::Constrained(3)),
    ] {
        let address = authority.server_with("127.0.0.1", is_ca, accounts);
        let text = refused(config(address).ca_file(authority.file()));
        assert!(text.contains("basicConstraints=CA:FALSE") && text.contains("caFile"), "{text}");
    }
}

#[test]
fn a_mark_before_a_certificate_is_read_past() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", accounts);
    let path = authority.file();
    let pem = std::fs::read_to_string(&path).unwrap();
    for text in [format!("\u{feff}{pem}"), format!("\u{feff}\r\n{pem}\n"), pem.replace('\n', "\r\n")] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(get(config(address).ca_file(&path)).unwrap()["id"], "VA-000");
    }
}

#[test]
fn certificates_in_a_form_that_cannot_be_read_are_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n-----END TRUSTED CERTIFICATE-----\n")
        .unwrap();
    let config = Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap().ca_file(&path);
    let error = Connect::new(config).unwrap_err().to_string();
    assert!(error.contains("TRUSTED CERTIFICATE") && error.contains("openssl x509"), "{error}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let address = authority.server("connect.example.com", accounts);
    let text = refused(config(address).ca_file(authority.file()));
    assert!(text.contains("certificate"), "{text}");
}

#[test]
fn https_to_a_server_that_speaks_http_is_an_error_that_names_the_call() {
    let sandbox = Sandbox::empty().unwrap();
    let text = refused(impatient(
        Config::new(sandbox.url().replacen("http:", "https:", 1), sandbox.api_key()).unwrap(),
    ));
    assert!(text.starts_with("GET /accounts: no connection to the platform"), "{text}");
}

#[test]
fn a_connection_that_fails_after_the_call_went_out_may_have_delivered_it() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", garbage);
    let connect = Connect::new(config(address).ca_file(authority.file())).unwrap();
    let error = connect.post::<serde_json::Value>("/requests", &serde_json::json!({})).unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    assert_eq!(error.to_string(), "POST /requests: no answer from the platform");
}

#[test]
fn a_body_that_is_closed_without_goodbye_is_not_whole() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", |stream, config| of_no_length(stream, config, true));
    assert_eq!(get(config(address).ca_file(authority.file())).unwrap()["id"], "VA-000");
    let address = authority.server("127.0.0.1", |stream, config| of_no_length(stream, config, false));
    let error = get(config(address).ca_file(authority.file())).unwrap_err();
    assert_eq!(error.to_string(), "GET /accounts: the answer broke off, after 3 attempts");
}

#[test]
fn a_call_is_one_record_with_or_without_a_body() {
    let authority = Authority::new();
    let tls = authority.server_config("127.0.0.1", IsCa::NoCa);
    let (send, counts) = std::sync::mpsc::channel();
    let address = serving(move |stream| {
        let tls = ServerConnection::new(Arc::clone(&tls)).unwrap();
        let mut stream = StreamOwned::new(tls, Noting { stream, received: Vec::new() });
        let mut call = [0; 4096];
        while stream.read(&mut call).is_ok_and(|read| read > 0) {
            send.send(stream.sock.records()).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"id\":\"VA-000\"}").unwrap();
        }
    });
    let connect = Connect::new(config(address).ca_file(authority.file())).unwrap();
    let body = serde_json::json!({"name": "x".repeat(2000)});
    for expected in [2, 3, 4] {
        let answer: serde_json::Value = connect.post("/accounts", &body).unwrap();
        assert_eq!((answer["id"].as_str(), counts.recv().unwrap()), (Some("VA-000"), expected));
    }
    connect.get::<serde_json::Value>("/accounts").unwrap();
    assert_eq!(counts.recv().unwrap(), 5);
}

#[test]
fn a_ca_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let config = || Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap().ca_file(&path);
    assert!(matches!(Connect::new(config()), Err(Error::Config(_))));
    for content in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, content).unwrap();
        let error = Connect::new(config()).unwrap_err();
        assert!(error.to_string().contains("holds no certificate"), "{content:?}: {error}");
    }
}
