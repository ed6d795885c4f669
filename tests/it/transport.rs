//! Servers that are dead, silent, slow or hostile: each call ends within its bounds, with an error that names it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connect::models::ParamUpdate;
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Config, Connect, Error, Options, TransportError, UpdateMethod, Verdict};
use serde_json::json;

use crate::support::relay::{Break, Struck, relay};
use crate::support::{
    ORDER, TEMPLATE, answer, answering, answering_in_turn, client, impatient, one_order, sequence, serving,
};

const TIMEOUT: Duration = Duration::from_millis(250);

fn client_of(address: impl std::fmt::Display) -> Connect {
    let config = Config::new(format!("http://{address}/public/v1"), "ApiKey SU-1:key").unwrap();
    Connect::new(impatient(config).timeout(TIMEOUT)).unwrap()
}

/// The same with the long timeout of most tests.
fn patient_client_of(address: impl std::fmt::Display) -> Connect {
    let config = Config::new(format!("http://{address}/public/v1"), "ApiKey SU-1:key").unwrap();
    Connect::new(impatient(config)).unwrap()
}

/// Lists orders, and tells the error and how long it took to come.
fn fails(connect: &Connect) -> (Error, Duration) {
    let start = Instant::now();
    let error = connect.process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap_err();
    assert!(error.to_string().starts_with("GET /requests?"), "{error}");
    (error, start.elapsed())
}

fn transport(error: Error) -> TransportError {
    match error {
        Error::Transport(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dead_server_is_given_up_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = Config::new(format!("http://{address}/public/v1"), "ApiKey SU-1:key").unwrap();
    let (error, took) = fails(&Connect::new(impatient(config)).unwrap());
    assert!(error.to_string().ends_with("no connection to the platform, after 3 attempts"), "{error}");
    assert!(transport(error).is_connect());
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_post_that_met_no_server_is_sent_again_since_nobody_has_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client_of(address).fulfillment().pend(ORDER).unwrap_err();
    let expected = format!("POST /requests/{ORDER}/pend: no connection to the platform, after 3 attempts");
    assert_eq!(error.to_string(), expected);
    assert!(!error.may_have_happened());
}

#[test]
fn a_call_without_a_body_tells_its_length_only_where_one_could_be() {
    let (send, heads) = std::sync::mpsc::channel();
    let address = serving(move |mut stream| {
        let mut head = [0; 4096];
        let read = stream.read(&mut head).unwrap_or_default();
        let _ = send.send(String::from_utf8_lossy(&head[..read]).to_ascii_lowercase());
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    });
    let connect = client_of(address);
    connect.fulfillment().pend(ORDER).unwrap();
    let post = heads.recv().unwrap();
    assert!(post.starts_with("post ") && post.contains("\r\ncontent-length: 0\r\n"), "{post}");
    assert!(connect.fulfillment().render(ORDER).unwrap().is_empty());
    let get = heads.recv().unwrap();
    assert!(get.starts_with("get ") && !get.contains("content-length"), "{get}");
    assert!(!get.contains("transfer-encoding"), "{get}");
}

#[test]
fn a_server_that_never_answers_is_given_up_after_all_attempts_timed_out() {
    let address = serving(|mut stream| {
        let mut bytes = [0; 1024];
        while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
    });
    let (error, took) = fails(&client_of(address));
    assert!(error.to_string().ends_with("no answer from the platform, after 3 attempts"), "{error}");
    assert!(transport(error).is_timeout());
    assert!(took >= 3 * TIMEOUT && took < 3 * TIMEOUT + Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_server_that_drips_is_given_up_after_all_attempts_timed_out() {
    let address = serving(|mut stream| {
        let mut head = [0; 1024];
        let _ = stream.read(&mut head);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let (error, took) = fails(&client_of(address));
    assert!(error.to_string().ends_with("the answer broke off, after 3 attempts"), "{error}");
    assert!(transport(error).is_timeout());
    assert!(took < 3 * TIMEOUT + Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_server_of_endless_headers_is_given_up() {
    let address = serving(|mut stream| {
        let mut head = [0; 1024];
        let _ = stream.read(&mut head);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: of the same, and more of it, and so on for ever\r\n").is_ok() {}
    });
    let (error, took) = fails(&client_of(address));
    transport(error);
    assert!(took < 3 * TIMEOUT + Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_deadline_clamps_a_call_that_would_wait_longer() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/requests").never_answer().always());
    let connect = Connect::new(sandbox.config().unwrap()).unwrap();
    let start = Instant::now();
    let options = Options::new().deadline(TIMEOUT);
    let report = connect.fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE))).unwrap();
    assert_eq!(report.stopped(), Some(connect::Stop::Deadline));
    assert!(start.elapsed() < TIMEOUT + Duration::from_secs(2));
}

#[test]
fn a_wish_for_patience_beyond_the_deadline_is_not_waited_for() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/requests").status(503).header("Retry-After", "20").always());
    let start = Instant::now();
    let options = Options::new().deadline(Duration::from_secs(10));
    let ran = client(&sandbox).fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE)));
    assert_eq!(ran.unwrap_err().status(), Some(503));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn answers_are_read_up_to_a_bound_packed_or_not() {
    for fault in
        [Fault::on("GET", "/requests").oversized(300 << 20), Fault::on("GET", "/requests").gzip_bomb(3 << 20)]
    {
        let sandbox = one_order();
        sandbox.fault(fault.always());
        let (error, took) = fails(&client(&sandbox));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("limit"), "{cause}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        // What is too large stays too large.
        assert_eq!(sandbox.journal().len(), 1);
    }
}

#[test]
fn an_id_stays_one_segment_of_the_path_whatever_is_in_it() {
    for id in [
        "PR/../../hubs",
        "..%2F",
        "a?b=c",
        "a#b",
        "100%",
        "a b\r\nX-Evil: 1",
        "a\u{0}\u{7f}",
        "é/\\",
        "a;b&c",
    ] {
        let sandbox = Sandbox::empty().unwrap();
        let mut order = sample::request(ORDER);
        order["id"] = id.into();
        sandbox.insert("requests", order);
        let report = client(&sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap();
        assert_eq!(report.approved(), 1, "{id:?}: {report}");
        assert_eq!(sandbox.get("requests", id).unwrap()["status"], "approved", "{id:?}");
        let journal = sandbox.journal();
        let post = journal.iter().find(|call| call.method == "POST").unwrap();
        assert_eq!(post.path.split('/').count(), 4, "{}", post.path);
        assert!(!post.path.contains(['?', '#', ' ', '\\']), "{}", post.path);
        assert_eq!(post.header("X-Evil"), None);
    }
}

#[test]
fn ids_that_mean_another_place_make_no_call() {
    for id in ["", ".", ".."] {
        let sandbox = one_order();
        let error = client(&sandbox).fulfillment().request(id).unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error}");
        assert!(sandbox.journal().is_empty());
    }
}

#[test]
fn a_value_cannot_break_out_of_its_condition() {
    let sandbox = one_order();
    for value in ["x)|ne(id,x", "x)&limit=1", "x\"),ne(id,\"x", "x'),ne(id,'x", "x%29", "*", "x\r\nX-Evil: 1"]
    {
        let query = Query::new().equal("id", value);
        let found: Result<Vec<_>, _> = client(&sandbox).fulfillment().requests(&query).collect();
        assert_eq!(found.unwrap(), [], "{value:?}");
    }
}

#[test]
fn a_header_cannot_be_injected_through_key_or_user_agent() {
    for key in ["SU-1:k\r\nX-Evil: 1", "SU-1:k\nX", "SU-1:\u{0}", "SU-1:é"] {
        assert!(Config::new("https://api.example.com/public/v1", key).is_err(), "{key:?}");
    }
    for agent in ["a\r\nX-Evil: 1", "a\u{0}", "é", " "] {
        let config = Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap().user_agent(agent);
        assert!(matches!(Connect::new(config), Err(Error::Config(_))), "{agent:?}");
    }
}

#[test]
fn the_key_goes_to_no_other_origin() {
    let sandbox = one_order();
    let elsewhere = format!("{}/public/v1/requests", sandbox.storage_url());
    for location in [elsewhere.as_str(), "//127.0.0.2/x", "http://user@127.0.0.1/x", "https://127.0.0.1/x"] {
        sandbox.fault(Fault::on("GET", "/requests").redirect(location));
        let (error, _) = fails(&client(&sandbox));
        assert_eq!(error.status(), Some(302));
        assert!(error.to_string().contains("check the endpoint's address"), "{error}");
    }
    assert_eq!(sandbox.storage_calls(), []);
}

#[test]
fn a_redirect_within_the_origin_is_followed_by_reads_only() {
    let sandbox = one_order();
    let path = format!("/public/v1/requests/{ORDER}");
    sandbox.fault(Fault::on("GET", "/accounts/VA-1").redirect(&path));
    let order: serde_json::Value = client(&sandbox).get("/accounts/VA-1").unwrap();
    assert_eq!(order["id"], ORDER);
    // From where the last one led.
    sandbox.fault(Fault::on("GET", "/accounts/VA-1").redirect("/public/v1/requests/PR-0"));
    sandbox.fault(Fault::on("GET", "/requests/PR-0").redirect(ORDER));
    let order: serde_json::Value = client(&sandbox).get("/accounts/VA-1").unwrap();
    assert_eq!(order["id"], ORDER);
    sandbox.fault(Fault::on("POST", "/requests/*/pend").redirect(&path));
    assert_eq!(client(&sandbox).fulfillment().pend(ORDER).unwrap_err().status(), Some(302));
    // In a circle: followed a few times, then an error.
    sandbox.fault(Fault::on("GET", "/accounts/VA-2").redirect("/public/v1/accounts/VA-2").always());
    let error = client(&sandbox).get::<serde_json::Value>("/accounts/VA-2").unwrap_err();
    assert_eq!(error.status(), Some(302));
}

#[test]
fn plain_http_is_refused_beyond_this_machine() {
    for url in
        ["http://api.connect.cloudblue.com/public/v1", "http://10.0.0.1", "http://localhost.example.com"]
    {
        assert!(Config::new(url, "SU-1:key").is_err(), "{url}");
    }
    let connect = client_of("127.0.0.1:1");
    for link in ["http://storage.example.com/x", "file:///etc/passwd", "ftp://127.0.0.1/x"] {
        assert!(matches!(connect.usage().download(link), Err(Error::Input(_))), "{link}");
    }
}

#[test]
fn bytes_after_an_answer_are_not_taken_for_the_next_one() {
    let forged = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"id\":\"forged\"}";
    let address =
        answering(format!("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{{\"id\":\"ok\"}}{forged}"));
    let connect = client_of(address);
    for _ in 0..3 {
        let answer: serde_json::Value = connect.get("/accounts").unwrap();
        assert_eq!(answer["id"], "ok");
    }
}

#[test]
fn bytes_that_are_no_text_spoil_one_order_and_not_the_page() {
    let mut page =
        br#"[{"id":"PR-1","status":"pending","created":"2024-03-04T09:00:00+00:00","note":"X"},"#.to_vec();
    page.extend(br#"{"id":"PR-2","status":"pending","created":"2024-03-04T09:00:01+00:00"}]"#);
    let at = page.iter().position(|byte| *byte == b'X').unwrap();
    page[at] = 0xff;
    let first = Arc::new(AtomicBool::new(true));
    let address = serving(move |mut stream| {
        let body: &[u8] = if first.swap(false, Ordering::SeqCst) { &page } else { b"[]" };
        let _ = stream.read(&mut [0; 4096]);
        let _ =
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(body);
    });
    let report = client_of(address).process_fulfillments(|_| Err(Action::skip())).unwrap();
    let told: Vec<_> = report.iter().map(|outcome| (outcome.id.as_str(), outcome.verdict)).collect();
    assert_eq!(told, [("PR-1", Verdict::Errored), ("PR-2", Verdict::Skipped)], "{report}");
    assert!(report.to_string().contains("holds text that is not UTF-8"), "{report}");
}

/// The bytes of a text in which `~` stands for one that no text has.
fn spoilt(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| if byte == b'~' { 0xff } else { byte }).collect()
}

#[test]
fn bytes_that_are_no_text_spoil_nothing_where_nobody_reads_them() {
    let order = |status: &str| {
        let order = json!({"id": "PR-1", "status": status, "created": "2024-03-04T09:00:00Z", "ours": "~"});
        order.to_string()
    };
    let page = format!("[{}]", order("pending"));
    let answers = [&page, &order("pending"), &order("approved"), "[]", "[]"];
    let (address, calls) = sequence(answers.map(|body| answer(200, "", spoilt(body))).to_vec());
    let config = Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap();
    let connect = Connect::new(impatient(config).update_method(UpdateMethod::Put)).unwrap();
    let approval = || Approval::template(TEMPLATE).with_params([ParamUpdate::value("tenant", "t-1")]);
    let report = connect.process_fulfillments(|_| Ok(approval())).unwrap();
    assert_eq!((report.approved(), report.handled()), (1, 1), "{report}");
    // Nothing was looked up again.
    let verbs: Vec<_> =
        calls.lock().unwrap().iter().map(|call| call.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(verbs, ["GET", "PUT", "POST", "GET", "GET"]);
}

#[test]
fn bytes_that_are_no_text_cost_the_orders_that_are_read_with_them() {
    let order = |number: u8, field: &str| {
        format!(
            r#"{{"id":"PR-{number}","status":"pending","created":"2024-03-04T09:00:0{number}Z",{field}}}"#
        )
    };
    let page = [order(1, r#""ours":"~""#), order(2, r#""note":"~""#), order(3, r#""note":"fine""#)].join(",");
    let page = answer(200, "", spoilt(&format!("[{page}]")));
    let (address, _) = sequence(vec![page.clone(), answer(200, "", "[]")]);
    let report = client_of(address).process_fulfillments(|_| Err(Action::skip())).unwrap();
    let told: Vec<_> = report.iter().map(|outcome| (outcome.id.as_str(), outcome.verdict)).collect();
    let expected = [("PR-1", Verdict::Skipped), ("PR-2", Verdict::Errored), ("PR-3", Verdict::Skipped)];
    assert_eq!(told, expected, "{report}");
    let (address, _) = sequence(vec![page, answer(200, "", "[]")]);
    let connect = client_of(address);
    let ids = connect.fulfillment().requests(&Query::new()).map(|order| match order {
        Ok(order) => order.id,
        Err(error) => error.to_string(),
    });
    let ids: Vec<_> = ids.collect();
    assert_eq!((ids.len(), ids[0].as_str(), ids[2].as_str()), (3, "PR-1", "PR-3"), "{ids:?}");
    assert!(ids[1].contains("holds text that is not UTF-8"), "{ids:?}");
}

#[test]
fn a_page_of_any_length_and_disorder_is_handled_whole() {
    const ORDERS: u32 = 60_000;
    let order = |number: u32| {
        let (hours, minutes, seconds) = (number / 3600, number / 60 % 60, number % 60);
        format!(
            r#"{{"id":"PR-{number}","status":"pending","created":"2024-03-04T{hours:02}:{minutes:02}:{seconds:02}Z"}}"#
        )
    };
    let newest_first: Vec<_> = (0..ORDERS).rev().map(order).collect();
    let page = format!("[{}]", newest_first.join(","));
    let first = Arc::new(AtomicBool::new(true));
    let address = serving(move |mut stream| {
        let body = if first.swap(false, Ordering::SeqCst) { page.as_str() } else { "[]" };
        let _ = stream.read(&mut [0; 4096]);
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
    });
    let config = Config::new(format!("http://{address}/public/v1"), "ApiKey SU-1:key").unwrap();
    let connect = Connect::new(config).unwrap();
    let report = connect.process_fulfillments(|_| Err(Action::skip())).unwrap();
    assert_eq!(report.skipped(), u64::from(ORDERS));
}

/// The list without compression, as gzip says it, with a wrong check sum.
fn badly_packed(list: &str) -> Vec<u8> {
    let length = u16::try_from(list.len()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(list.as_bytes());
    packed.extend([0; 8]);
    packed
}

#[test]
fn a_list_that_broke_off_or_whose_packing_is_damaged_is_read_again() {
    let list = r#"[{"id":"PRD-1"},{"id":"PRD-2"}]"#;
    let answer = |headers: &str, body: &[u8]| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Range: items 0-1/2\r\nConnection: close\r\n{headers}\r\n");
        [head.as_bytes(), body].concat()
    };
    let half = &list.as_bytes()[..20];
    let whole = answer("Content-Length: 31\r\n", list.as_bytes());
    let packed = badly_packed(list);
    let length = format!("Content-Length: {}\r\nContent-Encoding: gzip\r\n", packed.len());
    for (what, first) in [
        ("cut before its length", answer("Content-Length: 31\r\n", half)),
        ("cut within a chunk", answer("Transfer-Encoding: chunked\r\n", b"1f\r\n[{\"id\"")),
        ("cut between chunks", answer("Transfer-Encoding: chunked\r\n", b"2\r\n[]\r\n")),
        ("cut without a length", answer("", half)),
        ("packed with a wrong sum", answer(&length, &packed)),
        ("packed and cut", answer("Content-Encoding: gzip\r\n", &packed[..30])),
        ("said to be packed", answer("Content-Encoding: gzip\r\nContent-Length: 31\r\n", list.as_bytes())),
    ] {
        let (address, connections) = answering_in_turn([first, whole.clone()]);
        let connect = client_of(address);
        let products = connect.directory().products(&Query::new());
        let ids: Vec<_> = products.map(|product| product.unwrap().id).collect();
        assert_eq!(ids, ["PRD-1", "PRD-2"], "{what}");
        assert_eq!(connections.load(Ordering::SeqCst), 2, "{what}");
    }
}

#[test]
fn a_body_without_length_whose_connection_is_reset_is_not_whole() {
    // What is left unread when a socket is closed has it reset, after the client has read the whole body.
    let address = serving(|mut stream| {
        let mut byte = [0];
        let _ = stream.read(&mut byte);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":\"VA-000\"}");
        std::thread::sleep(Duration::from_millis(50));
    });
    let error = client_of(address).get::<serde_json::Value>("/accounts").unwrap_err();
    assert_eq!(error.to_string(), "GET /accounts: the answer broke off, after 3 attempts");
}

#[test]
fn a_call_is_one_send() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let address = serving(move |mut stream| {
        let mut bytes = [0; 4096];
        // What one send brings is read at once.
        while let Ok(read) = stream.read(&mut bytes) {
            if read == 0 {
                return;
            }
            seen.lock().unwrap().push(String::from_utf8_lossy(&bytes[..read]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        }
    });
    let connect = patient_client_of(address);
    for _ in 0..20 {
        connect.post::<serde_json::Value>("/accounts", &serde_json::json!({"name": "Olmedo"})).unwrap();
    }
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 20);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "POST /public/v1/accounts HTTP/1.1\r\naccept-encoding: gzip\r\ncontent-length: 17\r\n\
         user-agent: connect-sdk/{version}\r\naccept: application/json\r\nhost: {address}\r\n\
         authorization: ApiKey SU-1:key\r\ncontent-type: application/json\r\n\r\n{{\"name\":\"Olmedo\"}}"
    );
    assert!(heads.iter().all(|call| *call == expected), "{heads:?}");
}

#[test]
fn what_follows_an_answer_is_not_the_answer_to_the_next_call() {
    let stray = "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"id\":\"stray\"}";
    for stray in [stray.to_owned(), stray.repeat(2000)] {
        let address = serving(move |mut stream| {
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes);
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{{\"id\":\"own\"}}{stray}");
            let _ = stream.write_all(answer.as_bytes());
            std::thread::sleep(Duration::from_millis(200));
        });
        let connect = patient_client_of(address);
        for _ in 0..2 {
            let answer: serde_json::Value = connect.get("/accounts").unwrap();
            assert_eq!(answer["id"], "own");
        }
    }
}

#[test]
fn what_is_lost_after_a_connection_was_refused_may_have_arrived_all_the_same() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let connect = patient_client_of(address);
    let refused = transport(connect.get::<serde_json::Value>("/accounts").unwrap_err());
    assert!(refused.is_connect() && !refused.may_have_arrived(), "{refused:?}");
    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    let lost = connect.post::<serde_json::Value>("/accounts", &serde_json::json!({})).unwrap_err();
    assert!(lost.may_have_happened(), "{lost:?}");
    assert!(!transport(lost).is_connect());
}

#[test]
fn where_a_server_closes_after_each_answer_without_a_word_each_order_is_approved_once() {
    let sandbox = Sandbox::empty().unwrap();
    let ids: Vec<_> = (1..=5).map(|number| format!("PR-1000-{number:04}-0001-001")).collect();
    for id in &ids {
        sandbox.insert("requests", sample::request(id));
    }
    let struck = Struck { method: "", path_end: "", how: Break::AfterAnswer, times: usize::MAX };
    let (address, _) = relay(&sandbox, struck);
    let config = Config::new(format!("http://{address}/public/v1"), sandbox.api_key()).unwrap();
    let connect = Connect::new(impatient(config).update_method(UpdateMethod::Put).attempts(10)).unwrap();
    let approval = || Approval::template(TEMPLATE).with_params([ParamUpdate::value("purchase_id", "P-1")]);
    let moves = |id: &str| {
        let effects = sandbox.effects();
        effects.iter().filter(|effect| effect.id == id && effect.from != effect.to).count()
    };
    // A close may meet any call, also the look at what became of it: a run may end without an answer.
    for _ in 0..20 {
        let Ok(report) = connect.process_fulfillments(|_| Ok(approval())) else { continue };
        for outcome in report.iter().filter(|outcome| outcome.verdict == Verdict::Approved) {
            assert_eq!(moves(&outcome.id), 1, "{report}");
        }
        if ids.iter().all(|id| moves(id) == 1) {
            return;
        }
    }
    panic!("{:?} were not approved once each", ids.iter().map(|id| moves(id)).collect::<Vec<_>>());
}
