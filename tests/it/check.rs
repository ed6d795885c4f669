//! `connect.check()` tells apart what a person would mend differently.

use std::net::TcpListener;

use connect::sandbox::{Fault, Sandbox};
use connect::{CheckError, Config, Connect};
use serde_json::json;

use crate::support::calls;

fn problem(sandbox: &Sandbox, config: Config) -> CheckError {
    let connect = Connect::new(config.attempts(1)).unwrap();
    let problem = connect.check().unwrap_err();
    let text = problem.to_string();
    let secret = sandbox.api_key().split(':').next_back().unwrap();
    assert!(!text.contains(secret), "{text}");
    problem
}

#[test]
fn a_good_configuration_costs_one_call() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.connect().unwrap().check().unwrap();
    assert_eq!(
        calls(&sandbox),
        json!([["GET", "/products?in(id,(PRD-260-714-083,PRD-904-115-627))&limit=100&offset=0"]])
    );
}

#[test]
fn without_products_any_product_will_do() {
    let sandbox = Sandbox::start().unwrap();
    let connect = Connect::new(Config::new(sandbox.url(), sandbox.api_key()).unwrap()).unwrap();
    connect.check().unwrap();
    assert_eq!(calls(&sandbox), json!([["GET", "/products?limit=1&offset=0"]]));
}

#[test]
fn nobody_listening_is_unreachable() {
    let sandbox = Sandbox::start().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = Config::new(format!("http://127.0.0.1:{port}/public/v1"), sandbox.api_key()).unwrap();
    let problem = problem(&sandbox, config);
    assert!(matches!(problem, CheckError::Unreachable(_)), "{problem:?}");
    assert!(problem.to_string().contains("check the network and the host in apiEndpoint"), "{problem}");
    // It is printed without its chain, so what is behind it is part of the text.
    assert!(problem.to_string().contains("no connection to the platform: Connection refused"), "{problem}");
    assert!(std::error::Error::source(&problem).is_none(), "a chain would say it twice");
}

#[test]
fn another_path_is_the_wrong_endpoint() {
    let sandbox = Sandbox::start().unwrap();
    let url = sandbox.url().replace("/public/v1", "/api");
    let problem = problem(&sandbox, Config::new(url, sandbox.api_key()).unwrap());
    assert!(matches!(problem, CheckError::WrongEndpoint(_)), "{problem:?}");
    assert!(problem.to_string().contains("check apiEndpoint, which ends in /public/v1"), "{problem}");
}

#[test]
fn a_web_page_or_a_redirect_is_the_wrong_endpoint() {
    let faults = [
        Fault::on("GET", "/products").status(200).body("<html><body>Welcome</body></html>"),
        Fault::on("GET", "/products").redirect("https://login.example.com/"),
        Fault::on("GET", "/products").status(200).body("{\"message\": \"hello\"}"),
    ];
    for fault in faults {
        let sandbox = Sandbox::start().unwrap();
        sandbox.fault(fault);
        let problem = problem(&sandbox, sandbox.config().unwrap());
        assert!(matches!(problem, CheckError::WrongEndpoint(_)), "{problem:?}");
    }
}

#[test]
fn a_refused_key_is_the_wrong_key() {
    let sandbox = Sandbox::start().unwrap();
    let config = Config::new(sandbox.url(), "SU-000-000-000:0123456789abcdef0123").unwrap();
    let refused = problem(&sandbox, config);
    assert!(matches!(refused, CheckError::WrongKey(_)), "{refused:?}");
    assert!(refused.to_string().contains("check apiKey"), "{refused}");
    sandbox.fault(Fault::on("GET", "/products").status(403));
    let forbidden = problem(&sandbox, sandbox.config().unwrap());
    assert!(matches!(forbidden, CheckError::WrongKey(_)), "{forbidden:?}");
}

#[test]
fn products_that_the_key_does_not_see_are_named() {
    let sandbox = Sandbox::start().unwrap();
    let config =
        sandbox.config().unwrap().products(["PRD-260-714-083", "PRD-000-000-001", "PRD-000-000-002"]);
    let problem = problem(&sandbox, config);
    assert!(matches!(&problem, CheckError::ProductsNotVisible(ids) if ids.len() == 2), "{problem:?}");
    assert_eq!(
        problem.to_string(),
        "the key does not see PRD-000-000-001, PRD-000-000-002; check products, and the key's account"
    );
}

#[test]
fn a_platform_that_is_down_is_neither() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.fault(Fault::on("GET", "/products").status(503));
    let problem = problem(&sandbox, sandbox.config().unwrap());
    assert!(matches!(problem, CheckError::Other(_)), "{problem:?}");
    assert!(problem.to_string().contains("503"), "{problem}");
}
