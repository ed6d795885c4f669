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
    assert!(error.is_auth() && error.looks_like_the_platform() && !error.may_have_happened());
    assert!(!Error::Api(Box::new(api(400, ""))).looks_like_the_platform());
    assert!(Error::Api(Box::new(api(500, ""))).may_have_happened());
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
fn no_text_of_an_error_is_repeated_by_its_causes() {
    let io = || ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "refused"));
    let errors = [
        Error::Transport(Box::new(TransportError::new("GET", "/requests", true, io()))),
        Error::Api(Box::new(api(400, r#"{"error_code":"E","errors":["one"]}"#))),
        Error::Handler(anyhow::anyhow!("inner").context("outer")),
        Error::Input("an id is empty".into()),
        Error::DryRun("POST /requests".into()),
        Error::Conflict(Box::new(Conflict {
            id: "PR-1".into(),
            wanted: "approved".into(),
            found: "failed".into(),
            difference: None,
        })),
        Error::Interrupted(Box::new(Interrupted {
            report: Report::default(),
            cause: Error::Input("x-cause".into()),
        })),
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
    assert!(error(false, ureq::Error::BadUri("x".into())).is_connect());
    assert!(error(false, ureq::Error::Timeout(ureq::Timeout::Global)).is_timeout());
    assert!(!error(true, ureq::Error::HostNotFound).is_timeout());
}
