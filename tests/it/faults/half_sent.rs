//! Faults between the head of a call and the end of its body: what is sent afterwards, and what is reported.

use std::time::Duration;

use connect::models::ParamUpdate;
use connect::sandbox::{Sandbox, sample};
#[cfg(feature = "xlsx")]
use connect::usage::UsageRecord;
use connect::{Approval, Config, Connect, Report, UpdateMethod};

use super::{compare_cells, end, often, word};
use crate::support::relay::{Break, Struck, relay};
#[cfg(feature = "xlsx")]
use crate::support::usage::{LISTING, new_file, record};
use crate::support::{ORDER, TEMPLATE, impatient};

/// Fits into one send.
const SMALL: usize = 1000;
/// More than the buffers of a connection hold.
const LARGE: usize = 5 << 20;
/// What a cell of a workbook holds.
#[cfg(feature = "xlsx")]
const CELL: usize = 32_000;

/// What breaks, how large the body is meanwhile, and what the table calls it. A large one is struck each time: that it
/// goes through at last, the small ones show.
const KINDS: [(&str, Break, usize); 8] = [
    ("reset after the head", Break::AfterHead, SMALL),
    ("reset after half of the body", Break::AfterHalf, SMALL),
    ("answered before the body", Break::AnswerFirst, SMALL),
    ("large, reset after the head", Break::AfterHead, LARGE),
    ("large, reset after half of the body", Break::AfterHalf, LARGE),
    ("large, answered before the body", Break::AnswerFirst, LARGE),
    ("large, answered before the body and reset", Break::AnswerAndReset, LARGE),
    ("large, send buffer full", Break::Stall, LARGE),
];

/// A call with a body, and a run that makes it.
struct Case {
    call: &'static str,
    method: &'static str,
    path_end: &'static str,
    collection: &'static str,
    prepare: fn(&Sandbox),
    run: fn(&Connect, size: usize) -> connect::Result<Report>,
}

const ORDERS: Case = Case {
    call: "",
    method: "POST",
    path_end: "",
    collection: "requests",
    prepare: |sandbox| {
        sandbox.insert("requests", sample::request(ORDER));
        sandbox.insert("conversations", sample::conversation_for(ORDER));
    },
    run: |_, _| unreachable!(),
};

const CASES: &[Case] = &[
    Case {
        call: "update",
        method: "PUT",
        path_end: ORDER,
        run: |connect, size| {
            let update = ParamUpdate::value("purchase_id", text(size));
            connect.process_fulfillments(|_| Ok(Approval::template(TEMPLATE).with_params([update.clone()])))
        },
        ..ORDERS
    },
    Case {
        call: "approve",
        path_end: "/approve",
        run: |connect, size| connect.process_fulfillments(|_| Ok(Approval::tile(text(size)))),
        ..ORDERS
    },
    Case {
        call: "message",
        path_end: "/messages",
        run: |connect, size| {
            connect.process_fulfillments(|_| Err(connect::Action::skip().with_message(text(size))))
        },
        ..ORDERS
    },
    #[cfg(feature = "xlsx")]
    Case {
        call: "upload",
        path_end: "/upload",
        collection: "usage/files",
        prepare: |sandbox| {
            sandbox.insert("listings", sample::listing(LISTING));
        },
        run: |connect, size| {
            // Packed, these texts take three quarters.
            let text = text(size * 4 / 3);
            let records = text.as_bytes().chunks(CELL).enumerate().map(|(at, cell)| UsageRecord {
                record_id: format!("r-{at}"),
                item_name: String::from_utf8_lossy(cell).into_owned(),
                ..record()
            });
            let records: Vec<_> = records.collect();
            connect.process_usage_listings(|_| Ok(Some(connect.usage().submit(new_file(), records.clone())?)))
        },
        ..ORDERS
    },
];

/// A text of letters that look like chance, and that come again beyond what a packer looks back, so that none packs it well.
fn text(size: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = 1_u64;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(state >> 58) as usize])
    });
    let block: String = letters.take(size.min(64 << 10)).collect();
    let mut text = block.repeat(size.div_ceil(block.len()));
    text.truncate(size);
    text
}

fn line(case: &Case, (name, how, size): (&str, Break, usize), times: usize) -> String {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    (case.prepare)(&sandbox);
    let (address, calls) =
        relay(&sandbox, Struck { method: case.method, path_end: case.path_end, how, times });
    let config = Config::new(format!("http://{address}/public/v1"), sandbox.api_key()).unwrap();
    let config = impatient(config.products([sample::PRODUCT]))
        .update_method(UpdateMethod::Put)
        .timeout(Duration::from_millis(if how == Break::Stall { 1500 } else { 60_000 }));
    let ran = (case.run)(&Connect::new(config).unwrap(), size);
    let calls = calls.lock().unwrap();
    let sent: Vec<_> = calls.iter().map(|(method, path)| word(method, path)).collect();
    format!(
        "{} | {} | {name} | {} | {}",
        often(times),
        case.call,
        sent.join(" "),
        end(&sandbox, case.collection, ran)
    )
}

#[test]
fn calls_that_break_between_head_and_body() {
    let cells = CASES.iter().flat_map(|case| KINDS.iter().map(move |kind| (case, *kind)));
    let cells = cells.flat_map(|(case, kind)| [(case, kind, 1), (case, kind, usize::MAX)]);
    // A message is cut to what the platform takes.
    let can_be_large = |case: &Case| case.call != "message";
    let cells = cells
        .filter(|(case, (_, _, size), times)| *size == SMALL || *times > 1 && can_be_large(case))
        .collect();
    // Without workbooks nothing is uploaded.
    let lines = include_str!("half_sent.txt").lines();
    let table: Vec<_> = lines.filter(|line| cfg!(feature = "xlsx") || !line.contains("| upload |")).collect();
    // Few at once: packing large workbooks must not keep the processor from the other tests.
    compare_cells(cells, 4, &table.join("\n"), |(case, kind, times)| line(case, kind, times));
}
