//! What can be wrong with a configuration and with a server, and what the user reads then.

use std::path::Path;
use std::time::Duration;

use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Config, Connect, Error};

use crate::support::{one_order, one_try, one_try_config, told};

/// The list call that all of these fail at.
const CALL: &str = "GET /requests?in(asset.product.id,(PRD-260-714-083))&eq(status,pending)&ordering(created)&limit=100&offset=0";
const KEY: &str = "SU-730-219-846:0123456789abcdef";

/// What a run of this client fails with, the list call shortened to `CALL`.
fn failure(connect: &Connect) -> (Error, String) {
    let error = connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap_err();
    let text = told(&error);
    for secret in [KEY, "0123456789abcdef", "9f2c61d0a4b84e7f93d5c0be1a72846f5d3e10cc"] {
        assert!(!text.contains(secret) && !format!("{error:?}").contains(secret), "{text}");
    }
    assert!(!text.contains('\n'), "{text}");
    (error, text.replace(CALL, "CALL"))
}

#[test]
fn each_fault_of_a_server_has_its_message() {
    let list = |fault: fn(Fault) -> Fault| fault(Fault::on("GET", "/requests"));
    let table = [
        (
            "a page of a gateway",
            list(|f| f.status(502).body("<html>\n<head><title>502 Bad Gateway</title></head></html>")),
            "CALL was answered with 502 Bad Gateway: an HTML page, probably of a gateway in front of the platform",
        ),
        ("no body", list(|f| f.status(503)), "CALL was answered with 503 Service Unavailable"),
        (
            "plain text",
            list(|f| f.status(504).body("upstream\n timed out")),
            "CALL was answered with 504 Gateway Timeout: upstream timed out",
        ),
        (
            "the platform's reasons",
            list(|f| {
                f.status(400)
                    .body(r#"{"error_code":"SYS_001","errors":["Bad filter.","Second."],"params":{}}"#)
            }),
            "CALL was answered with 400 Bad Request: SYS_001, Bad filter; Second",
        ),
        (
            "JSON of another shape",
            list(|f| f.status(400).body(r#"{"detail": "no"}"#)),
            r#"CALL was answered with 400 Bad Request: {"detail": "no"}"#,
        ),
        (
            "not allowed",
            list(|f| f.status(403).body(r#"{"error_code":"AUTH_001","errors":["No permission."]}"#)),
            "CALL was answered with 403 Forbidden: AUTH_001, No permission; check what the API key is allowed to do",
        ),
        (
            "not found",
            list(|f| f.status(404).body("<!DOCTYPE html><p>nothing here")),
            "CALL was answered with 404 Not Found: an HTML page, probably of a gateway in front of the platform",
        ),
        (
            "elsewhere",
            list(|f| f.redirect("https://login.example.com/start?next=secret")),
            "CALL was answered with 302 Found to https://login.example.com/start: check the endpoint's address",
        ),
        (
            "half a JSON",
            list(Fault::broken_json),
            "CALL: the answer is no list: EOF while parsing a list at line 1 column 1",
        ),
        (
            "an object",
            list(|f| f.status(200).body(r#"{"error": "hunter2"}"#)),
            "CALL: the answer is no list: invalid type: map, expected a sequence at line 1 column 0",
        ),
        (
            "a text",
            list(|f| f.status(200).body("\"hunter2\"")),
            "CALL: the answer is no list: invalid type: string …, expected a sequence at line 1 column 9",
        ),
        (
            "a page of a portal",
            list(|f| f.status(200).body("<html>please log in</html>")),
            "CALL: the answer is an HTML page, probably of a gateway in front of the platform",
        ),
        (
            "nothing at all",
            list(|f| f.status(200)),
            "CALL: the answer is no list: EOF while parsing a value at line 1 column 0",
        ),
        (
            "a connection that is closed",
            list(Fault::reset),
            "CALL: no answer from the platform: Peer disconnected",
        ),
        ("half an answer", list(Fault::truncated), "CALL: the answer broke off: Peer disconnected"),
        (
            "an endless answer",
            list(|f| f.oversized(10_000)),
            "CALL: the answer broke off: the response body is larger than request limit: 5000",
        ),
        (
            "a bomb",
            list(|f| f.gzip_bomb(10_000)),
            "CALL: the answer broke off: the response body is larger than request limit: 5000",
        ),
    ];
    for (name, fault, expected) in table {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.fault(fault);
        let connect = Connect::new(one_try_config(&sandbox).body_limit(5000)).unwrap();
        let (_, text) = failure(&connect);
        assert_eq!(text, expected, "{name}");
        assert_eq!(sandbox.journal().len(), 1, "{name}");
    }
}

#[test]
fn silence_has_its_message() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.fault(Fault::on("GET", "/requests").never_answer());
    let connect = Connect::new(one_try_config(&sandbox).timeout(Duration::from_millis(50))).unwrap();
    let (error, text) = failure(&connect);
    assert_eq!(text, "CALL: no answer from the platform: timeout: global");
    assert!(matches!(error, Error::Transport(error) if error.is_timeout() && error.may_have_arrived()));
}

#[test]
fn what_passes_is_tried_again_and_the_message_says_how_often() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.fault(Fault::on("GET", "/requests").reset().times(3));
    let connect = Connect::new(one_try_config(&sandbox).attempts(3)).unwrap();
    let (_, text) = failure(&connect);
    assert_eq!(text, "CALL: no answer from the platform, after 3 attempts: Peer disconnected");
    assert_eq!(connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap().handled(), 0);
}

#[test]
fn a_wrong_key_has_its_message() {
    let sandbox = one_order();
    let config = Config::new(sandbox.url(), KEY).unwrap().products([sample::PRODUCT]);
    let (error, text) = failure(&Connect::new(config).unwrap());
    assert_eq!(
        text,
        "CALL was answered with 401 Unauthorized: AUTH_001, API request is unauthorized; check the API key"
    );
    assert!(error.is_auth());
    assert_eq!(sandbox.journal().len(), 1);
}

#[test]
fn a_wrong_path_of_the_endpoint_has_its_message() {
    let sandbox = one_order();
    let url = sandbox.url().replace("/public/v1", "/public/v2");
    let config = Config::new(url, sandbox.api_key()).unwrap().products([sample::PRODUCT]);
    let (error, text) = failure(&Connect::new(config).unwrap());
    assert_eq!(text, "CALL was answered with 404 Not Found: SYS_001, Object not found");
    assert!(error.is_not_found());
}

#[test]
fn a_port_where_nobody_listens_has_its_message() {
    let config = Config::new("http://127.0.0.1:1/public/v1", KEY).unwrap().products([sample::PRODUCT]);
    let config = config.attempts(2).backoff(Duration::ZERO, Duration::ZERO);
    let (error, text) = failure(&Connect::new(config).unwrap());
    assert!(
        text.starts_with("CALL: no connection to the platform, after 2 attempts: Connection refused"),
        "{text}"
    );
    assert!(matches!(error, Error::Transport(error) if error.is_connect() && !error.may_have_arrived()));
}

#[test]
fn a_host_that_does_not_exist_has_its_message() {
    let config = Config::new("https://connect.invalid/public/v1", KEY).unwrap().products([sample::PRODUCT]);
    let config = config.attempts(1);
    let (error, text) = failure(&Connect::new(config).unwrap());
    // The rest is the system's word on it.
    assert!(text.starts_with("CALL: no connection to the platform: "), "{text}");
    assert!(text.contains("lookup") || text.contains("host not found"), "{text}");
    assert!(matches!(error, Error::Transport(error) if error.is_connect()));
}

#[test]
fn a_server_that_speaks_no_tls_has_its_message() {
    let sandbox = one_order();
    let url = sandbox.url().replace("http://", "https://");
    let config = Config::new(url, KEY).unwrap().products([sample::PRODUCT]).attempts(1);
    let (_, text) = failure(&Connect::new(config).unwrap());
    assert!(text.starts_with("CALL: no connection to the platform: "), "{text}");
}

#[test]
fn a_server_that_speaks_no_http_has_its_message() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/public/v1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"220 mail.example.com ESMTP\r\n\r\n").unwrap();
    });
    let config = Config::new(url, KEY).unwrap().products([sample::PRODUCT]).attempts(1);
    let (_, text) = failure(&Connect::new(config).unwrap());
    assert!(text.starts_with("CALL: no answer from the platform: "), "{text}");
    server.join().unwrap();
}

/// A message without the paths, which differ from run to run.
fn shown(text: &str, file: &Path) -> String {
    let folder = file.parent().unwrap().display().to_string();
    text.replace(&file.display().to_string(), "FILE").replace(&folder, "FOLDER")
}

#[test]
fn each_mistake_in_a_file_has_its_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let good = |more: &str| {
        format!(r#"{{"apiEndpoint": "https://api.example.com/public/v1", "apiKey": "{KEY}"{more}}}"#)
    };
    let table = [
        (String::new(), "FILE is empty; it must hold a JSON object"),
        (format!("apiKey={KEY}"), "FILE is not JSON: expected value at line 1 column 1"),
        (format!(r#"["{KEY}"]"#), "FILE must hold a JSON object, not a list"),
        (
            format!(r#"{{"apiKey": "{KEY}"}}"#),
            r#"FILE: "apiEndpoint" is missing; add the URL of the API, https://…/public/v1"#,
        ),
        (
            format!(r#"{{"apiEndpoint": "https://api.example.com/public/v1", "apikey": "{KEY}"}}"#),
            r#"FILE: "apikey" looks like "apiKey", which is missing; rename it, or add "apiKey": null if it is a key of your own"#,
        ),
        (
            r#"{"apiEndpoint": "https://api.example.com/public/v1"}"#.to_owned(),
            r#"FILE: "apiKey" is missing, and environment variable CONNECT_API_KEY is not set either; one must hold the key"#,
        ),
        (
            format!(r#"{{"apiEndpoint": "http://api.example.com/public/v1", "apiKey": "{KEY}"}}"#),
            r#"FILE: "apiEndpoint" is plain http to another machine, which would show the key; use https"#,
        ),
        (
            format!(r#"{{"apiEndpoint": "{KEY}", "apiKey": "https://api.example.com/"}}"#),
            r#"FILE: "apiEndpoint" has no scheme; it must start with https://"#,
        ),
        (
            format!(r#"{{"apiEndpoint": "https://api.example.com", "apiKey": ["{KEY}"]}}"#),
            r#"FILE: "apiKey" must be a string, not a list"#,
        ),
        (
            good(r#", "products": 7"#),
            r#"FILE: "products" must be a string or a list of strings, not a number"#,
        ),
        (
            good(r#", "products": []"#),
            r#"FILE: "products" is an empty list; leave it out to work on every product"#,
        ),
        (good(r#", "updateMethod": "post""#), r#"FILE: "updateMethod" must be "auto", "PATCH" or "PUT""#),
        (
            good(r#", "timeoutSecs": "long""#),
            r#"FILE: "timeoutSecs" must be a number of seconds, not a string"#,
        ),
        (good(r#", "attempts": 0"#), r#"FILE: "attempts" must be at least 1, as the first attempt counts"#),
        (
            good(r#", "caFile": "no-such.pem""#),
            r#"FILE: "caFile" names FOLDER/no-such.pem, which does not exist"#,
        ),
    ];
    for (content, expected) in table {
        std::fs::write(&path, &content).unwrap();
        let error = Connect::from_file(&path).unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error:?}");
        let text = told(&error);
        assert!(!text.contains(KEY) && !format!("{error:?}").contains(KEY), "{text}");
        assert_eq!(shown(&text, &path), expected, "{content}");
    }
    let missing = folder.path().join("no-such.json");
    let text = told(&Connect::from_file(&missing).unwrap_err());
    assert_eq!(shown(&text, &missing), "FILE does not exist; give the path of a configuration file");
    let text = told(&Connect::from_file(folder.path()).unwrap_err());
    assert_eq!(shown(&text, folder.path()), "FILE is a folder; give the path of a file in it");
}

#[test]
fn a_refused_order_tells_the_platforms_reason() {
    let sandbox = one_order();
    let body = r#"{"error_code":"SYS_001","errors":["Parameter purchase_id is required."],"params":{"id":"purchase_id"}}"#;
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400).body(body));
    let report = one_try(&sandbox)
        .process_fulfillments(|_| -> Result<Approval, Action> { Ok(Approval::template("TL-1")) })
        .unwrap();
    assert_eq!(
        told(report.outcomes()[0].error.as_ref().unwrap()),
        "POST /requests/PR-1000-0000-0001-001/approve was answered with 400 Bad Request: SYS_001, Parameter purchase_id is required"
    );
}
