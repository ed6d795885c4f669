use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

/// A client by hand, so that nothing here depends on the one the crate has.
struct Client {
    stream: TcpStream,
    key: String,
}

struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{}: ", name.to_lowercase());
        self.head
            .lines()
            .find(|line| line.to_lowercase().starts_with(&prefix))
            .map(|line| &line[prefix.len()..])
    }

    fn ids(&self) -> Vec<String> {
        self.json().as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap_or("?").to_owned()).collect()
    }
}

impl Client {
    fn new(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(sandbox.platform).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream, key: sandbox.api_key().to_owned() }
    }

    fn send(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let key = &self.key;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nUser-Agent: by-hand\r\n\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Reply> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let mut reply = Reply { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        reply.body = vec![0; length];
        self.stream.read_exact(&mut reply.body)?;
        Ok(reply)
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send("GET", &format!("/public/v1{path}"), "application/json", b"").unwrap()
    }

    fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, body).unwrap()
    }

    fn call(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Reply> {
        let body = serde_json::to_vec(body).unwrap();
        self.send(method, &format!("/public/v1{path}"), "application/json", &body)
    }
}

const FIRST: &str = "PR-1000-0000-0001-001";

fn three_requests() -> (Sandbox, Client) {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| ());
    let client = Client::new(&sandbox);
    (sandbox, client)
}

#[test]
fn lists_are_filtered_ordered_and_paged() {
    let (sandbox, mut client) = three_requests();
    sandbox.update("requests", FIRST, |r| r["status"] = "approved".into());
    let reply = client.get(
        "/requests?eq(status,pending)&in(asset.product.id,(PRD-260-714-083))&ordering(-created)&limit=1",
    );
    assert_eq!(reply.status, 200);
    assert_eq!(reply.ids(), ["PR-1000-0002-0001-001"]);
    assert_eq!(reply.header("content-range"), Some("items 0-0/2"));
    let reply = client.get("/requests?limit=0");
    assert_eq!((reply.json(), reply.header("content-range")), (json!([]), Some("items 0-0/3")));
    let reply = client.get("/requests?offset=7&limit=5");
    assert_eq!((reply.json(), reply.header("content-range")), (json!([]), Some("items 7-7/3")));
}

#[test]
fn unknown_filters_are_ignored_and_bad_syntax_is_not() {
    let (_sandbox, mut client) = three_requests();
    assert_eq!(client.get("/requests?eq(no.such.field,1)").ids().len(), 3);
    assert_eq!(client.get("/requests?eq(status,%22pending%22)").ids().len(), 3);
    for bad in [
        "/requests?in(id,())",
        "/requests?ordering(id)",
        "/requests?select(-nonsense)",
        "/requests?gt(type,a)",
    ] {
        let reply = client.get(bad);
        assert_eq!(reply.status, 400, "{bad}");
        assert_eq!(reply.json()["error_code"], "SYS_001");
    }
}

#[test]
fn select_drops_parts_of_lists() {
    let (_sandbox, mut client) = three_requests();
    let list = client.get("/requests?select(-asset.items,-activation_key)").json();
    assert!(list[0].get("activation_key").is_none() && list[0]["asset"].get("items").is_none());
    assert!(list[0]["asset"].get("params").is_some());
}

#[test]
fn the_cap_cuts_the_limit_silently() {
    let sandbox = Sandbox::builder().empty().page_cap(2).content_range(false).start().unwrap();
    sandbox.add_requests(3, |_, _| ());
    let reply = Client::new(&sandbox).get("/requests?limit=1000");
    assert_eq!((reply.ids().len(), reply.header("content-range")), (2, None));
}

#[test]
fn an_update_changes_values_of_parameters_and_nothing_else() {
    let (sandbox, mut client) = three_requests();
    let path = format!("/requests/{FIRST}");
    let body = json!({"asset": {"params": [{"id": "purchase_id", "value": "p-1", "name": "ignored"}]}});
    assert_eq!(client.call("PUT", &path, &body).unwrap().status, 200);
    let stored = sandbox.get("requests", FIRST).unwrap();
    assert_eq!(stored["asset"]["params"][1]["value"], "p-1");
    assert_eq!(stored["asset"]["params"][1]["name"], "purchase_id");
    for bad in [
        json!({"asset": {"params": [{"id": "no_such", "value": "x"}]}}),
        json!({"asset": {"params": [{"id": "email", "value": 7}]}}),
        json!({"asset": {"items": []}}),
        json!({"status": "approved"}),
        json!([]),
    ] {
        assert_eq!(client.call("PUT", &path, &bad).unwrap().status, 400, "{bad}");
    }
}

#[test]
fn a_wrong_verb_is_405_and_names_the_right_ones() {
    let (_sandbox, mut client) = three_requests();
    let reply = client.call("PATCH", &format!("/requests/{FIRST}"), &json!({})).unwrap();
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, PUT")));
    let both = Sandbox::builder().empty().put_and_patch().start().unwrap();
    both.add_requests(1, |_, _| ());
    let reply = Client::new(&both).call("PATCH", &format!("/requests/{FIRST}"), &json!({})).unwrap();
    assert_eq!(reply.status, 200);
}

#[test]
fn approval_happens_once() {
    let (sandbox, mut client) = three_requests();
    let path = format!("/requests/{FIRST}/approve");
    let reply = client.post(&path, &json!({"template_id": "TL-1"}));
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("approved")));
    assert_eq!(reply.json()["template"]["id"], "TL-1");
    assert_eq!(sandbox.get("assets", "AS-1000-0000-0001").unwrap()["status"], "active");
    assert_eq!(client.post(&path, &json!({"template_id": "TL-1"})).status, 400);
    assert_eq!(sandbox.transitions(FIRST).len(), 1);
    let effects: Vec<_> = sandbox.journal().iter().map(|call| call.effect).collect();
    assert_eq!(effects, [true, false]);
}

#[test]
fn transitions_follow_the_documented_ways() {
    let (_sandbox, mut client) = three_requests();
    let mut go = |verb: &str, body: Value| client.post(&format!("/requests/{FIRST}/{verb}"), &body).status;
    assert_eq!(go("pend", json!({})), 400);
    assert_eq!(go("inquire", json!({})), 200);
    assert_eq!(go("pend", json!({"asset": {}})), 400);
    assert_eq!(go("pend", json!(null)), 200);
    assert_eq!(go("approve", json!({})), 400);
    assert_eq!(go("approve", json!({"template_id": "TL-1", "activation_tile": "x"})), 400);
    assert_eq!(go("fail", json!({"reasons": "x"})), 400);
    assert_eq!(go("assign", json!({"id": "UR-1", "email": "a@b.c"})), 400);
    assert_eq!(go("assign", json!({"email": "a@b.c"})), 200);
    assert_eq!(go("fail", json!({"reason": "no"})), 200);
    assert_eq!(go("fail", json!({"reason": "no"})), 400);
}

#[test]
fn unknown_paths_ids_and_keys_are_told_apart() {
    let (sandbox, mut client) = three_requests();
    assert_eq!(client.get("/no/such/path").status, 404);
    assert_eq!(client.get("/requests/PR-0").status, 404);
    assert_eq!(client.send("GET", "/public/v2/requests", "", b"").unwrap().status, 404);
    client.key = "ApiKey wrong".to_owned();
    let reply = client.get("/requests");
    assert_eq!((reply.status, reply.json()["errors"][0].is_string()), (401, true));
    assert!(sandbox.journal().iter().all(|call| call.authorization));
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    let (_sandbox, mut client) = three_requests();
    let path = format!("/public/v1/requests/{FIRST}/fail");
    assert_eq!(client.send("POST", &path, "application/json", b"{reason").unwrap().status, 400);
}

#[test]
fn one_connection_serves_many_calls() {
    let (sandbox, mut client) = three_requests();
    for _ in 0..20 {
        assert_eq!(client.get("/requests?limit=1").status, 200);
    }
    assert_eq!(sandbox.connections(), 1);
    assert!(sandbox.journal().iter().all(|call| call.connection == 1));
}

#[test]
fn chunked_bodies_are_read() {
    let (sandbox, mut client) = three_requests();
    let head = format!(
        "POST /public/v1/requests/{FIRST}/fail HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\
         Transfer-Encoding: chunked\r\n\r\n7\r\n{{\"reaso\r\n7\r\nn\":\"x\"}}\r\n0\r\n\r\n",
        client.key
    );
    client.stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(client.read().unwrap().status, 200);
    assert_eq!(sandbox.get("requests", FIRST).unwrap()["reason"], "x");
    assert_eq!(client.get("/requests").status, 200);
}

#[test]
fn conversations_are_found_by_what_they_are_about() {
    let (sandbox, mut client) = three_requests();
    sandbox.insert("conversations", sample::conversation_for(FIRST));
    let list = client.get(&format!("/conversations?in(instance_id,({FIRST},PR-2))"));
    assert_eq!(list.ids(), ["CO-1000-0000-0001-001"]);
    assert!(client.get(&format!("/conversations/{FIRST}")).json().get("messages").is_none());
    let path = "/conversations/CO-1000-0000-0001-001/messages";
    assert_eq!(client.post(path, &json!({"text": "one"})).status, 201);
    assert_eq!(client.post(path, &json!({"text": "two"})).status, 201);
    let newest = client.get(&format!("{path}?ordering(-created)&limit=1")).json();
    assert_eq!(newest[0]["text"], "two");
    sandbox.update("conversations", "CO-1000-0000-0001-001", |c| {
        c["status"] = "closed".into();
    });
    assert_eq!(client.post(path, &json!({"text": "three"})).status, 400);
    assert_eq!(sandbox.messages("CO-1000-0000-0001-001").len(), 2);
}

#[test]
fn faults_apply_to_the_calls_they_are_for() {
    let (sandbox, mut client) = three_requests();
    let approve = |n: usize| format!("/requests/PR-1000-000{n}-0001-001/approve");
    let on = || Fault::on("POST", "/requests/*/approve");
    sandbox.fault(on().skip(1).times(1).status(503).header("Retry-After", "1").body("<html>down</html>"));
    let body = json!({"template_id": "TL-1"});
    assert_eq!(client.post(&approve(0), &body).status, 200);
    let reply = client.post(&approve(1), &body);
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert_eq!(client.post(&approve(1), &body).status, 200);
    let faults: Vec<_> = sandbox.journal().iter().map(|call| (call.fault.clone(), call.effect)).collect();
    assert_eq!(faults, [(None, true), (Some("status 503".to_owned()), false), (None, true)]);
}

#[test]
fn a_reset_comes_before_or_after_the_effect() {
    let (sandbox, mut client) = three_requests();
    let path = format!("/requests/{FIRST}/fail");
    sandbox.fault(Fault::on("POST", "/requests/*/fail").reset());
    sandbox.fault(Fault::on("POST", "/requests/*/fail").reset().after_effect());
    assert!(client.call("POST", &path, &json!({"reason": "x"})).is_err());
    assert_eq!(sandbox.get("requests", FIRST).unwrap()["status"], "pending");
    let mut client = Client::new(&sandbox);
    assert!(client.call("POST", &path, &json!({"reason": "x"})).is_err());
    assert_eq!(sandbox.get("requests", FIRST).unwrap()["status"], "failed");
    let seen: Vec<_> =
        sandbox.journal().into_iter().map(|call| (call.status, call.fault, call.effect)).collect();
    assert_eq!(seen, [(0, Some("reset".into()), false), (0, Some("reset after effect".into()), true)]);
}

#[test]
fn answers_are_spoilt_in_every_way() {
    let (sandbox, mut client) = three_requests();
    let on = || Fault::on("GET", "/requests");
    sandbox.fault(on().broken_json());
    sandbox.fault(on().content_type("text/html"));
    sandbox.fault(on().redirect("https://elsewhere.example.com/"));
    sandbox.fault(on().oversized(100_000));
    sandbox.fault(on().gzip_bomb(1_000_000));
    sandbox.fault(on().close_after());
    sandbox.fault(on().truncated());
    assert_eq!(client.get("/requests").json(), Value::Null);
    assert_eq!(client.get("/requests").header("content-type"), Some("text/html"));
    assert_eq!(client.get("/requests").status, 302);
    assert_eq!(client.get("/requests").body.len(), 100_000);
    let bomb = client.get("/requests");
    assert!(bomb.body.len() < 10_000 && bomb.header("content-encoding") == Some("gzip"));
    assert_eq!(client.get("/requests").status, 200);
    assert!(client.send("GET", "/public/v1/requests", "", b"").is_err());
    let mut client = Client::new(&sandbox);
    assert!(client.send("GET", "/public/v1/requests", "", b"").is_err());
}

#[test]
fn a_dropped_sandbox_ends_calls_that_wait() {
    let (sandbox, mut client) = three_requests();
    sandbox.fault(Fault::any().never_answer());
    let waiting = std::thread::spawn(move || client.send("GET", "/public/v1/requests", "", b"").is_err());
    while sandbox.journal().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let began = Instant::now();
    drop(sandbox);
    assert!(waiting.join().unwrap());
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn chaos_with_the_same_seed_hits_the_same_calls() {
    let run = || {
        let (sandbox, _) = three_requests();
        sandbox.chaos(Chaos::new(7).rate(0.5).faults([Fault::any().status(500), Fault::any().status(503)]));
        let mut client = Client::new(&sandbox);
        (0..20).map(|_| client.get("/requests").status).collect::<Vec<_>>()
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.contains(&200) && first.contains(&500) && first.contains(&503));
}

#[test]
fn the_hook_is_another_actor() {
    let (sandbox, mut client) = three_requests();
    sandbox.on_call(|call, store| {
        if call.method == "GET" {
            store.update("requests", FIRST, |request| request["status"] = "failed".into());
        }
    });
    assert_eq!(client.get("/requests?status=pending").ids().len(), 2);
}

#[test]
fn a_handler_that_panics_costs_one_answer() {
    let (sandbox, mut client) = three_requests();
    sandbox.on_call(|call, _| assert!(!call.path.contains("boom"), "asked for"));
    assert_eq!(client.get("/requests?boom=1").status, 500);
    assert_eq!(client.get("/requests").status, 200);
}

#[test]
fn elements_that_are_no_objects_are_listed() {
    let (sandbox, mut client) = three_requests();
    sandbox.insert_raw("requests", "surprise");
    assert_eq!(client.get("/requests").json()[3], "surprise");
}

#[test]
fn packed_answers_go_to_those_who_ask() {
    let sandbox = Sandbox::builder().empty().gzip(true).start().unwrap();
    let mut client = Client::new(&sandbox);
    client.key.push_str("\r\nAccept-Encoding: gzip");
    assert_eq!(client.get("/requests").header("content-encoding"), Some("gzip"));
}

#[test]
fn created_requests_are_pending_orders() {
    let (sandbox, mut client) = three_requests();
    let body = json!({"type": "purchase", "asset": {
        "product": {"id": "PRD-1"}, "external_uid": "u", "items": [{"id": "PRD-1-0001", "quantity": 5}],
        "params": [{"id": "email", "value": "a@b.c"}], "connection": {"id": "CT-1"}}});
    let created = client.post("/requests", &body);
    assert_eq!((created.status, &created.json()["status"]), (201, &json!("pending")));
    assert_eq!(created.json()["asset"]["items"][0]["quantity"], "5");
    let approve = format!("/requests/{}/approve", created.json()["id"].as_str().unwrap());
    assert_eq!(client.post(&approve, &json!({"activation_tile": "# Go"})).json()["activation_key"], "# Go");
    let asset = created.json()["asset"]["id"].clone();
    let change =
        json!({"type": "change", "asset": {"id": asset, "items": [{"id": "PRD-1-0001", "quantity": 9}]}});
    let changed = client.post("/requests", &change).json();
    assert_eq!(changed["asset"]["items"][0]["old_quantity"], "5");
    assert_eq!(client.post("/requests", &json!({"type": "cancel", "asset": {"id": "AS-0"}})).status, 400);
    assert_eq!(sandbox.count("requests"), 5);
    let reduced = client.get(&format!("/assets/{}/requests", asset.as_str().unwrap())).json();
    assert_eq!(reduced.as_array().unwrap().len(), 2);
    assert!(reduced[0].get("asset").is_none());
}

#[cfg(feature = "xlsx")]
fn multipart(name: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"u.xlsx\"\r\n\r\n");
    [head.as_bytes(), content, b"\r\n--b--\r\n"].concat()
}

#[cfg(feature = "xlsx")]
fn upload(client: &mut Client, id: &str, name: &str, content: &[u8]) -> Reply {
    let path = format!("/public/v1/usage/files/{id}/upload");
    client.send("POST", &path, "multipart/form-data; boundary=b", &multipart(name, content)).unwrap()
}

#[cfg(feature = "xlsx")]
fn new_file(client: &mut Client) -> String {
    let body =
        json!({"name": "n", "description": "", "product": {"id": "PRD-1"}, "contract": {"id": "CRD-1"}});
    let created = client.post("/usage/files", &body);
    assert_eq!((created.status, &created.json()["status"]), (201, &json!("draft")));
    created.json()["id"].as_str().unwrap().to_owned()
}

#[cfg(feature = "xlsx")]
#[test]
fn a_good_workbook_makes_a_file_ready_and_it_goes_its_way() {
    let (sandbox, mut client) = three_requests();
    let id = new_file(&mut client);
    let good = workbook::tests::book("records", "", workbook::tests::Cell::Text(""));
    let unknown = upload(&mut client, &id, "usage_file", &good).json();
    let why = "1 of 1 records are invalid: row 2: there is no asset with parameter.tenant_id = t-00419";
    assert_eq!((&unknown["status"], &unknown["error_detail"]), (&json!("invalid"), &json!(why)));
    let mut asset = sample::asset("AS-1");
    asset["product"]["id"] = "PRD-1".into();
    sandbox.insert("assets", asset);
    assert_eq!(upload(&mut client, &id, "file", &good).status, 400);
    let file = upload(&mut client, &id, "usage_file", &good).json();
    assert_eq!((&file["status"], &file["records"]["valid"]), (&json!("ready"), &json!(1)));
    let list = client.get("/usage/files").json();
    assert!(list[0].get("records").is_none() && list[0].get("usage_file_uri").is_none());
    let mut go = |verb: &str, body: Value| client.post(&format!("/usage/files/{id}/{verb}"), &body).status;
    assert_eq!(go("accept", json!({})), 400);
    assert_eq!(go("submit", json!(null)), 200);
    assert_eq!(go("delete", json!(null)), 400);
    assert_eq!(go("accept", json!({"acceptance_note": "fine"})), 200);
    assert_eq!(go("close", json!(null)), 200);
    assert_eq!(go("close", json!(null)), 400);
}

#[cfg(feature = "xlsx")]
#[test]
fn a_bad_workbook_makes_a_file_invalid_after_some_reads() {
    let sandbox = Sandbox::builder().empty().processing_reads(1).start().unwrap();
    let mut client = Client::new(&sandbox);
    let id = new_file(&mut client);
    let bad = workbook::tests::book("records", "quantity", workbook::tests::Cell::Text("x"));
    assert_eq!(upload(&mut client, &id, "usage_file", &bad).json()["status"], "processing");
    let path = format!("/usage/files/{id}");
    assert_eq!(client.get(&path).json()["status"], "processing");
    let file = client.get(&path).json();
    assert_eq!((&file["status"], &file["records"]["invalid"]), (&json!("invalid"), &json!(1)));
    assert!(file["error_detail"].as_str().unwrap().contains("quantity is not a number"));
    assert_eq!(client.post(&format!("{path}/submit"), &json!(null)).status, 400);
    assert_eq!(client.post(&format!("{path}/delete"), &json!(null)).status, 200);
}

#[test]
fn a_signed_link_leads_elsewhere_and_refuses_credentials() {
    let sandbox = Sandbox::builder().empty().template_redirects(1).start().unwrap();
    sandbox.insert("products", sample::product("PRD-1"));
    let mut client = Client::new(&sandbox);
    let link =
        client.get("/usage/products/PRD-1/template").json()["template_link"].as_str().unwrap().to_owned();
    let path = link.strip_prefix(&sandbox.storage_url()).unwrap().to_owned();
    client.stream = TcpStream::connect(sandbox.storage).unwrap();
    assert_eq!(client.send("GET", &path, "", b"").unwrap().status, 403);
    let mut anonymous = |path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        client.stream.write_all(head.as_bytes()).unwrap();
        client.read().unwrap()
    };
    let redirect = anonymous(&path);
    assert_eq!(redirect.status, 302);
    let file = anonymous(redirect.header("location").unwrap());
    assert_eq!((file.status, file.body.get(..2)), (200, Some(&b"PK"[..])));
    assert_eq!(anonymous("/templates/PRD-1.xlsx").status, 403);
    let seen: Vec<_> = sandbox.storage_calls().iter().map(|call| (call.authorization, call.status)).collect();
    assert_eq!(seen, [(true, 403), (false, 302), (false, 200), (false, 403)]);
}

#[test]
fn tier_config_requests_are_approved_with_a_template() {
    let (sandbox, mut client) = three_requests();
    let id = "TCR-1-001";
    sandbox.insert("tier/config-requests", sample::tier_config_request(id));
    let path = format!("/tier/config-requests/{id}");
    assert_eq!(
        client
            .call("PUT", &path, &json!({"params": [{"id": "reseller_no", "value": "R-1"}]}))
            .unwrap()
            .status,
        200
    );
    let query = "/tier/config-requests?eq(status,pending)&in(configuration.product.id,(PRD-260-714-083))&ordering(created)";
    assert_eq!(client.get(query).ids(), [id]);
    for verb in ["inquire", "pend"] {
        let reply = client.post(&format!("{path}/{verb}"), &json!(null));
        assert_eq!((reply.status, reply.body.len()), (204, 0));
    }
    let approve = format!("{path}/approve");
    assert_eq!(client.post(&approve, &json!({"template_id": "TL-1"})).status, 400);
    let reply = client.post(&approve, &json!({"template": {"id": "TL-1"}}));
    assert_eq!((reply.status, &reply.json()["template"]["id"]), (200, &json!("TL-1")));
    let config = sandbox.get("tier/configs", "TC-1").unwrap();
    assert_eq!((&config["status"], &config["params"][0]["value"]), (&json!("active"), &json!("R-1")));
    assert_eq!(client.call("PUT", &path, &json!({"params": []})).unwrap().status, 400);
    assert_eq!(client.post(&format!("{path}/fail"), &json!({"reason": "x"})).status, 400);
}

#[test]
fn the_demo_data_is_listed_whole() {
    let sandbox = Sandbox::start().unwrap();
    let mut client = Client::new(&sandbox);
    let products = sandbox.products().join(",");
    let reply = client.get(&format!(
        "/requests?eq(status,pending)&in(asset.product.id,({products}))&ordering(created)&limit=1000"
    ));
    assert_eq!(reply.ids().len(), 30);
    for list in [
        "/assets",
        "/products",
        "/tier/configs",
        "/tier/config-requests",
        "/tier/accounts",
        "/tier/account-requests",
        "/listings",
        "/listing-requests",
        "/marketplaces",
        "/hubs",
        "/contracts",
        "/agreements",
        "/usage/files",
        "/usage/records",
        "/subscriptions/assets",
        "/subscriptions/requests",
        "/conversations",
        "/accounts",
        "/users",
        "/categories",
        "/countries",
        "/products/PRD-260-714-083/templates",
        "/products/PRD-260-714-083/items",
        "/products/PRD-260-714-083/parameters",
        "/products/PRD-260-714-083/configurations",
        "/accounts/VA-317-204/users",
    ] {
        assert!(!client.get(list).ids().is_empty(), "{list}");
    }
    let hidden = client.get("/subscriptions/assets").json();
    assert!(hidden[0].get("template").is_none());
    let shown = client.get("/subscriptions/assets?select(template)").json();
    assert!(shown[0].get("template").is_some());
    let id = "AS-3391-7725-0148";
    assert!(client.get(&format!("/subscriptions/assets/{id}")).json().get("template").is_some());
}

#[test]
fn an_activation_is_rendered_from_its_template() {
    let sandbox = Sandbox::start().unwrap();
    let mut client = Client::new(&sandbox);
    let id = client.get("/requests?status=pending&type=purchase&limit=1").ids().remove(0);
    let refused = client.post(&format!("/requests/{id}/approve"), &json!({"template_id": "TL-000-000-000"}));
    assert_eq!(refused.status, 400);
    let approved =
        client.post(&format!("/requests/{id}/approve"), &json!({"template_id": sample::TEMPLATE})).json();
    assert_eq!(approved["activation_key"], "# Vault is ready\n\n* Tenant: **t-00419**\n");
    let rendered = client.get(&format!("/requests/{id}/render"));
    assert_eq!(rendered.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(rendered.body, b"# Vault is ready\n\n* Tenant: **t-00419**\n");
}

#[test]
fn a_recorded_call_is_printed_without_its_body() {
    let (sandbox, mut client) = three_requests();
    client.post(&format!("/requests/{FIRST}/fail"), &json!({"reason": "hunter2"}));
    let expected = format!(
        "[RecordedCall {{ method: \"POST\", path: \"/requests/{FIRST}/fail\", status: 200, body_length: 20, .. }}]"
    );
    assert_eq!(format!("{:?}", sandbox.journal()), expected);
}

#[test]
fn another_process_reads_the_journal_over_http() {
    let (sandbox, mut client) = three_requests();
    client.post(&format!("/requests/{FIRST}/fail"), &json!({"reason": "x"}));
    sandbox.fault(Fault::any().status(500).always());
    let mut control = |method, path| client.send(method, path, "", b"").unwrap();
    assert_eq!(control("GET", "/_sandbox/journal").json()[0]["body"]["reason"], "x");
    assert_eq!(control("GET", "/_sandbox/effects").json()[0]["to"], "failed");
    assert_eq!(control("GET", "/_sandbox/store/requests").ids().len(), 3);
    assert_eq!(control("DELETE", "/_sandbox/journal").status, 204);
    assert!(sandbox.journal().is_empty());
}

#[test]
fn reads_lag_and_changes_act_on_what_is_there() {
    let (sandbox, mut client) = three_requests();
    sandbox.lag(Duration::from_secs(600));
    let path = format!("/requests/{FIRST}");
    let status = |client: &mut Client| client.get(&path).json()["status"].clone();
    assert_eq!(client.post(&format!("{path}/fail"), &json!({"reason": "no"})).status, 200);
    assert_eq!(status(&mut client), "pending");
    assert_eq!(client.get("/requests?eq(status,pending)").ids().len(), 3);
    assert_eq!(sandbox.get("requests", FIRST).unwrap()["status"], "failed");
    assert_eq!(client.post(&format!("{path}/fail"), &json!({"reason": "no"})).status, 400);
    sandbox.lag(Duration::ZERO);
    assert_eq!(status(&mut client), "failed");
    assert_eq!(client.get("/requests?eq(status,pending)").ids().len(), 2);
}

#[test]
fn a_call_may_have_its_effect_after_the_answer() {
    let (sandbox, mut client) = three_requests();
    let late = |by| Fault::on("POST", "/requests/*/fail").status(504).late_effect(by);
    sandbox.fault(late(Duration::from_secs(600)));
    sandbox.fault(late(Duration::ZERO));
    let path = format!("/requests/{FIRST}/fail");
    assert_eq!(client.post(&path, &json!({"reason": "no"})).status, 504);
    assert!(sandbox.transitions(FIRST).is_empty());
    assert_eq!(client.post(&path, &json!({"reason": "no"})).status, 504);
    assert_eq!(sandbox.transitions(FIRST).len(), 1);
    let effects: Vec<_> = sandbox.journal().iter().map(|call| call.effect).collect();
    assert_eq!(effects, [false, true]);
}
