//! The job of the loop by hand, with the same HTTP library and the same timeouts.

use std::io::Read as _;
use std::time::Duration;

use connect::models::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};

use super::{AUTHORIZATION, PAGE};

/// What becomes of the answers to updates and approvals.
#[derive(Clone, Copy, PartialEq)]
pub enum Answers {
    /// Each is decoded, and tells the order and its state.
    Read,
    /// Their status is all that counts, so a page of a gateway passes for an approval.
    Unread,
}

/// An order as far as this job needs it.
pub trait Order: DeserializeOwned {
    fn id(&self) -> &str;
    fn status(&self) -> &str;
}

impl Order for Request {
    fn id(&self) -> &str {
        &self.id
    }

    fn status(&self) -> &str {
        self.status.as_str()
    }
}

#[derive(Deserialize)]
pub struct Minimal {
    id: String,
    status: String,
}

impl Order for Minimal {
    fn id(&self) -> &str {
        &self.id
    }

    fn status(&self) -> &str {
        &self.status
    }
}

/// The same calls as the loop makes.
pub fn by_hand<T: Order>(url: &str, agent: &ureq::Agent, answers: Answers) {
    let get = |path: String| {
        let mut answer =
            agent.get(format!("{url}{path}")).header("Authorization", AUTHORIZATION).call().unwrap();
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let mut offset = 0;
    loop {
        let list = format!("/requests?eq(status,pending)&ordering(created)&limit={PAGE}&offset={offset}");
        let requests: Vec<T> = serde_json::from_slice(&get(list)).unwrap();
        if requests.is_empty() {
            return;
        }
        offset += requests.len();
        let ids = requests.iter().map(Order::id).collect::<Vec<_>>().join(",");
        let talks = get(format!("/conversations?in(instance_id,({ids}))&limit=1000&offset=0"));
        assert!(serde_json::from_slice::<Vec<serde_json::Value>>(&talks).unwrap().is_empty());
        for request in &requests {
            let id = request.id();
            let update = serde_json::to_vec(
                &serde_json::json!({"asset": {"params": [{"id": "tenant", "value": id}]}}),
            )
            .unwrap();
            let answer = send(agent.put(format!("{url}/requests/{id}")), &update);
            check::<T>(&answer, answers, id, "pending");
            let approve = serde_json::to_vec(&serde_json::json!({"template_id": "TL-1"})).unwrap();
            let answer = send(agent.post(format!("{url}/requests/{id}/approve")), &approve);
            check::<T>(&answer, answers, id, "approved");
        }
    }
}

fn check<T: Order>(answer: &[u8], answers: Answers, id: &str, status: &str) {
    if answers == Answers::Read {
        let order: T = serde_json::from_slice(answer).unwrap();
        assert_eq!((order.id(), order.status()), (id, status));
    }
}

fn send(request: ureq::RequestBuilder<ureq::typestate::WithBody>, body: &[u8]) -> Vec<u8> {
    let request = request.header("Authorization", AUTHORIZATION).header("Content-Type", "application/json");
    let mut answer = request.send(body).unwrap();
    let mut bytes = Vec::new();
    answer.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
    bytes
}

/// ureq with our timeouts, and with a resolver that starts no thread, which is what tuning by hand finds.
pub fn agent(ca: Option<&str>) -> ureq::Agent {
    let mut config = config();
    if let Some(ca) = ca {
        let certificate = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
        let roots = RootCerts::from([certificate]);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    ureq::Agent::with_parts(
        config.build(),
        ureq::unversioned::transport::DefaultConnector::default(),
        Literal,
    )
}

/// ureq with our timeouts, as it comes.
pub fn untuned() -> ureq::Agent {
    ureq::Agent::new_with_config(config().build())
}

fn config() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(300)))
        .timeout_connect(Some(Duration::from_secs(15)))
        .proxy(None)
}

#[derive(Debug)]
struct Literal;

impl Resolver for Literal {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: ureq::unversioned::transport::NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(uri.authority().unwrap().as_str().parse().unwrap());
        Ok(found)
    }
}
