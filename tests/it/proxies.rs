//! The proxy of the environment, over real sockets: each environment in a process of its own, as tests share theirs.
//!
//! The table was made by asking curl 7.88 the same.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use connect::{Config, Connect, Error};
use serde_json::Value;

use crate::support::{case, impatient, serving, told};

/// Where the child is told what to call, and by which it knows that it is one.
const ENDPOINT: &str = "CONNECT_TEST_ENDPOINT";
const HOST: &str = "https://api.example.test/public/v1";

/// A proxy that refuses every call with this status, and the heads of the calls.
fn proxy(status: u16) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let address = serving(move |mut stream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            head.extend(byte);
        }
        seen.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
        let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    (address, heads)
}

/// What a process of this environment says of a call to `endpoint`.
fn in_a_child(env: &[(&str, String)], endpoint: &str) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxies::the_child", "--ignored", "--nocapture"]).env_clear();
    // Without it, Windows has no sockets.
    child.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
    child.envs(env.iter().map(|(name, value)| (*name, value.as_str()))).env(ENDPOINT, endpoint);
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    let said = output.lines().find_map(|line| Some(line.split_once("SAID ")?.1.to_owned()));
    said.unwrap_or_else(|| panic!("the child said nothing: {output}"))
}

#[test]
#[ignore = "run by the other tests, in an environment of its own"]
fn the_child() {
    let Ok(endpoint) = std::env::var(ENDPOINT) else { return };
    let config = impatient(Config::new(endpoint, "SU-1:key").unwrap()).attempts(1);
    let came = Connect::new(config).and_then(|connect| connect.get::<Value>("/accounts"));
    println!("\nSAID {}", came.map_or_else(|error| told(&error), |answer| answer.to_string()));
}

#[test]
fn the_environment_is_read_as_curl_reads_it() {
    use Expected::{A, Direct, Refused};
    let ((a, to_a), (b, to_b)) = (proxy(403), proxy(403));
    let table: &[(&[(&str, &str)], Expected)] = &[
        (&[], Direct),
        (&[("HTTPS_PROXY", "http://{A}")], A),
        (&[("https_proxy", "http://{A}")], A),
        (&[("https_proxy", "http://{A}"), ("HTTPS_PROXY", "http://{B}")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("ALL_PROXY", "http://{B}")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("all_proxy", "http://{B}")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("ALL_PROXY", "socks5://127.0.0.1:9")], A),
        (&[("ALL_PROXY", "http://{A}")], A),
        (&[("all_proxy", "http://{A}"), ("ALL_PROXY", "http://{B}")], A),
        (&[("HTTP_PROXY", "http://{B}")], Direct),
        (&[("http_proxy", "http://{B}")], Direct),
        (&[("HTTP_PROXY", "http://{B}"), ("ALL_PROXY", "http://{A}")], A),
        (&[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://{A}")], A),
        (&[("https_proxy", ""), ("HTTPS_PROXY", "http://{A}")], A),
        (&[("HTTPS_PROXY", "{A}")], A),
        (&[("HTTPS_PROXY", "HTTP://{A}/")], A),
        (&[("HTTPS_PROXY", "http://user:pass@{A}")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "*")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "x,*")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "api.example.test")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "API.EXAMPLE.TEST")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "example.test")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", ".example.test")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "ple.test")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "*.example.test")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "other.test, example.test")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "other.test example.test")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", "api.example.test:443")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("no_proxy", "other.test"), ("NO_PROXY", "*")], A),
        (&[("HTTPS_PROXY", "http://{A}"), ("no_proxy", ""), ("NO_PROXY", "*")], Direct),
        (&[("HTTPS_PROXY", "http://{A}"), ("NO_PROXY", " ")], A),
        (&[("HTTPS_PROXY", "socks5://127.0.0.1:9")], Refused("HTTPS_PROXY names a SOCKS proxy")),
        (&[("all_proxy", "http://user:pass@[")], Refused("all_proxy is no address of a proxy")),
        (&[("https_proxy", "ftp://{A}")], Refused("https_proxy has a scheme")),
        (&[("ALL_PROXY", "socks5://127.0.0.1:9"), ("NO_PROXY", "example.test")], Direct),
    ];
    for (env, expected) in table {
        let env: Vec<_> = env
            .iter()
            .map(|(name, value)| (*name, value.replace("{A}", &a.to_string()).replace("{B}", &b.to_string())))
            .collect();
        let said = in_a_child(&env, HOST);
        let calls = std::mem::take(&mut *to_a.lock().unwrap());
        assert!(to_b.lock().unwrap().is_empty(), "{env:?}");
        assert!(!said.contains("pass"), "{said}");
        match expected {
            A => {
                assert!(said.contains("the proxy refuses this host"), "{env:?}: {said}");
                let [call] = &calls[..] else { panic!("{env:?}: {calls:?}") };
                assert!(call.starts_with("CONNECT api.example.test:443 HTTP/1.1\r\n"), "{call}");
                let has_user = env.iter().any(|(_, value)| value.contains("user:pass"));
                assert_eq!(call.contains("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"), has_user, "{call}");
                assert!(call.contains("\r\nUser-Agent: connect-sdk/"), "{call}");
                assert!(!call.contains("ApiKey"), "the proxy has no business with the key");
            }
            Direct => {
                assert!(calls.is_empty() && said.contains("no connection"), "{env:?}: {said} {calls:?}");
            }
            Refused(what) => {
                assert!(calls.is_empty(), "{env:?}: {calls:?}");
                assert!(said.starts_with(&format!("environment variable {what}")), "{env:?}: {said}");
            }
        }
    }
    assert!(table.len() >= 25);
}

enum Expected {
    A,
    Direct,
    /// The text names the variable.
    Refused(&'static str),
}

#[test]
fn the_cases_of_the_field_go_where_they_should() {
    let (a, to_a) = proxy(403);
    let Value::Object(env) = case("F04-all-proxy-first")["env"].clone() else { panic!() };
    let value = |value: &Value| value.as_str().unwrap().replace("127.0.0.1:PORT", &a.to_string());
    let env: Vec<_> = env.iter().map(|(name, text)| (name.as_str(), value(text))).collect();
    in_a_child(&env, HOST);
    assert_eq!(to_a.lock().unwrap().len(), 1);

    let unusable = case("F06-unusable-proxy-silent");
    for variable in unusable["env"].as_array().unwrap() {
        let (name, text) = variable.as_str().unwrap().split_once('=').unwrap();
        let said = in_a_child(&[(name, text.to_owned())], HOST);
        assert!(said.starts_with(&format!("environment variable {name} ")), "{said}");
    }
}

#[test]
fn this_machine_is_never_called_through_a_proxy() {
    let (a, to_a) = proxy(403);
    let server = crate::support::answering(crate::support::answer(200, "", "{}"));
    let port = server.port();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"] {
        for host in ["127.0.0.1", "localhost"] {
            let said =
                in_a_child(&[(name, format!("http://{a}"))], &format!("http://{host}:{port}/public/v1"));
            assert_eq!(said, "{}", "{name} {host}");
        }
        let said =
            in_a_child(&[(name, "socks5://127.0.0.1:9".to_owned())], &format!("http://127.0.0.1:{port}/v1"));
        assert_eq!(said, "{}", "{name}");
    }
    assert!(to_a.lock().unwrap().is_empty());
}

/// A client of a host that is not there, through this proxy.
fn through(proxy: &str) -> connect::Result<Value> {
    Connect::new(impatient(Config::new(HOST, "SU-1:key").unwrap()).proxy(proxy))?.get("/accounts")
}

#[test]
fn what_a_proxy_refuses_for_good_is_asked_once() {
    assert!(
        case("F22-lasting-failures-repeated")["server"]["proxy"].as_str().unwrap().contains("403 or 407")
    );
    for (status, calls, advice) in [
        (403, 1, "; the proxy refuses this host"),
        (407, 1, "; the proxy wants a user and password"),
        (400, 1, "; the proxy refuses this host"),
        (401, 1, "; the proxy refuses this host"),
        (404, 1, "; the proxy refuses this host"),
        (405, 1, "; the proxy refuses this host"),
        (500, 3, ", after 3 attempts"),
        (502, 3, ", after 3 attempts"),
        (503, 3, ", after 3 attempts"),
        (504, 3, ", after 3 attempts"),
    ] {
        let (address, heads) = proxy(status);
        let error = through(&format!("http://user:hunter2@{address}")).unwrap_err();
        assert!(matches!(&error, Error::Transport(error) if error.is_connect()), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("GET /accounts: no connection to the platform"), "{text}");
        assert!(text.contains(advice), "{text}");
        assert!(!told(&error).contains("hunter2") && !format!("{error:?}").contains("hunter2"));
        assert_eq!(heads.lock().unwrap().len(), calls, "{status}");
    }
}

#[test]
fn the_setting_overrides_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let file = |proxy: &str| {
        let text = format!(r#"{{"apiEndpoint": "{HOST}", "apiKey": "SU-1:key", "proxy": "{proxy}"}}"#);
        std::fs::write(&path, text).unwrap();
        Config::from_file(&path)
    };
    let (address, heads) = proxy(403);
    let config = file(&format!("http://user:hunter2@{address}\\n")).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(config.get_proxy().unwrap().starts_with("http://user:hunter2@127.0.0.1:"));
    Connect::new(impatient(config)).unwrap().get::<Value>("/accounts").unwrap_err();
    assert_eq!(heads.lock().unwrap().len(), 1);

    let error = through("direct").unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_connect()), "{error:?}");
    for unusable in ["socks5://u:hunter2@127.0.0.1:9", "", "http://[", "ftp://127.0.0.1", "http://a b"] {
        let error = file(unusable).unwrap_err();
        assert_eq!(
            (error.setting(), error.kind()),
            (Some("proxy"), connect::ConfigErrorKind::BadProxy),
            "{unusable}"
        );
        assert!(!error.to_string().contains("hunter2"));
        assert!(through(unusable).unwrap_err().to_string().starts_with("proxy "));
    }
}
