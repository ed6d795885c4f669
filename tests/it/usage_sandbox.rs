//! What the sandbox does with an uploaded usage file: it takes its time, and says what it refuses row by row.

use std::io::Cursor;
use std::time::{Duration, Instant};

use calamine::{Reader as _, Xlsx};
use connect::models::UsageFileStatus::{self, Processing, Ready, Uploaded, Uploading};
use connect::sandbox::{Builder, Sandbox, sample};
use connect::usage::UsageRecord;

use crate::support::client;
use crate::support::usage::{new_file, record};

fn start(settings: impl FnOnce(Builder) -> Builder) -> Sandbox {
    let sandbox = settings(Sandbox::builder().empty()).start().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

#[test]
fn a_file_is_uploading_uploaded_and_processing_before_it_is_ready() {
    let sandbox = start(|builder| builder.processing_time(Duration::from_millis(400)));
    let connect = client(&sandbox);
    let made = connect.usage().submit(new_file(), [record()]).unwrap();
    let (start, mut seen) = (Instant::now(), vec![made.status]);
    while seen.last() != Some(&Ready) && start.elapsed() < Duration::from_secs(10) {
        let status = connect.usage().file(&made.id).unwrap().unwrap().status;
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    // A machine that is busy may not look at each of them in time.
    assert!(seen.starts_with(&[Uploading]) && seen.ends_with(&[Ready]), "{seen:?}");
    let order = [Uploading, Uploaded, Processing, Ready];
    assert!(order.iter().filter(|status| seen.contains(status)).eq(&seen), "{seen:?}");
}

#[test]
fn the_processed_workbook_has_words_beside_what_is_refused() {
    let sandbox = start(|builder| builder);
    let connect = client(&sandbox);
    let stranger = UsageRecord { record_id: "r-2".into(), asset_search_value: "t-0".into(), ..record() };
    let made = connect.usage().submit(new_file(), [record(), stranger]).unwrap();
    assert_eq!(made.status, UsageFileStatus::Invalid);
    let file = connect.usage().file(&made.id).unwrap().unwrap();
    let link = file.processed_file_uri.unwrap();
    let workbook = connect.usage().download(link.as_str()).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    let sheet = book.worksheet_range("records").unwrap();
    let words: Vec<_> =
        sheet.rows().map(|row| (row[0].to_string(), row.last().unwrap().to_string())).collect();
    let expected =
        [("record_id", "error"), ("r-1", ""), ("r-2", "there is no asset with parameter.tenant_id = t-0")];
    assert_eq!(words, expected.map(|(id, words)| (id.to_owned(), words.to_owned())));
}

#[test]
fn the_link_to_a_processed_workbook_ends() {
    let sandbox = start(|builder| builder.link_life(Duration::ZERO));
    let connect = client(&sandbox);
    let made = connect.usage().submit(new_file(), [record()]).unwrap();
    let file = connect.usage().file(&made.id).unwrap().unwrap();
    let error = connect.usage().download(file.processed_file_uri.unwrap().as_str()).unwrap_err();
    assert_eq!(error.status(), Some(403), "{error}");
}
