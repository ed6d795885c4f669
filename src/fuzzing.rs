//! What the fuzz targets reach of the inside: each takes what comes from outside and asserts what must hold of it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "built for the fuzz targets only"
)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::address::Address;
use crate::error::{ApiError, Error};
use crate::http::inner::{http_date, retry_after};
use crate::http::{ContentRange, Reveal, masked, segment};
use crate::models::{self, Quantity, timestamp};
use crate::{config, process, usage};

pub fn page(body: &[u8]) {
    if let Ok((elements, broken)) = process::read_page::<models::Request>(body) {
        let text = String::from_utf8_lossy(body);
        if let Ok(list) = serde_json::from_str::<Vec<serde_json::Value>>(&text) {
            assert_eq!(list.len(), elements + broken);
        }
    }
}

pub fn look_up(body: &[u8]) {
    let _ = process::check_look_up(body);
}

pub fn models(body: &[u8]) {
    fn again<T: Serialize + DeserializeOwned + std::fmt::Debug>(body: &[u8]) {
        let Ok(read) = serde_json::from_slice::<T>(body) else { return };
        let write = |value: &T| serde_json::to_vec(value).expect("what was read can be written");
        let back =
            |written: &[u8]| serde_json::from_slice::<T>(written).expect("what was written can be read");
        // The first writing may leave out what says nothing, the second one changes nothing any more.
        let once = write(&back(&write(&read)));
        assert_eq!(String::from_utf8(write(&back(&once))), String::from_utf8(once));
        let _ = format!("{read:?}");
    }
    again::<models::Request>(body);
    again::<models::TierConfigRequest>(body);
    again::<models::Listing>(body);
    again::<models::UsageFile>(body);
    again::<models::Asset>(body);
    again::<models::Product>(body);
    again::<models::Conversation>(body);
    again::<models::Message>(body);
    again::<models::TierConfig>(body);
    again::<models::Agreement>(body);
    again::<models::Contract>(body);
    again::<models::BillingRequest>(body);
    again::<models::Subscription>(body);
    if let Ok(request) = serde_json::from_slice::<models::Request>(body) {
        let _ = (request.needs_migration(), request.new_items().count(), request.changed_items().count());
        let _ = (request.removed_items().count(), request.asset.param("email"));
    }
}

pub fn error_body(body: &[u8]) {
    const SECRET: &str = "k3y-of-the-account";
    let mut error = ApiError::new("POST", "/requests", 500, body);
    error.redact(|text| text.replace(SECRET, "***"));
    let text = Error::Api(Box::new(error)).to_string();
    assert!(!text.contains('\n') && !text.contains(SECRET), "{text}");
}

pub fn headers(text: &str) {
    let range = ContentRange::parse(text);
    assert!(range.is_none() || text.contains("items"));
    let _ = retry_after(text, OffsetDateTime::UNIX_EPOCH);
    let _ = http_date(text);
}

pub fn config(text: &str) {
    if let Ok(config) = config::from_text(text) {
        assert!(config.endpoint().starts_with("http"));
        assert!(config.address().is_safe(), "{}", config.endpoint());
        let header = config.api_key().header();
        assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header:?}");
        let _ = format!("{config:?}");
    }
}

pub fn date(text: &str) {
    if let Some(at) = timestamp::parse(text) {
        let written = timestamp::format(at);
        assert_eq!(timestamp::parse(&written), Some(at), "{text:?} became {written:?}");
    }
}

pub fn quantity(text: &str) -> Quantity {
    let json = serde_json::to_string(text).unwrap();
    let quantity: Quantity = serde_json::from_str(&json).expect("any text is a quantity of some kind");
    let written = serde_json::to_string(&quantity).unwrap();
    assert_eq!(serde_json::from_str::<Quantity>(&written).unwrap(), quantity, "{text:?} became {written}");
    quantity
}

pub fn usage_number(text: &str) {
    if let Ok(Some(value)) = usage::Number::from(text).to_cell() {
        assert!(value.is_finite());
        let again = usage::Number::from(value).to_cell();
        assert_eq!(again, Ok(Some(value)), "{text:?}");
    }
}

pub fn address(id: &str, location: &str) {
    if let Ok(segment) = segment(id) {
        assert!(!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!segment.contains(['/', '?', '#', '\\']) && segment != "." && segment != "..", "{segment}");
    }
    let base = Address::endpoint("https://api.example.com/public/v1").unwrap();
    let from = base.address("/accounts/VA-1?limit=1").unwrap();
    if let Some(target) = from.join(location) {
        let authority = target.as_str().split_once("://").map(|(_, rest)| rest).unwrap_or_default();
        let host = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        // Where the key goes along, it is the endpoint's own host, read by any rule.
        if base.is_same_origin(&target) {
            assert!(
                ["api.example.com", "api.example.com:443"].contains(&host.to_ascii_lowercase().as_str()),
                "{target:?}"
            );
        }
    }
}

pub fn mask(body: &[u8]) {
    let _ = masked(body, Reveal::NoValues);
    let _ = masked(body, Reveal::Typed);
    if let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(body)
        && let Some(object) = value.as_object_mut()
    {
        object.insert("type".into(), "password".into());
        object.insert("value".into(), "hunter2-hunter2".into());
        let text = masked(&serde_json::to_vec(&value).unwrap(), Reveal::Typed);
        assert!(!text.contains("hunter2-hunter2"), "{text}");
    }
}
