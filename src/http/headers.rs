//! The headers of calls to the platform, made once and copied for each.

use ureq::http::{HeaderMap, HeaderValue, header};

use crate::address::Address;
use crate::config::Config;
use crate::error::{Error, Result};

pub(super) struct Headers {
    bare: HeaderMap,
    with_body: HeaderMap,
}

impl Headers {
    pub(super) fn new(config: &Config, base: &Address) -> Result<Self> {
        let value = |text: &str, what: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| Error::input(format!("{what} holds characters that no header can carry")))
        };
        let mut key = value(config.api_key().header(), "the API key")?;
        key.set_sensitive(true);
        let encoding = (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let length = (header::CONTENT_LENGTH, HeaderValue::from(0));
        let rest = [
            (header::USER_AGENT, value(&config.user_agent, "the user agent")?),
            (header::ACCEPT, HeaderValue::from_static("application/json")),
            (header::HOST, value(&base.host_and_port(), "the endpoint's host")?),
            (header::AUTHORIZATION, key),
        ];
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self {
            bare: [encoding.clone()].into_iter().chain(rest.clone()).collect(),
            with_body: [encoding, length].into_iter().chain(rest).chain([content_type]).collect(),
        })
    }

    /// Of a call without a body.
    pub(super) fn bare(&self) -> HeaderMap {
        self.bare.clone()
    }

    /// Of a call with a body of JSON.
    pub(super) fn json(&self, length: u64) -> HeaderMap {
        let mut headers = self.with_body.clone();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        headers
    }

    /// Of a call with a body of this type.
    pub(super) fn typed(&self, content_type: HeaderValue, length: u64) -> HeaderMap {
        let mut headers = self.json(length);
        headers.insert(header::CONTENT_TYPE, content_type);
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_shown_where_headers_are_printed() {
        let config = Config::new("https://api.example.com/public/v1", "SU-1:hunter2").unwrap();
        let headers = Headers::new(&config, config.address()).unwrap();
        for headers in [headers.bare(), headers.json(2)] {
            let printed = format!("{headers:?}");
            assert!(printed.contains("authorization") && !printed.contains("hunter2"), "{printed}");
        }
    }
}
