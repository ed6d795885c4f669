//! What becomes of each order, and what is undone when one fails.

use connect::ledger::Made;
use connect::models::{ParamUpdate, Quantity, Request, RequestKind};
use connect::{Action, Approval, Connect, Ledger, Options, Report, step};

use super::vendor::{Licence, Refused, Tenant, Vendor};

/// The template that customers see once their order is approved.
const TEMPLATE: &str = "TL-497-535-242";
/// No customer may order more of an item than this.
const MOST: i64 = 100_000;

/// One run.
pub(crate) fn process(
    connect: &Connect,
    ledger: &Ledger,
    vendor: &Vendor,
    options: Options<'_>,
) -> connect::Result<Report> {
    let options = options
        .ledger(ledger)
        .undo("licence", |made, key| undo_licence(connect, vendor, &made, key))
        .undo("tenant", |made, key| undo_tenant(connect, vendor, &made, key));
    connect.fulfillment().process_with(options, |request| match request.kind {
        RequestKind::Purchase => purchase(ledger, vendor, request),
        _ => Ok(Approval::template(TEMPLATE)),
    })
}

fn purchase(ledger: &Ledger, vendor: &Vendor, request: &Request) -> Result<Approval, Action> {
    if request.asset.param("purchase_id").is_none() {
        return Err(Action::fail("The product has no parameter purchase_id"));
    }
    if has_too_many(request) {
        return Err(Action::fail("Is not possible to purchase such quantity"));
    }
    let work = ledger.work(request);
    let email = request.value("email");
    // What was made for an order stays, should its customer correct the order meanwhile.
    let tenant: Tenant = work
        .step("tenant")
        .input(email)
        .keep_result()
        .stand_in(Tenant { id: "T-?".into() })
        .run(|key| known(vendor.make_tenant(key, &request.id, email)))
        .map_err(fail_if_refused)?;
    let items = request.asset.items.len();
    let _: Licence = work
        .step("licence")
        .input(items)
        .keep_result()
        .stand_in(Licence { id: "L-?".into() })
        .run(|key| known(vendor.make_licence(key, &request.id, &tenant.id, items)))
        .map_err(fail_if_refused)?;
    Ok(Approval::template(TEMPLATE).with_params([ParamUpdate::value("purchase_id", &tenant.id)]))
}

/// An unlimited item is not one of too many.
fn has_too_many(request: &Request) -> bool {
    let most = Quantity::from(MOST);
    let quantities = request.asset.items.iter().filter_map(|item| item.quantity.as_ref());
    quantities.into_iter().any(|quantity| !quantity.is_unlimited() && *quantity > most)
}

/// Of what the vendor refuses for good it is known that nothing was made.
fn known<T>(made: anyhow::Result<T>) -> anyhow::Result<T> {
    made.map_err(|error| if error.is::<Refused>() { step::refused(error) } else { error })
}

/// What the vendor refuses for good fails the order; any other error leaves it pending.
fn fail_if_refused(error: anyhow::Error) -> Action {
    match error.downcast_ref::<Refused>() {
        Some(refused) => Action::fail(refused.to_string()),
        None => error.into(),
    }
}

fn undo_licence(connect: &Connect, vendor: &Vendor, made: &Made<Licence>, key: &str) -> anyhow::Result<()> {
    let licence = match (&made.result, made.result_of::<Tenant>("tenant")?) {
        (Some(licence), _) => licence.id.clone(),
        // Its answer was lost: the same key brings what was made for it.
        (None, Some(tenant)) => {
            let Some(request) = connect.fulfillment().request(&made.order)? else { return Ok(()) };
            let items = request.asset.items.len();
            match nothing_if_refused(vendor.make_licence(&made.key, &made.order, &tenant.id, items))? {
                Some(licence) => licence.id,
                None => return Ok(()),
            }
        }
        (None, None) => return Ok(()),
    };
    vendor.delete("licences", &licence, key)
}

fn undo_tenant(connect: &Connect, vendor: &Vendor, made: &Made<Tenant>, key: &str) -> anyhow::Result<()> {
    let tenant = if let Some(tenant) = &made.result {
        tenant.id.clone()
    } else {
        let Some(request) = connect.fulfillment().request(&made.order)? else { return Ok(()) };
        match nothing_if_refused(vendor.make_tenant(&made.key, &made.order, request.value("email")))? {
            Some(tenant) => tenant.id,
            None => return Ok(()),
        }
    };
    vendor.delete("tenants", &tenant, key)
}

fn nothing_if_refused<T>(made: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match made {
        Err(error) if error.is::<Refused>() => Ok(None),
        made => made.map(Some),
    }
}
