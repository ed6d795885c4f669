use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use env_logger::Target;
use log::{Level, LevelFilter, Log, Metadata, Record};

use super::Logger;
use super::output::Output;
use crate::scope;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Fixture {
    output: Output,
    written: Written,
}

impl Fixture {
    fn new(settings: &Logger, filters: &str) -> Self {
        let written = Written::default();
        let output = Output::new(settings, Some(filters), || Target::Pipe(Box::new(written.clone())));
        Self { output, written }
    }

    fn log(&self, level: Level, target: &str, text: &str) {
        let module = if target == "disguised" { "ureq_proto::client" } else { target };
        let mut record = Record::builder();
        record.level(level).target(target).module_path(Some(module));
        self.output.log(&record.args(format_args!("{text}")).build());
    }

    /// What was written since the last look, without the times.
    fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.written.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    fn is_enabled(&self, level: Level, target: &str) -> bool {
        self.output.enabled(&Metadata::builder().level(level).target(target).build())
    }
}

fn plain(filters: &str) -> Fixture {
    Fixture::new(&Logger::new(), filters)
}

fn holding_back(filters: &str) -> Fixture {
    Fixture::new(&Logger::new().hold_back(true), filters)
}

#[test]
fn a_line_has_utc_time_in_seconds_level_and_target() {
    let fixture = plain("");
    fixture.log(Level::Warn, "my_program", "text");
    let text = String::from_utf8(fixture.written.0.lock().unwrap().clone()).unwrap();
    let (time, rest) = text.split_once(' ').unwrap();
    assert_eq!(rest, "WARN  my_program text\n");
    assert_eq!(time.len(), "2025-02-03T04:05:06Z".len());
    let format = &time::format_description::well_known::Rfc3339;
    let age = time::OffsetDateTime::now_utc() - time::OffsetDateTime::parse(time, format).unwrap();
    assert!((0..60).contains(&age.whole_seconds()), "{time}");
}

#[test]
fn info_is_the_default_and_the_filter_adds_to_it() {
    let fixture = plain("a=debug,b=off");
    for target in ["a", "b", "c"] {
        fixture.log(Level::Debug, target, "debug");
        fixture.log(Level::Info, target, "info");
    }
    assert_eq!(fixture.lines(), ["DEBUG a debug", "INFO  a info", "INFO  c info"]);
    assert_eq!(fixture.output.max_level(), LevelFilter::Debug);
}

#[test]
fn the_default_level_is_the_programs_choice_and_the_filter_overrides_it() {
    let quiet = Logger::new().default_level(LevelFilter::Error);
    let fixture = Fixture::new(&quiet, "");
    fixture.log(Level::Warn, "a", "warn");
    assert_eq!(fixture.lines(), [""; 0]);
    let fixture = Fixture::new(&quiet, "warn");
    fixture.log(Level::Warn, "a", "warn");
    assert_eq!(fixture.lines(), ["WARN  a warn"]);
}

#[test]
fn crates_that_dump_traffic_never_log_below_info() {
    for fixture in [plain("trace,ureq=trace,ureq_proto::util=trace"), holding_back("trace")] {
        let _guard = scope::enter_request("PR-1");
        for target in
            ["ureq", "ureq::run", "ureq_proto::util", "rustls::client", "webpki", "h2::codec", "disguised"]
        {
            for level in [Level::Trace, Level::Debug] {
                fixture.log(level, target, "41 75 74 68");
                assert!(target == "disguised" || !fixture.is_enabled(level, target), "{target}");
            }
        }
        fixture.output.request_done(true);
        assert_eq!(fixture.lines(), [""; 0]);
        fixture.log(Level::Info, "ureq::run", "harmless");
        assert_eq!(fixture.lines(), ["INFO  ureq::run [PR-1] harmless"]);
    }
}

#[test]
fn crates_whose_names_only_begin_alike_are_not_capped() {
    let fixture = plain("trace");
    fixture.log(Level::Trace, "ureq_mine", "text");
    assert_eq!(fixture.lines(), ["TRACE ureq_mine text"]);
    assert!(fixture.is_enabled(Level::Trace, "ureq_mine"));
}

#[test]
fn lines_of_a_request_bear_its_id() {
    let fixture = plain("");
    {
        let _guard = scope::enter_request("PR-1");
        fixture.log(Level::Info, "my_program", "in PR-1");
        fixture.log(Level::Info, "connect_erp", "in PR-1");
    }
    fixture.log(Level::Info, "my_program", "after");
    assert_eq!(
        fixture.lines(),
        ["INFO  my_program [PR-1] in PR-1", "INFO  connect_erp [PR-1] in PR-1", "INFO  my_program after"]
    );
}

#[test]
fn lines_of_the_sdk_bear_the_id_once() {
    let fixture = plain("");
    let _guard = scope::enter_request("PR-1");
    fixture.log(Level::Info, "connect::process", "PR-1 approved");
    fixture.log(Level::Info, "connect", "POST conversations/CO-1/messages");
    assert_eq!(
        fixture.lines(),
        ["INFO  connect::process PR-1 approved", "INFO  connect [PR-1] POST conversations/CO-1/messages"]
    );
}

#[test]
fn each_line_of_a_longer_text_is_complete_and_cannot_pose_as_another() {
    let fixture = plain("");
    let _guard = scope::enter_request("PR-1");
    fixture.log(Level::Info, "a", "one\r\n2025-01-01T00:00:00Z ERROR b two\n\n\u{1b}[31mthree\u{9b}\t.\n");
    assert_eq!(
        fixture.lines(),
        [
            "INFO  a [PR-1] one",
            "INFO  a [PR-1] 2025-01-01T00:00:00Z ERROR b two",
            "INFO  a [PR-1] ",
            "INFO  a [PR-1] \\u{1b}[31mthree\\u{9b}\t.",
        ]
    );
}

#[test]
fn held_back_lines_appear_if_the_request_fails() {
    let fixture = holding_back("");
    let _guard = scope::enter_request("PR-1");
    fixture.log(Level::Debug, "connect::http", "GET requests");
    fixture.log(Level::Info, "a", "info");
    fixture.log(Level::Trace, "a", "trace");
    assert_eq!(fixture.lines(), ["INFO  a [PR-1] info"]);
    fixture.output.request_done(true);
    assert_eq!(
        fixture.lines(),
        [
            "INFO  connect::logger [PR-1] the request failed; 2 lines held back until now follow",
            "DEBUG connect::http [PR-1] GET requests",
            "TRACE a [PR-1] trace",
        ]
    );
    fixture.output.request_done(true);
    assert_eq!(fixture.lines(), [""; 0]);
}

#[test]
fn held_back_lines_are_forgotten_if_the_request_succeeds_or_never_ends() {
    let fixture = holding_back("");
    for failed in [Some(false), None] {
        let _guard = scope::enter_request("PR-1");
        fixture.log(Level::Debug, "a", "of PR-1");
        if let Some(failed) = failed {
            fixture.output.request_done(failed);
        }
    }
    let _guard = scope::enter_request("PR-2");
    fixture.log(Level::Debug, "a", "of PR-2");
    fixture.output.request_done(true);
    let lines = fixture.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1], "DEBUG a [PR-2] of PR-2");
}

#[test]
fn a_nested_request_without_lines_leaves_those_of_the_outer_one() {
    let fixture = holding_back("");
    let _outer = scope::enter_request("PR-1");
    fixture.log(Level::Debug, "a", "outer");
    {
        let _inner = scope::enter_request("PR-2");
        fixture.output.request_done(true);
        assert_eq!(fixture.lines(), [""; 0]);
    }
    fixture.output.request_done(true);
    assert_eq!(fixture.lines().last().unwrap(), "DEBUG a [PR-1] outer");
}

#[test]
fn nothing_is_held_back_outside_of_requests_or_when_all_is_off() {
    let fixture = holding_back("");
    fixture.log(Level::Debug, "a", "outside");
    assert!(!fixture.is_enabled(Level::Debug, "a"));
    let _guard = scope::enter_request("PR-1");
    assert!(fixture.is_enabled(Level::Debug, "a"));
    fixture.output.request_done(true);
    assert_eq!(fixture.lines(), [""; 0]);

    let fixture = holding_back("off");
    assert_eq!(fixture.output.max_level(), LevelFilter::Off);
    fixture.log(Level::Debug, "a", "silence");
    fixture.output.request_done(true);
    assert_eq!(fixture.lines(), [""; 0]);
}

#[test]
fn the_newest_lines_are_held_back_when_there_are_too_many() {
    let fixture = holding_back("");
    let _guard = scope::enter_request("PR-1");
    for number in 1..=203 {
        fixture.log(Level::Debug, "a", &number.to_string());
    }
    fixture.output.request_done(true);
    let lines = fixture.lines();
    assert_eq!(lines.len(), 201);
    assert!(
        lines[0].ends_with("200 lines held back until now follow (3 older ones are lost)"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1], "DEBUG a [PR-1] 4");
    assert_eq!(lines[200], "DEBUG a [PR-1] 203");
}

#[test]
fn held_back_lines_are_bounded_in_size_too() {
    let fixture = holding_back("");
    let _guard = scope::enter_request("PR-1");
    for letter in ["a", "b", "c"] {
        fixture.log(Level::Debug, "a", &letter.repeat(100 << 10));
    }
    fixture.log(Level::Debug, "a", &"d".repeat(300 << 10));
    fixture.log(Level::Debug, "a", &"e".repeat(100 << 10));
    fixture.log(Level::Debug, "a", "last");
    fixture.output.request_done(true);
    let lines = fixture.lines();
    assert!(lines[0].ends_with("2 lines held back until now follow (4 older ones are lost)"), "{}", lines[0]);
    assert!(lines[1].ends_with('e'));
    assert_eq!(lines[2], "DEBUG a [PR-1] last");
}

#[test]
fn without_holding_back_the_level_is_that_of_the_filter() {
    assert_eq!(plain("").output.max_level(), LevelFilter::Info);
    assert_eq!(holding_back("").output.max_level(), LevelFilter::Trace);
}

#[test]
fn bodies_are_held_back_only_if_asked_for() {
    for (bodies, expected) in [(false, 2), (true, 3)] {
        let settings = Logger::new().hold_back(true).hold_bodies(bodies);
        let fixture = Fixture::new(&settings, "");
        let _request = scope::enter_request("PR-1");
        assert_eq!(fixture.is_enabled(Level::Trace, "connect::http::body"), bodies);
        fixture.log(Level::Trace, "connect::http::body", "irene.olmedo@example.org");
        fixture.log(Level::Debug, "connect::http", "GET /requests 200");
        fixture.output.request_done(true);
        assert_eq!(fixture.lines().len(), expected);
    }
}
