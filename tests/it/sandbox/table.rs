//! A table of calls: the status of each, and the headers and the shape of its body as the documents have them.
//!
//! A line is status, method, path and body. `KEY` changes the key from there on, `-` is none. `FORM` makes the body of the
//! next call a form, of a field, a file name and a content.

use connect::sandbox::Sandbox;
use serde_json::Value;

use crate::support::raw::{Raw, Reply};

const CALLS: &str = include_str!("calls.txt");
const SPEC: &str = include_str!("../../openapi-subset.json");

/// The operation of a path in the specification: of several that fit, the one with the most fixed parts.
fn operation<'s>(spec: &'s Value, method: &str, path: &str) -> Option<&'s Value> {
    let route = path.split('?').next().unwrap();
    let parts: Vec<_> = route.split('/').collect();
    let fits = |template: &&String| {
        let own: Vec<_> = template.split('/').collect();
        own.len() == parts.len()
            && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
    };
    let templates = spec["paths"].as_object().unwrap().keys();
    let template = templates.filter(fits).min_by_key(|template| template.matches('{').count())?;
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    spec["paths"][template].get(method)
}

/// What is wrong with an answer, compared with the documents.
fn problem(spec: &Value, method: &str, path: &str, reply: &Reply) -> Option<String> {
    let operation = operation(spec, method, path);
    if reply.status >= 400 {
        let body = reply.json();
        let texts = body["errors"].as_array().is_some_and(|all| all.iter().all(Value::is_string));
        let code = match reply.status {
            401 => "AUTH_001",
            405 => "METHOD_NOT_ALLOWED",
            _ => "SYS_001",
        };
        let allow = reply.header("allow").is_some() == (reply.status == 405);
        let right = body["error_code"] == code && texts && allow;
        return (!right).then(|| format!("no error of the platform: {body}"));
    }
    let Some(operation) = operation else { return Some("an operation that is not documented".to_owned()) };
    let documented = &operation["responses"][reply.status.to_string()];
    if documented.is_null() {
        return Some(format!("{} is not documented", reply.status));
    }
    let kind = reply.header("content-type").unwrap_or_default().split(';').next().unwrap();
    if reply.status == 204 {
        return (!reply.body.is_empty() || !kind.is_empty()).then(|| "a body where there is none".to_owned());
    }
    let content = documented["content"].as_object();
    if content.is_some_and(|content| !content.is_empty() && !content.contains_key(kind)) {
        return Some(format!("{kind} is none of {:?}", content.unwrap().keys().collect::<Vec<_>>()));
    }
    let schema = &documented["content"]["application/json"]["schema"];
    let list = schema["type"] == "array";
    if list && reply.header("content-range").is_none_or(|range| !range.starts_with("items ")) {
        return Some("a list without Content-Range".to_owned());
    }
    let body = reply.json();
    if method == "HEAD" || kind != "application/json" {
        return None;
    }
    let right = if list { body.is_array() } else { body.is_object() || schema["type"] == "string" };
    (!right).then(|| format!("a body of another shape: {body}"))
}

fn form(line: &str) -> Vec<u8> {
    let mut words = line.split(' ').map(|word| if word == "-" { "" } else { word });
    let (field, name, content) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let name = if name.is_empty() { String::new() } else { format!("; filename=\"{name}\"") };
    format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\n\r\n{content}\r\n--b--\r\n")
        .into()
}

#[test]
fn each_call_of_the_table_is_answered_as_the_documents_say() {
    let spec: Value = serde_json::from_str(SPEC).unwrap();
    let sandbox = Sandbox::start().unwrap();
    let mut client = Raw::new(&sandbox);
    let (mut calls, mut wrong, mut upload) = (0, Vec::new(), None);
    for line in CALLS.lines().filter(|line| !line.starts_with('#')) {
        if let Some(key) = line.strip_prefix("KEY ") {
            client.key = match key {
                "ok" => sandbox.api_key().to_owned(),
                "-" => String::new(),
                key => key.to_owned(),
            };
            continue;
        }
        if let Some(line) = line.strip_prefix("FORM ") {
            upload = Some(form(line));
            continue;
        }
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (status, method, path, body) = (word(), word(), word(), word());
        let reply = match upload.take() {
            None => client.call(method, path, body.as_bytes()),
            Some(form) => {
                let target = format!("/public/v1{path}");
                client.send(method, &target, "multipart/form-data; boundary=b", &form).unwrap()
            }
        };
        calls += 1;
        if reply.status.to_string() != status {
            wrong.push(format!("{line}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
        } else if let Some(problem) = problem(&spec, method, path, &reply) {
            wrong.push(format!("{line}: {problem}"));
        }
    }
    assert_eq!(wrong.join("\n"), "");
    assert!(calls >= 150, "{calls} calls");
}

#[test]
fn a_target_may_be_the_whole_address() {
    let sandbox = Sandbox::start().unwrap();
    let mut client = Raw::new(&sandbox);
    let target = format!("{}/requests?limit=1", sandbox.url());
    let reply = client.send("GET", &target, "application/json", b"").unwrap();
    assert_eq!((reply.status, reply.json().as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(sandbox.journal()[0].path, "/requests?limit=1");
    let head = client.call("HEAD", "/requests?limit=1", b"");
    assert_eq!(head.header("content-length"), reply.header("content-length"));
    assert_eq!(client.get("/requests?limit=1").status, 200);
}
