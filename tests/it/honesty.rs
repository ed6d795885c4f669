//! Lists that are not what the server says of them: each ends within a number of calls that is stated here, and what is
//! in it is handled once, or it is said that this cannot be known.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use connect::models::Request;
use connect::rql::Query;
use connect::{Action, Config, Connect, Report};
use serde_json::{Value, json};

use crate::support::{impatient, serving};

/// The query of a list.
struct Asked {
    query: String,
    limit: usize,
    offset: usize,
}

impl Asked {
    fn new(query: &str) -> Self {
        let query = query.replace("%22", "").replace("%3A", ":").replace("%2B", "+");
        let number = |name: &str| {
            query.split('&').find_map(|part| part.strip_prefix(name)?.parse().ok()).unwrap_or_default()
        };
        Self { limit: number("limit="), offset: number("offset="), query }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|part| part.strip_prefix(name)?.strip_suffix(')'))
    }

    /// What matches, in its order, as an honest server knows it.
    fn matching(&self, all: &[Value]) -> Vec<Value> {
        let from = self.value("ge(created,").unwrap_or_default();
        let out = self.value("out(id,(").unwrap_or_default().trim_end_matches(')');
        let out: Vec<_> = out.split(',').collect();
        let wanted = |order: &&Value| {
            order["created"].as_str().unwrap() >= from && !out.contains(&order["id"].as_str().unwrap())
        };
        all.iter().filter(wanted).cloned().collect()
    }

    fn page(&self, of: &[Value], cap: usize) -> Vec<Value> {
        of.iter().skip(self.offset).take(self.limit.min(cap)).cloned().collect()
    }
}

/// A page and the total that the server tells with it.
type Page = (Vec<Value>, usize);

/// How a list is answered.
type Answer = Box<dyn Fn(&Asked) -> Page + Send + Sync>;

/// The paths that were called.
type Calls = Arc<Mutex<Vec<String>>>;

/// A server of lists. It takes any message, and no conversation has any.
fn server(page: impl Fn(&str, &Asked) -> Page + Send + Sync + Clone + 'static) -> (Connect, Calls) {
    let calls = Calls::default();
    let own = Arc::clone(&calls);
    let address = serving(move |stream| serve(&stream, &page, &own));
    (client(address), calls)
}

fn serve(stream: &TcpStream, page: &impl Fn(&str, &Asked) -> Page, calls: &Calls) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        let mut header = String::new();
        while reader.read_line(&mut header).unwrap_or_default() > 2 {
            if let Some(text) = header.to_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            header.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let target = line.split(' ').nth(1).unwrap();
        calls.lock().unwrap().push(target.to_owned());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = Asked::new(query);
        let (body, range) = if length > 0 {
            (String::from_utf8(body).unwrap(), String::new())
        } else if path.ends_with("/messages") {
            ("[]".to_owned(), String::new())
        } else {
            let (page, total) = page(path, &asked);
            let last = asked.offset + page.len().saturating_sub(1);
            (
                Value::from(page).to_string(),
                format!("Content-Range: items {}-{last}/{total}\r\n", asked.offset),
            )
        };
        let answer = format!("HTTP/1.1 200 OK\r\n{range}Content-Length: {}\r\n\r\n{body}", body.len());
        if (&mut &*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn client(address: SocketAddr) -> Connect {
    let config = Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap();
    Connect::new(impatient(config).body_limit(8 << 20)).unwrap()
}

/// Orders a second apart, or all of one moment.
fn orders(count: usize, tie: bool) -> Vec<Value> {
    let order = |at: usize| {
        let second = if tie { 0 } else { at };
        let created = format!("2024-03-04T09:{:02}:{:02}+00:00", second / 60, second % 60);
        json!({"id": format!("PR-{at:03}"), "status": "pending", "created": created})
    };
    (0..count).map(order).collect()
}

/// Skips each order, and tells how often each was seen.
fn walk(connect: &Connect) -> (HashMap<String, usize>, Report) {
    let mut seen = HashMap::new();
    let report = connect.process_fulfillments(|order: &Request| {
        *seen.entry(order.id.clone()).or_default() += 1;
        Err(Action::skip())
    });
    (seen, report.unwrap())
}

#[test]
fn a_queue_that_is_not_what_it_says_is_handled_once_or_the_report_says_so() {
    let (apart, tie) = (orders(250, false), orders(250, true));
    let reversed = |all: Vec<Value>| all.into_iter().rev().collect::<Vec<_>>();
    let of = |all: &[Value], answer: fn(&Asked, &[Value]) -> Page| -> Answer {
        let all = all.to_vec();
        Box::new(move |asked| answer(asked, &all))
    };
    let honest = |asked: &Asked, all: &[Value]| {
        let matching = asked.matching(all);
        (asked.page(&matching, 1000), matching.len())
    };
    let small_total = |asked: &Asked, all: &[Value]| (asked.page(&asked.matching(all), 1000), 1);
    // No filter is known, and each offset brings the first page.
    let first_page = |_: &Asked, all: &[Value]| (all[..100].to_vec(), 250);
    let first_page_at_the_end = |_: &Asked, all: &[Value]| (all[..100].to_vec(), 199);
    for (name, answer, handled, is_told, most) in [
        ("honest", of(&apart, honest), 250, false, 4),
        ("newest first", of(&reversed(apart.clone()), honest), 250, false, 6),
        ("a total below its page", of(&apart, small_total), 250, false, 4),
        ("a total below its page, of one moment", of(&tie, small_total), 250, false, 4),
        ("an offset that is not heeded", of(&tie, first_page), 100, true, 4),
        ("an offset that is not heeded and ends the list", of(&tie, first_page_at_the_end), 100, true, 5),
    ] {
        let answer = Arc::new(answer);
        let (connect, calls) = server(move |_, asked| answer(asked));
        let (seen, report) = walk(&connect);
        let calls = calls.lock().unwrap();
        assert!(calls.len() <= most, "{name}: {} calls: {calls:?}", calls.len());
        assert_eq!(seen.len(), handled, "{name}: {report}");
        assert!(seen.values().all(|times| *times == 1), "{name}: {seen:?}");
        assert_eq!(report.error().is_some(), is_told, "{name}: {report}");
        assert_eq!(report.exit_code(), u8::from(is_told), "{name}: {report}");
    }
}

#[test]
fn a_plain_list_that_is_not_what_it_says_ends_with_all_of_it_or_an_error() {
    let small_total: fn(&Asked) -> Page = |asked| (asked.page(&orders(250, false), 1000), 1);
    let first_page: fn(&Asked) -> Page = |_| (orders(100, false), 250);
    let first_page_at_the_end: fn(&Asked) -> Page = |_| (orders(100, false), 200);
    let endless: fn(&Asked) -> Page = |asked| {
        let element = |at| json!({"id": format!("PR-{}-{at}", asked.offset)});
        ((0..100).map(element).collect(), 250)
    };
    for (name, answer, listed, error, most) in [
        ("a total below its page", small_total, 250, None, 4),
        ("an offset that is not heeded", first_page, 100, Some("the server sends the same page"), 2),
        ("the same, at the end", first_page_at_the_end, 100, Some("the server sends the same page"), 2),
        ("no end", endless, 10_500, Some("the list does not end"), 106),
    ] {
        let (connect, calls) = server(move |_, asked| answer(asked));
        let (mut ids, mut errors) = (Vec::new(), Vec::new());
        for request in connect.fulfillment().requests(&Query::new()) {
            match request {
                Ok(request) => ids.push(request.id),
                Err(error) => errors.push(error.to_string()),
            }
        }
        let came = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((came, ids.len()), (listed, listed), "{name}");
        assert_eq!(errors.len(), usize::from(error.is_some()), "{name}: {errors:?}");
        assert!(error.is_none_or(|error| errors[0].contains(error)), "{name}: {errors:?}");
        let calls = calls.lock().unwrap().len();
        assert!(calls <= most, "{name}: {calls} calls");
    }
}

/// Three orders, whose conversations stand among those of others at `first`. `cap` conversations come at once.
fn with_conversations(first: usize, cap: usize) -> (Report, Vec<String>) {
    let (connect, calls) = server(move |path, asked| {
        if path.ends_with("/requests") {
            let matching = asked.matching(&orders(3, false));
            return (asked.page(&matching, 1000), matching.len());
        }
        let about = |at: usize| match at.checked_sub(first) {
            Some(order @ 0..3) => format!("PR-{order:03}"),
            _ => format!("PR-9-{at}"),
        };
        let one = |at| json!({"id": format!("CO-{at}"), "instance_id": about(at), "status": "open"});
        let end = (asked.offset + asked.limit.min(cap)).min(20_000);
        ((asked.offset..end).map(one).collect(), 20_000)
    });
    let report = connect.process_fulfillments(|_| Err(Action::skip().with_message("waits for the bank")));
    let calls = calls.lock().unwrap();
    (report.unwrap(), calls.iter().filter(|call| call.contains("/conversations")).cloned().collect())
}

#[test]
fn a_look_up_that_is_answered_with_everybodys_conversations_ends_and_no_message_is_lost_in_silence() {
    // Found on the first page: one look-up, and for each order a look at the last message and the message.
    let (report, calls) = with_conversations(5, 1000);
    assert!(report.iter().all(|outcome| outcome.warnings.is_empty()), "{report}");
    assert_eq!(calls.len(), 1 + 3 * 2, "{calls:?}");
    // Behind 5,000 others, and behind 13 pages of one: not found, and each order says so.
    for (first, cap, calls_made) in [(19_000, 1000, 6), (19_000, 1, 14)] {
        let (report, calls) = with_conversations(first, cap);
        assert_eq!(calls.len(), calls_made, "{calls:?}");
        assert_eq!(report.skipped(), 3);
        for outcome in &report {
            let [warning] = outcome.warnings.as_slice() else { panic!("{report}") };
            assert!(
                warning.starts_with("its message was not posted: the look-up of its conversation"),
                "{warning}"
            );
        }
    }
}
