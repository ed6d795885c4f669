//! What happens between two calls: queries, decoding, plans. `cargo bench --bench micro`.
#![expect(clippy::unwrap_used, unreachable_pub, reason = "a bench may panic")]

use connect::models::{ParamUpdate, Request};
use connect::rql::Query;
use connect::{Approval, fulfillment};
use divan::{Bencher, black_box};
use serde::Deserialize;

#[path = "shared/page.rs"]
mod page;

fn main() {
    divan::main();
}

/// A page of 1000 orders, 4 MB, decoded in three ways and let go of, which is part of the cost; "full" against "value" is the ratio to look at.
mod decode {
    use super::*;

    #[divan::bench]
    fn full(bencher: Bencher<'_, '_>) {
        let body = page::page(0..1000);
        bencher.bench(|| drop(serde_json::from_slice::<Vec<Request>>(black_box(body.as_bytes())).unwrap()));
    }

    #[divan::bench]
    fn value(bencher: Bencher<'_, '_>) {
        let body = page::page(0..1000);
        bencher
            .bench(|| drop(serde_json::from_slice::<serde_json::Value>(black_box(body.as_bytes())).unwrap()));
    }

    /// Only what a loop needs to know of an order; everything else is skipped and not kept.
    #[divan::bench]
    fn minimal(bencher: Bencher<'_, '_>) {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "decoded and not looked at")]
        struct Minimal {
            id: String,
            status: String,
            created: String,
        }
        let body = page::page(0..1000);
        bencher.bench(|| drop(serde_json::from_slice::<Vec<Minimal>>(black_box(body.as_bytes())).unwrap()));
    }
}

mod rql {
    use super::*;

    #[divan::bench]
    fn the_loops_query() -> String {
        let products = black_box(["PRD-000-000-001", "PRD-000-000-002"]);
        Query::new()
            .equal("status", "pending")
            .in_("asset.product.id", products)
            .ordering(["created"])
            .limit(100)
            .compile()
            .unwrap()
    }

    #[divan::bench]
    fn a_thousand_quoted_values() -> String {
        let names = (0..1000).map(|number| format!("name, no. {number}"));
        Query::new().in_("tiers.customer.name", names).compile().unwrap()
    }
}

#[divan::bench]
fn plan_of_an_approval_with_a_parameter(bencher: Bencher<'_, '_>) {
    let request = serde_json::from_str::<Vec<Request>>(&page::page(0..1)).unwrap().remove(0);
    bencher.bench(|| {
        let approval = Approval::template("TL-1").with_params([ParamUpdate::value("tenant", "t-1")]);
        fulfillment::plan(black_box(&request), Ok(approval)).unwrap()
    });
}
