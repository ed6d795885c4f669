//! Points in time as microseconds, in the forms the platform writes and reads.

use time::OffsetDateTime;

/// Microseconds since 1970 of any date form the platform's data has, `None` for anything else.
pub(super) fn parse(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let mut micros = day_number(date)? * 86_400_000_000;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(micros);
    }
    let rest = rest.strip_prefix(['T', ' '])?;
    micros += seconds(rest.get(..8)?)? * 1_000_000;
    let mut rest = &rest[8..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let padded: String = fraction[..digits].chars().chain("000000".chars()).take(6).collect();
        micros += padded.parse::<i64>().ok()?;
        rest = &fraction[digits..];
    }
    Some(micros - offset(rest)? * 1_000_000)
}

fn day_number(date: &str) -> Option<i64> {
    let bytes = date.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let month = time::Month::try_from(number::<u8>(date.get(5..7)?)?).ok()?;
    let date =
        time::Date::from_calendar_date(number(date.get(..4)?)?, month, number(date.get(8..10)?)?).ok()?;
    Some(i64::from(date.to_julian_day()) - 2_440_588)
}

fn seconds(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || [hours, minutes, seconds].iter().any(|part| part.len() != 2) {
        return None;
    }
    let (hours, minutes, seconds): (i64, i64, i64) = (number(hours)?, number(minutes)?, number(seconds)?);
    (hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Seconds east of UTC; no offset at all is UTC, the server's own zone.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 {
        return None;
    }
    Some(sign * (number::<i64>(&digits[..2])? * 3600 + number::<i64>(&digits[2..])? * 60))
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Milliseconds since 1970, this long from now.
pub(super) fn millis(from_now: std::time::Duration) -> i128 {
    (OffsetDateTime::now_utc() + from_now).unix_timestamp_nanos() / 1_000_000
}

/// The form the platform answers with: `2024-03-05T16:40:02.008114+00:00`.
pub(super) fn now() -> String {
    let t = OffsetDateTime::now_utc();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        t.microsecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_same_moment_is_the_same_number() {
        let expected = Some(1_543_837_200_718_020);
        for form in [
            "2018-12-03T11:40:00.718020+00:00",
            "2018-12-03T11:40:00.718020Z",
            "2018-12-03 11:40:00.71802+00:00",
            "2018-12-03T14:40:00.718020+03:00",
            "2018-12-03T11:40:00.718020",
        ] {
            assert_eq!(parse(form), expected, "{form}");
        }
        assert_eq!(parse("2018-12-03"), Some(1_543_795_200_000_000));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "2018-13-01", "2018-12-03T11:40", "2018-12-03T11:40:00 00:00", "yesterday", "ääääääääää"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn now_reads_back() {
        assert!(parse(&now()).is_some());
    }
}
