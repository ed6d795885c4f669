//! Statuses and bodies that are not the platform's: of gateways, proxies, and servers with habits of their own.

use std::io::Write as _;

use connect::rql::Query;
use connect::{Approval, Config, Connect, Error};
use serde_json::{Value, json};

use crate::support::{answer, case, impatient, sequence, told};

fn client(address: impl std::fmt::Display) -> Connect {
    let config = Config::new(format!("http://{address}/public/v1"), "ApiKey SU-1:key").unwrap();
    Connect::new(impatient(config).update_method(connect::UpdateMethod::Put)).unwrap()
}

/// What a call against a server of these answers comes to, and how many calls it took.
fn ask<T>(answers: Vec<Vec<u8>>, call: impl FnOnce(&Connect) -> T) -> (T, usize) {
    let (address, lines) = sequence(answers);
    let came = call(&client(address));
    let calls = lines.lock().unwrap().len();
    (came, calls)
}

fn get(connect: &Connect) -> connect::Result<Value> {
    connect.get("/accounts")
}

fn post(connect: &Connect) -> connect::Result<Value> {
    connect.post("/accounts", &json!({}))
}

fn update(connect: &Connect) -> connect::Result<Value> {
    connect.update("/accounts", &json!({}))
}

fn list(connect: &Connect) -> connect::Result<Vec<Value>> {
    connect.list("/accounts", &Query::new()).collect()
}

#[test]
fn what_passes_is_asked_again() {
    let text = case("F07-gateway-statuses")["server"]["first GET"].as_str().unwrap().to_owned();
    let mut statuses: Vec<u16> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    assert_eq!(statuses, [408, 425, 520, 521, 522, 523, 524, 529, 530]);
    statuses.extend([429, 500, 502, 503, 504]);
    for status in statuses {
        let answers = || vec![answer(status, "", ""), answer(200, "", r#"{"a":1}"#)];
        assert_eq!(ask(answers(), |connect| get(connect).unwrap()), (json!({"a": 1}), 2), "{status}");
        assert_eq!(ask(answers(), |connect| update(connect).unwrap()), (json!({"a": 1}), 2), "{status}");
        let page = vec![answer(status, "", ""), answer(200, "", "[]")];
        let (report, _) =
            ask(page, |connect| connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))));
        assert_eq!(report.unwrap().errored(), 0, "{status}");
        if status != 429 {
            let (error, calls) = ask(answers(), |connect| post(connect).unwrap_err());
            assert_eq!((calls, error.may_have_happened()), (1, status != 425), "{status}");
        }
    }
}

#[test]
fn what_lasts_is_asked_once() {
    for status in
        [400, 401, 402, 403, 404, 406, 409, 410, 418, 421, 501, 505, 511, 519, 525, 526, 527, 528, 531, 599]
    {
        let answers = vec![answer(status, "", ""), answer(200, "", "{}")];
        let (error, calls) = ask(answers, |connect| get(connect).unwrap_err());
        assert_eq!((error.status(), calls), (Some(status), 1));
    }
}

#[test]
fn a_head_that_breaks_the_rules_is_asked_for_once() {
    let server = &case("F22-lasting-failures-repeated")["server"];
    assert_eq!(server["or"], "a response with 130 headers");
    let many = |count: usize| "X-More: x\r\n".repeat(count);
    for headers in [
        many(130),
        many(1000),
        "Content-Length: 7\r\n".to_owned(),
        "Content-Length: many\r\n".to_owned(),
        format!("X-Long: {}\r\n", "x".repeat(200 << 10)),
    ] {
        let answers = vec![answer(200, &headers, "{}"), answer(200, "", "{}")];
        let (error, calls) = ask(answers, |connect| get(connect).unwrap_err());
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
        assert_eq!(calls, 1, "{}", told(&error));
    }
    let (_, calls) =
        ask(vec![b"garbage\r\n\r\n".to_vec(), answer(200, "", "{}")], |connect| get(connect).unwrap());
    assert_eq!(calls, 2, "what is no head may be the rest of another answer");
}

#[test]
fn an_answer_without_content_is_empty_whatever_its_labels_say() {
    assert!(case("F08-empty-body-labelled-gzip")["server"]["answer"].as_str().unwrap().contains("gzip"));
    let chunked = "Transfer-Encoding: chunked\r\n";
    for empty in [
        answer(200, "Content-Encoding: gzip\r\n", ""),
        answer(201, "Content-Encoding: gzip\r\n", ""),
        answer(202, "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", ""),
        b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n".to_vec(),
        answer(200, &format!("{chunked}Content-Encoding: gzip\r\n"), "0\r\n\r\n"),
        answer(200, chunked, "0\r\n\r\n"),
        answer(200, "Content-Encoding: br\r\n", ""),
        answer(200, "Content-Type: text/html\r\n", " \r\n"),
        answer(200, "", "\u{feff}"),
    ] {
        let text = String::from_utf8_lossy(&empty).into_owned();
        for call in [get, post, update] {
            assert_eq!(
                ask(vec![empty.clone()], |connect| call(connect).unwrap()),
                (Value::Null, 1),
                "{text}"
            );
        }
        assert_eq!(ask(vec![empty.clone()], |connect| list(connect).unwrap().len()), (0, 1), "{text}");
        ask(vec![empty.clone()], |connect| connect.fulfillment().pend("PR-1").unwrap());
        ask(vec![empty], |connect| connect.delete("/accounts/VA-1").unwrap());
    }
}

#[test]
fn an_answer_that_breaks_off_is_not_empty() {
    for cut in [
        &b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (error, _) = ask(vec![cut.to_vec()], |connect| post(connect).unwrap_err());
        assert!(matches!(error, Error::Transport(_)) && error.may_have_happened(), "{error:?}");
    }
}

#[test]
fn a_byte_order_mark_is_read_past() {
    assert!(case("F18-bom")["server"]["answer"].as_str().unwrap().starts_with("EF BB BF"));
    let marked = |body: &str| vec![answer(200, "", format!("\u{feff}{body}"))];
    assert_eq!(ask(marked(r#"{"a":1}"#), |connect| get(connect).unwrap()), (json!({"a": 1}), 1));
    assert_eq!(ask(marked(r#" {"a":1}"#), |connect| post(connect).unwrap()), (json!({"a": 1}), 1));
    let page = vec![answer(200, "Content-Range: items 0-0/1\r\n", "\u{feff}[{\"id\":\"A\"}]")];
    assert_eq!(ask(page, |connect| list(connect).unwrap()), (vec![json!({"id": "A"})], 1));
    let (text, _) = ask(marked("# Title"), |connect| connect.text("/requests/PR-1/render").unwrap());
    assert_eq!(text, "# Title");
    let (pages, _) =
        ask(marked("[]"), |connect| connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))));
    assert_eq!(pages.unwrap().errored(), 0);
    let refusal = vec![answer(400, "", "\u{feff}{\"error_code\":\"SYS_001\",\"errors\":[\"No.\"]}")];
    let (error, _) = ask(refusal, |connect| get(connect).unwrap_err());
    assert!(error.to_string().ends_with("SYS_001, No"), "{error}");
}

#[test]
fn a_page_for_people_is_named_as_one() {
    let sign_in = case("F25-html-200")["server"]["200"].as_str().unwrap().to_owned();
    for page in [
        sign_in.as_str(),
        "<!DOCTYPE html>\n<html lang=\"en\"><body>Maintenance</body></html>",
        "\u{feff}\r\n  <HTML><HEAD><TITLE>504</TITLE></HEAD></HTML>",
        "<!-- proxy --><html></html>",
        "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html></html>",
        "<head><meta http-equiv=refresh content=0></head>",
    ] {
        let html = || vec![answer(200, "Content-Type: text/html\r\n", page)];
        let (error, calls) = ask(html(), |connect| {
            connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap_err()
        });
        let text = error.to_string();
        assert!(
            text.ends_with(": the answer is an HTML page, probably of a gateway in front of the platform"),
            "{text}"
        );
        assert_eq!(calls, 3);
        for call in [get, post, update] {
            let (error, _) = ask(html(), |connect| call(connect).unwrap_err());
            assert!(error.to_string().contains("an HTML page"), "{error}");
            assert!(matches!(error, Error::Decode(_)) && error.may_have_happened());
        }
        let (error, _) = ask(html(), |connect| connect.check().unwrap_err());
        assert!(
            error.to_string().contains("check apiEndpoint") && error.to_string().contains("an HTML page"),
            "{error}"
        );
        let (text, _) = ask(html(), |connect| connect.text("/requests/PR-1/render").unwrap());
        assert!(text.contains('<'), "a template may be a page");
    }
}

#[test]
fn a_packed_answer_is_read_whatever_its_label_looks_like() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(br#"{"id":"VA-1"}"#).unwrap();
    let packed = packed.finish().unwrap();
    for label in ["gzip", "x-gzip", "GZIP", "  gzip \t"] {
        let answer = answer(200, &format!("Content-Encoding: {label}\r\n"), &packed);
        assert_eq!(
            ask(vec![answer], |connect| get(connect).unwrap()),
            (json!({"id": "VA-1"}), 1),
            "{label:?}"
        );
    }
}
