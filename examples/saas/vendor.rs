//! A client of the vendor's own system.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A tenant of the vendor's system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tenant {
    pub(crate) id: String,
}

/// A licence of a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Licence {
    pub(crate) id: String,
}

/// The vendor will never make it, and has made nothing.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The vendor refuses this order")
    }
}

impl std::error::Error for Refused {}

/// The vendor's system at a URL.
pub(crate) struct Vendor {
    agent: ureq::Agent,
    url: String,
}

impl Vendor {
    pub(crate) fn new(url: &str, timeout: Duration) -> Self {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(timeout)).http_status_as_error(false).build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn make_tenant(&self, key: &str, order: &str, email: Option<&str>) -> anyhow::Result<Tenant> {
        self.make("tenants", key, &json!({"order": order, "email": email}))
    }

    pub(crate) fn make_licence(
        &self,
        key: &str,
        order: &str,
        tenant: &str,
        items: usize,
    ) -> anyhow::Result<Licence> {
        self.make(&format!("tenants/{tenant}/licences"), key, &json!({"order": order, "items": items}))
    }

    fn make<T: DeserializeOwned>(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<T> {
        let mut answer = self
            .agent
            .post(format!("{}/{path}", self.url))
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .send(body.to_string())
            .with_context(|| format!("POST {path}"))?;
        let status = answer.status();
        let body = answer.body_mut().read_to_string().with_context(|| format!("POST {path}"))?;
        if status.is_success() {
            return serde_json::from_str(&body).with_context(|| format!("POST {path} was answered {status}"));
        }
        let is_permanent = serde_json::from_str::<Value>(&body).is_ok_and(|body| body["permanent"] == true);
        if status.as_u16() == 409 && is_permanent {
            return Err(Refused.into());
        }
        bail!("POST {path} was answered {status}")
    }

    /// Deletes what may be gone already.
    pub(crate) fn delete(&self, kind: &str, id: &str, key: &str) -> anyhow::Result<()> {
        let answer = self
            .agent
            .delete(format!("{}/{kind}/{id}", self.url))
            .header("Idempotency-Key", key)
            .call()
            .with_context(|| format!("DELETE {kind}"))?;
        match answer.status() {
            status if status.is_success() || status.as_u16() == 404 => Ok(()),
            status => bail!("DELETE {kind} was answered {status}"),
        }
    }
}
