//! The template of a product: a link that the platform tells, and a file from another server.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Connect, Error};
use serde_json::json;

use crate::support::{calls, client};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("products", sample::product(sample::PRODUCT));
    sandbox
}

fn is_template(bytes: Vec<u8>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert!(book.worksheet_range("records").is_ok());
}

#[test]
fn a_template_is_downloaded_without_credentials() {
    let sandbox = sandbox();
    is_template(client(&sandbox).usage().template(sample::PRODUCT).unwrap());
    let path = format!("/usage/products/{}/template", sample::PRODUCT);
    assert_eq!(calls(&sandbox), json!([["GET", path]]));
    let foreign = sandbox.storage_calls();
    assert_eq!(foreign.len(), 1);
    assert_eq!((foreign[0].authorization, foreign[0].status), (false, 200));
    assert_eq!(foreign[0].method, "GET");
    let header = |name: &str| {
        let mut headers = foreign[0].headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    assert_eq!((header("accept"), header("accept-encoding")), (Some("*/*"), Some("gzip")));
    assert!(header("user-agent").is_some_and(|agent| agent.starts_with("connect-sdk/")));
}

#[test]
fn the_download_follows_redirects_without_credentials() {
    let sandbox = Sandbox::builder().empty().template_redirects(3).start().unwrap();
    sandbox.insert("products", sample::product(sample::PRODUCT));
    is_template(client(&sandbox).usage().template(sample::PRODUCT).unwrap());
    let foreign = sandbox.storage_calls();
    assert_eq!(foreign.iter().map(|call| call.status).collect::<Vec<_>>(), [302, 302, 302, 200]);
    assert!(foreign.iter().all(|call| !call.authorization));
}

#[test]
fn a_circle_of_redirects_ends() {
    let sandbox = Sandbox::builder().empty().template_redirects(1000).start().unwrap();
    sandbox.insert("products", sample::product(sample::PRODUCT));
    let error = client(&sandbox).usage().template(sample::PRODUCT).unwrap_err();
    assert!(error.to_string().ends_with("redirects in a circle"), "{error}");
    assert!(!error.to_string().contains("sig="), "{error}");
    assert!(sandbox.storage_calls().len() < 10);
}

#[test]
fn a_download_is_bounded() {
    let sandbox = sandbox();
    let config = sandbox.config().unwrap().body_limit(100);
    let error = Connect::new(config).unwrap().usage().template(sample::PRODUCT).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(error.to_string().contains(&sandbox.storage_url()), "{error}");
}

#[test]
fn a_failed_download_says_what_failed_and_keeps_the_signature() {
    let sandbox = sandbox();
    let link = format!("{}/elsewhere/x.xlsx?sig=7f3a9c", sandbox.storage_url());
    sandbox.fault(
        Fault::on("GET", "/usage/products/**").status(200).body(&json!({"template_link": link}).to_string()),
    );
    let error = client(&sandbox).usage().template(sample::PRODUCT).unwrap_err();
    assert_eq!(error.status(), Some(404));
    let said = format!("GET {}/elsewhere/x.xlsx was answered with 404 Not Found", sandbox.storage_url());
    assert!(error.to_string().starts_with(&said), "{error}");
    assert!(!format!("{error} {error:?}").contains("7f3a9c"));
}

#[test]
fn a_product_without_a_template_says_so() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let error = connect.usage().template("PRD-0").unwrap_err();
    assert!(error.is_not_found(), "{error}");
    for body in [json!({"template_link": null}), json!({"template_link": ""}), json!({})] {
        sandbox.fault(Fault::on("GET", "/usage/products/**").status(200).body(&body.to_string()));
        let error = connect.usage().template(sample::PRODUCT).unwrap_err();
        assert!(error.to_string().ends_with("the platform gave no link to a template"), "{error}");
    }
    assert_eq!(sandbox.storage_calls(), []);
}

#[test]
fn a_link_that_is_not_safe_is_not_followed() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    for link in ["http://storage.example/x.xlsx?sig=s3cret", "file:///etc/passwd", "x.xlsx"] {
        sandbox.fault(
            Fault::on("GET", "/usage/products/**")
                .status(200)
                .body(&json!({"template_link": link}).to_string()),
        );
        let error = connect.usage().template(sample::PRODUCT).unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error}");
        assert!(error.to_string().contains("nothing was fetched from it"), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
