use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A name's look-ups and marks, or that it can only be selected.
type Listed = BTreeMap<String, (BTreeSet<String>, bool, bool)>;

/// The filter lists by their headings, as the platform's documentation has them.
fn documented() -> BTreeMap<String, Listed> {
    let text = include_str!("../../../tests/fixtures/endpoint_filters.md");
    let mut lists = BTreeMap::<String, Listed>::new();
    let mut list = String::new();
    for line in text.lines() {
        let Some((key, names)) = line.strip_prefix("- ").and_then(|row| row.split_once(": ")) else {
            if let Some(at) = line.find('/') {
                list = line[at..].split(' ').next().unwrap().to_owned();
            }
            continue;
        };
        let look_ups = match key {
            "S" => "eq ne like ilike in out",
            "S0" => "eq ne like ilike in out null",
            "N" => "eq ne gt ge lt le in out",
            "N0" => "eq ne gt ge lt le in out null",
            "enums" => continue,
            key if key.starts_with("`null()`") => continue,
            key if key.starts_with("select-only") || key.starts_with("hidden") => "",
            "deprecated" => names.split_once(" (").unwrap().1.trim_end_matches(')'),
            look_ups => look_ups,
        };
        for name in names.split(", ") {
            let bare = name.split(" (").next().unwrap().trim_end_matches(['↕', '⌕']);
            let look_ups = look_ups.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
            let known = (look_ups.collect(), name.contains('↕'), name.contains('⌕'));
            lists.entry(list.clone()).or_default().insert(bare.to_owned(), known);
        }
    }
    lists
}

#[test]
fn the_names_of_each_list_are_those_of_the_platforms_documentation() {
    let documented = documented();
    for names in ALL {
        let table: Listed = names
            .iter()
            .map(|name| {
                let look_ups =
                    name.look_ups.unwrap_or_default().split(['`', ' ']).filter(|word| !word.is_empty());
                (name.name.to_owned(), (look_ups.map(str::to_owned).collect(), name.orderable, name.searched))
            })
            .collect();
        assert_eq!(Some(&table), documented.get(names.list), "{}", names.list);
        assert_eq!(table.len(), names.iter().count(), "{}: a name is there twice", names.list);
    }
    assert_eq!(ALL.len(), documented.len(), "{:?}", documented.keys());
}

fn suggestion(names: &Names, wrong: &str) -> Option<String> {
    match Query::new().equal(wrong, "x").check(names) {
        Err(QueryError::UnknownName { nearest, .. }) => nearest,
        other => panic!("{wrong}: {other:?}"),
    }
}

#[test]
fn a_wrong_name_leads_to_the_nearest_right_one() {
    for (names, wrong, right) in [
        (&REQUESTS, "kind", "type"),
        (&REQUESTS, "asset.hub.id", "asset.connection.hub.id"),
        (&REQUESTS, "asset__hub__id", "asset.connection.hub.id"),
        (&REQUESTS, "hub.id", "asset.connection.hub.id"),
        (&REQUESTS, "asset.conection.type", "asset.connection.type"),
        (&REQUESTS, "asset.product.id__in", "asset.product.id"),
        (&REQUESTS, "product.id", "asset.product.id"),
        (&REQUESTS, "product.name", "asset.product.name"),
        (&REQUESTS, "asset.tier.customer.id", "asset.tiers.customer.id"),
        (&REQUESTS, "tiers.customer.id", "asset.tiers.customer.id"),
        (&REQUESTS, "asset.externalId", "asset.external_id"),
        (&REQUESTS, "Status", "status"),
        (&REQUESTS, "statuses", "status"),
        (&REQUESTS, "created_at", "created"),
        (&REQUESTS, "events.created.at", "created"),
        (&REQUESTS, "created__gt", "created"),
        (&REQUESTS, "asset__marketplace__id", "asset.marketplace.id"),
        (&REQUESTS, "asset.params.name", "asset.params.value"),
        (&ASSETS, "asset.product.id", "product.id"),
        (&ASSETS, "connection.hub.idd", "connection.hub.id"),
        (&ASSETS, "customer.id", "tiers.customer.id"),
        (&PRODUCTS, "created", "events.created.at"),
        (&TIER_CONFIG_REQUESTS, "configuration.tierlevel", "configuration.tier_level"),
        (&TIER_CONFIG_REQUESTS, "product.id", "configuration.product.id"),
        (&TIER_CONFIG_REQUESTS, "account.id", "configuration.account.id"),
        (&LISTINGS, "products.id", "product.id"),
        (&USAGE_FILES, "created", "created.at"),
        (&USAGE_FILES, "created_at", "created.at"),
        (&TIER_ACCOUNTS, "kind", "type"),
        (&MARKETPLACES, "hub.id", "hubs.id"),
    ] {
        assert_eq!(suggestion(names, wrong).as_deref(), Some(right), "{} {wrong}", names.list);
    }
}

#[test]
fn a_name_that_is_near_none_gets_no_suggestion() {
    for wrong in ["colour", "note", "asset.items.quantity.unit", "a", &"x".repeat(100_000)] {
        assert_eq!(suggestion(&REQUESTS, wrong), None, "{wrong:.20}");
    }
}

#[test]
fn each_part_of_a_query_is_checked() {
    let refused = |query: Query| query.check(&REQUESTS).unwrap_err().to_string();
    let inner = Query::new()
        .equal("status", "pending")
        .not(Query::new().any([Query::new().null("assignee"), Query::new().equal("assigne", "UR-1")]));
    for (query, expected) in [
        (
            Query::new().in_("kind", ["cancel"]),
            "/requests has no filter \"kind\" and would list everything: use \"type\", or Query::unchecked for a name \
             that is newer than this crate",
        ),
        (
            inner,
            "/requests has no filter \"assigne\" and would list everything: use \"assignee\", or Query::unchecked for \
             a name that is newer than this crate",
        ),
        (
            Query::new().ordering(["-creatd"]),
            "/requests cannot be sorted by \"creatd\": use \"created\", or Query::unchecked for a name that is newer \
             than this crate",
        ),
        (
            Query::new().ordering(["id"]),
            "/requests cannot be sorted by \"id\": its documentation shows the names, or Query::unchecked for a name \
             that is newer than this crate",
        ),
        (
            Query::new().select(["-asset.item"]),
            "/requests has no part \"asset.item\" to select: use \"asset.items\", or Query::unchecked for a name that \
             is newer than this crate",
        ),
        (
            Query::new().in_("asset.connection.provider.name", ["A"]),
            "/requests compares asset.connection.provider.name by eq, ilike, not by in",
        ),
        (Query::new().null("type"), "/requests compares type by eq, ne, like, ilike, in, out, not by null"),
        (Query::new().search("x"), "/requests searches no property and would list everything: use a filter"),
    ] {
        assert_eq!(refused(query), expected);
    }
}

#[test]
fn a_query_of_known_names_is_sent() {
    for query in [
        Query::new().equal("asset.connection.hub.id", "HB-1").not_null("asset.id").like("type", "p*"),
        Query::new().greater_equal("created", "2024-01-01").ordering(["-created", "status"]),
        Query::new().select(["-asset.configuration", "asset", "template", "asset.product.capabilities"]),
        Query::new().empty("asset.external_id").not(Query::new().null("assignee")),
        Query::new()
            .any([Query::new().equal("asset__id", "AS-1"), Query::new().equal("product_id", "PRD-1")]),
    ] {
        assert_eq!(query.check(&REQUESTS), Ok(()), "{query:?}");
    }
    assert_eq!(Query::new().search("x").check(&ASSETS), Ok(()));
}

#[test]
fn what_is_unchecked_is_sent_as_it_is_and_nothing_beside_it() {
    let newer = || Query::new().equal("asset.colour", "red").ordering(["colour"]).select(["colour"]);
    assert_eq!(newer().unchecked().check(&REQUESTS), Ok(()));
    let part = || Query::new().equal("asset.colour", "red").unchecked();
    assert_eq!(Query::new().all([part()]).check(&REQUESTS), Ok(()));
    assert_eq!(Query::new().any([part(), Query::new().equal("type", "cancel")]).check(&REQUESTS), Ok(()));
    assert_eq!(Query::new().not(part()).check(&REQUESTS), Ok(()));
    assert!(Query::new().equal("kind", "cancel").all([part()]).check(&REQUESTS).is_err());
    let refused = Query::new().equal("a", "\"'").unchecked();
    assert!(matches!(refused.check(&REQUESTS), Err(QueryError::BothQuotes { .. })));
}
