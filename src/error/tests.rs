use std::error::Error as _;

use super::*;

fn api(status: u16, body: &str) -> ApiError {
    ApiError::new("POST", "/requests/PR-1/approve", status, body.as_bytes())
}

#[test]
fn the_platforms_error_body_is_read_and_its_reasons_are_told() {
    let error =
        api(400, r#"{"error_code":"SYS_001","errors":["asset.items: none.","second"],"params":{"limit":1}}"#);
    assert_eq!(error.error_code.as_deref(), Some("SYS_001"));
    assert_eq!(error.errors, ["asset.items: none.", "second"]);
    assert_eq!(error.params, Some(serde_json::json!({"limit": 1})));
    assert_eq!(
        error.to_string(),
        "POST /requests/PR-1/approve was answered with 400 Bad Request: SYS_001, asset.items: none; second"
    );
}

#[test]
fn a_body_of_any_other_kind_never_hides_the_status() {
    let table = [
        ("", "502 Bad Gateway"),
        (
            "<!DOCTYPE html><html><body>nginx</body></html>",
            "502 Bad Gateway: an HTML page, probably of a gateway in front of the platform",
        ),
        ("upstream\n  gone", "502 Bad Gateway: upstream gone"),
        (r#"["Not found"]"#, r#"502 Bad Gateway: ["Not found"]"#),
        (r#"{"detail":"no"}"#, r#"502 Bad Gateway: {"detail":"no"}"#),
        (r#"{"error_code":null,"errors":null,"params":null}"#, "502 Bad Gateway"),
        (r#"{"error_code":"E","errors":"one"}"#, "502 Bad Gateway: E, one"),
        (r#"{"errors":[{"field":"x"},null,7]}"#, r#"502 Bad Gateway: {"field":"x"}; 7"#),
    ];
    for (body, text) in table {
        assert_eq!(
            api(502, body).to_string(),
            format!("POST /requests/PR-1/approve was answered with {text}"),
            "{body}"
        );
    }
}

#[test]
fn a_huge_body_is_cut() {
    let error = api(500, &"é ".repeat(100_000));
    assert!(error.errors[0].len() < 1100, "{}", error.errors[0].len());
    assert!(error.errors[0].ends_with('…'));
}

#[test]
fn what_just_fits_is_kept_whole_and_what_follows_it_is_said_to_be_missing() {
    let full = "x".repeat(1024);
    assert_eq!(api(400, &format!(r#"{{"errors":["{full}"]}}"#)).errors, [full.as_str()]);
    assert_eq!(api(500, &full).errors, [full.as_str()]);
    assert_eq!(api(500, &format!("{full} y")).errors, [format!("{full}…")]);
    // Blanks take no room of what is shown.
    assert_eq!(api(500, &format!("x{}y", " ".repeat(2000))).errors, ["x y"]);
}

#[test]
fn a_verb_that_is_refused_says_to_check_update_method_where_that_chooses_the_verb() {
    let refused = |method| ApiError::new(method, "/requests/PR-1", 405, b"").to_string();
    assert!(refused("PATCH").ends_with("405 Method Not Allowed; check updateMethod"));
    assert!(refused("POST").ends_with("405 Method Not Allowed"));
}

#[test]
fn a_redirect_says_to_check_the_endpoint() {
    let mut error = api(301, "");
    error.location = Some("https://elsewhere.example/".into());
    assert!(
        error
            .to_string()
            .ends_with("301 Moved Permanently to https://elsewhere.example/: check the endpoint's address"),
        "{error}"
    );
}

#[test]
fn a_refused_key_says_what_to_check() {
    assert!(api(401, "").to_string().ends_with("401 Unauthorized; check the API key"));
    let error = Error::Api(Box::new(api(401, "")));
    assert!(error.is_auth() && error.is_platform_failure() && !error.may_have_happened());
    let refused = Error::Api(Box::new(api(400, "")));
    assert!(!refused.is_platform_failure() && !refused.is_auth());
}

#[test]
fn an_answer_that_a_server_failed_to_give_or_to_say_leaves_open_what_happened() {
    let answered = |status| Error::Api(Box::new(api(status, "")));
    assert!(answered(500).may_have_happened() && !answered(499).may_have_happened());
    let cause = serde_json::from_str::<u8>("").unwrap_err();
    assert!(Error::Decode(Box::new(DecodeError::new("u8", "POST", "/x", &cause))).may_have_happened());
}

#[test]
fn a_failure_of_the_platform_that_a_closure_met_counts_as_one() {
    let met = |status| Error::Handler(anyhow::Error::new(Error::Api(Box::new(api(status, "")))));
    assert!(met(503).is_platform_failure() && !met(404).is_platform_failure());
    assert!(!Error::Handler(anyhow::anyhow!("ERP is down")).is_platform_failure());
}

#[test]
fn a_decode_error_tells_the_place_and_never_the_value() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct Typed {
        number: u8,
    }
    for body in [r#"{"number": "hunter\"2"}"#, r#"{"number": "hunter`2"}"#] {
        let cause = serde_json::from_str::<Typed>(body).unwrap_err();
        assert!(cause.to_string().contains("hunter"), "serde quotes the value: {cause}");
        let error = DecodeError::new(std::any::type_name::<Vec<Typed>>(), "GET", "/requests", &cause).at(3);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter"), "{text}");
        assert!(text.contains("element 3 of the list") && text.contains("line 1 column"), "{text}");
    }
}

#[test]
fn a_decode_error_names_the_type_and_not_where_it_lives() {
    let cause = serde_json::from_str::<u8>("x").unwrap_err();
    for (expected, told) in [
        ("u8", "u8"),
        ("connect::models::request::Request", "Request"),
        ("core::option::Option<connect::models::request::Request>", "Request"),
        ("core::option::Option<alloc::vec::Vec<connect::models::request::Request>>", "list"),
        ("alloc::vec::Vec<connect::models::request::Request>", "list"),
        ("connect::http::answer::Object<connect::process::snapshot::Snapshot>", "Object"),
    ] {
        let text = DecodeError::new(expected, "GET", "/requests", &cause).to_string();
        assert!(text.contains(&format!("the answer is no {told}: ")), "{text}");
    }
}

#[test]
fn a_decode_error_tells_nothing_of_a_value_whose_end_it_cannot_find() {
    let cause = <serde_json::Error as serde::de::Error>::custom("no \"hunter2");
    let text = DecodeError::new("u8", "GET", "/requests", &cause).to_string();
    assert_eq!(text, "GET /requests: the answer is no u8: no …");
}

#[test]
fn no_text_of_an_error_is_repeated_by_its_causes() {
    let io = || ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "refused"));
    let errors = [
        Error::Transport(Box::new(TransportError::new("GET", "/requests", true, io()))),
        Error::Api(Box::new(api(400, r#"{"error_code":"E","errors":["one"]}"#))),
        Error::Handler(anyhow::anyhow!("inner").context("outer")),
        Error::input("an id is empty"),
        Error::Transport(Box::new(TransportError::dry_run("POST", "/requests"))),
        Error::Conflict(Box::new(Conflict {
            id: "PR-1".into(),
            wanted: "approved".into(),
            found: "failed".into(),
            difference: None,
        })),
        Error::unexpected("GET", "/requests", "it has no id"),
    ];
    for error in errors {
        let mut texts = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        for (at, text) in texts.iter().enumerate() {
            assert!(!text.is_empty() && !text.contains('\n') && !text.ends_with('.'), "{text:?}");
            assert!(
                texts.iter().enumerate().all(|(other, longer)| other == at || !longer.contains(text)),
                "{texts:?}"
            );
        }
    }
}

#[test]
fn what_was_never_sent_is_told_from_what_may_have_arrived() {
    use std::io::{Error as Io, ErrorKind as Kind};
    let refused = || ureq::Error::Io(Io::from(Kind::HostUnreachable));
    let error = |unreached, cause| TransportError::new("POST", "/x", unreached, cause);
    // The same error of the system may come from connecting and from waiting.
    let (before, after) = (error(true, refused()), error(false, refused()));
    assert!(before.is_connect() && !before.may_have_arrived() && before.is_passing(), "{before:?}");
    assert!(!after.is_connect() && after.may_have_arrived() && after.is_passing(), "{after:?}");
    let bad = ureq::http::Request::builder().header("x", "\n").body(()).unwrap_err();
    for cause in [
        ureq::Error::BadUri("x".into()),
        ureq::Error::Http(bad),
        ureq::Error::InvalidProxyUrl,
        ureq::Error::TlsRequired,
    ] {
        assert!(error(false, cause).is_connect());
    }
    assert!(error(false, ureq::Error::Timeout(ureq::Timeout::Global)).is_timeout());
    assert!(!error(true, ureq::Error::HostNotFound).is_timeout());
    assert!(!before.is_dry_run() && TransportError::dry_run("POST", "/x").is_dry_run());
    let late = TransportError::deadline("POST", "/x");
    assert!(late.is_timeout() && !late.may_have_arrived() && !late.is_passing(), "{late:?}");
    assert_eq!(
        format!("{:?}", after.after(3)),
        "TransportError { method: \"POST\", path: \"/x\", phase: Waiting, attempts: 3, cause: Some(\"io: host unreachable\"), note: None }"
    );
}

#[test]
fn a_proxy_that_refuses_for_now_is_asked_again() {
    let refused = |status: u16| {
        let cause = ureq::Error::ConnectProxyFailed(format!("proxy server responded {status}/X"));
        TransportError::new("GET", "/x", true, cause).is_passing()
    };
    for status in [408, 425, 429, 500, 502, 503, 504] {
        assert!(refused(status), "{status}");
    }
    for status in [400, 401, 403, 404, 407] {
        assert!(!refused(status), "{status}");
    }
}
