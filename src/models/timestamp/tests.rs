use proptest::prelude::*;
use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset};

use super::{format, parse, parse_date_or_date_time};

#[test]
fn every_form_of_the_platform_is_read() {
    for (text, at) in [
        ("2018-09-03T10:28:18.472670+00:00", datetime!(2018-09-03 10:28:18.472_670 UTC)),
        ("2018-11-21T11:10:29+00:00", datetime!(2018-11-21 11:10:29 UTC)),
        ("2019-03-07T17:36:11Z", datetime!(2019-03-07 17:36:11 UTC)),
        ("2019-02-25T11:54:31.718020Z", datetime!(2019-02-25 11:54:31.718_020 UTC)),
        ("2019-03-18 08:33:51.459015+00:00", datetime!(2019-03-18 08:33:51.459_015 UTC)),
        ("2019-03-01 00:00:00", datetime!(2019-03-01 00:00:00 UTC)),
        ("2019-03-01T00:00", datetime!(2019-03-01 00:00:00 UTC)),
        ("2021-02-01", datetime!(2021-02-01 00:00:00 UTC)),
        ("2024-02-29T23:59:60Z", datetime!(2024-02-29 23:59:59 UTC)),
        ("2024-03-04T09:12:44.5+02:30", datetime!(2024-03-04 06:42:44.5 UTC)),
        ("2024-03-04T09:12:44-0230", datetime!(2024-03-04 11:42:44 UTC)),
        ("2024-03-04 09:12:44 +02", datetime!(2024-03-04 07:12:44 UTC)),
        ("2024-03-04T09:12:44+23:59", datetime!(2024-03-03 09:13:44 UTC)),
        ("2024-03-04T09:12:44-23:00", datetime!(2024-03-05 08:12:44 UTC)),
        ("2024-03-04t09:12:44,123456789123z", datetime!(2024-03-04 09:12:44.123_456_789 UTC)),
        (" 2024-03-04T09:12:44Z\n", datetime!(2024-03-04 09:12:44 UTC)),
    ] {
        assert_eq!(parse(text), Some(at), "{text}");
        assert_eq!(parse(text).map(OffsetDateTime::offset), Some(UtcOffset::UTC));
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        " ",
        "None",
        "yesterday",
        "2024",
        "2024-3-4",
        "2024-13-01",
        "2023-02-29",
        "2024-03-04T",
        "2024-03-04T09",
        "2024-03-04T24:00:00Z",
        "2024-03-04T09:60:00Z",
        "2024-03-04T09:12:61Z",
        "2024-03-04T09:12:44.Z",
        "2024-03-04T09:12:44X",
        "2024-03-04T09:12:44+",
        "2024-03-04T09:12:44+24:00",
        "2024-03-04T09:12:44+25:00",
        "2024-03-04T09:12:44+00:00Z",
        "2024-03-04T09:12:44+0:00",
        "2024-03-04x09:12:44",
        "20240304T091244Z",
        "+2024-03-04",
        "２０２４-03-04",
        "0000-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-23:59",
        "1709543564",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn points_in_time_are_written_as_the_platform_does() {
    assert_eq!(format(datetime!(2024-03-04 09:12:44 UTC)), "2024-03-04T09:12:44+00:00");
    assert_eq!(format(datetime!(2024-03-04 09:12:44.001 +2)), "2024-03-04T07:12:44.001000+00:00");
    assert_eq!(format(datetime!(2024-03-04 09:12:44.000_000_001 UTC)), "2024-03-04T09:12:44.000000001+00:00");
    assert_eq!(
        format(datetime!(9999-12-31 23:59:59 -5)),
        "9999-12-31T23:59:59+00:00",
        "no UTC form, no panic"
    );
}

#[test]
fn only_a_date_alone_is_a_day() {
    assert!(parse_date_or_date_time("2021-02-01").is_some_and(|moment| moment.date_only));
    assert!(parse_date_or_date_time("2021-02-01 00:00:00").is_some_and(|moment| !moment.date_only));
}

proptest! {
    #[test]
    fn no_text_panics(text in "[-+0-9TZ:. ]{0,40}|\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.{0,20}") {
        if let Some(at) = parse(&text) {
            prop_assert_eq!(parse(&format(at)), Some(at));
        }
    }

    #[test]
    fn what_is_written_reads_the_same(seconds in -60_000_000_000_i64..250_000_000_000, nanos in 0_i64..1_000_000_000) {
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + time::Duration::nanoseconds(nanos);
        prop_assert_eq!(parse(&format(at)), Some(at));
    }
}
