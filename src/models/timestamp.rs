//! Dates and times in every form that the platform has used, and bounds of a period, which may be whole days.

use serde::ser::Serializer;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::de::{Scalar, Wire, WrongType};

/// Reads a date and time such as `2024-03-04T09:12:44.317205+00:00`; the result is in UTC.
///
/// Also accepted: a blank in place of `T`, `Z` or no offset for UTC, any number of decimals, and a date
/// alone, which means midnight. Any other text is `None`, the empty text included.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    Some(parse_date_or_date_time(text)?.at)
}

fn parse_date_or_date_time(text: &str) -> Option<DateOrDateTime> {
    let text = text.trim().as_bytes();
    let (date, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return None;
    };
    let year = i32::from(two_digits(y1, y2)?) * 100 + i32::from(two_digits(y3, y4)?);
    let month = Month::try_from(two_digits(m1, m2)?).ok()?;
    let date = Date::from_calendar_date(year, month, two_digits(d1, d2)?).ok()?;
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        let midnight = PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc();
        return rest.is_empty().then_some(DateOrDateTime { at: midnight, date_only: true });
    };

    let (clock, rest) = rest.split_at_checked(5)?;
    let [h1, h2, b':', m1, m2] = *clock else {
        return None;
    };
    let (second, rest) = match *rest {
        [b':', s1, s2, ref rest @ ..] => (two_digits(s1, s2)?, rest),
        _ => (0, rest),
    };
    let (nanosecond, rest) = match rest {
        [b'.' | b',', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    // A leap second is read as the second before it.
    let second = if second == 60 { 59 } else { second };
    let time = Time::from_hms_nano(two_digits(h1, h2)?, two_digits(m1, m2)?, second, nanosecond);
    let at = PrimitiveDateTime::new(date, time.ok()?).assume_offset(offset(rest.trim_ascii_start())?);
    // The conversion to UTC fails at either end of the calendar.
    let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() >= 0)?;
    Some(DateOrDateTime { at, date_only: false })
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

/// Reads nanoseconds from the digits after the point; digits beyond the ninth are dropped.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(length)?;
    let nanoseconds = (0..9)
        .fold(0, |value, place| value * 10 + digits.get(place).map_or(0, |digit| u32::from(digit - b'0')));
    (length > 0).then_some((nanoseconds, rest))
}

fn offset(text: &[u8]) -> Option<UtcOffset> {
    let (sign, rest) = match text {
        [] | [b'Z' | b'z'] => return Some(UtcOffset::UTC),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match *rest {
        [h1, h2] => (two_digits(h1, h2)?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (two_digits(h1, h2)?, two_digits(m1, m2)?),
        _ => return None,
    };
    if hours > 23 {
        return None;
    }
    UtcOffset::from_hms(sign * hours.cast_signed(), sign * minutes.cast_signed(), 0).ok()
}

/// Writes a date and time in UTC as the platform does: `YYYY-MM-DDTHH:MM:SS[.ffffff]+00:00`.
pub(crate) fn format(at: OffsetDateTime) -> String {
    // The conversion to UTC fails only at either end of the calendar.
    let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or_else(|| at.replace_offset(UtcOffset::UTC));
    let (date, time) = (at.date(), at.time());
    let fraction = match at.nanosecond() {
        0 => String::new(),
        nanoseconds if nanoseconds % 1000 == 0 => format!(".{:06}", nanoseconds / 1000),
        nanoseconds => format!(".{nanoseconds:09}"),
    };
    let (hour, minute, second) = time.as_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}+00:00", format_date(date))
}

fn format_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// A date, or a date and time: one end of a [`Period`](super::Period).
///
/// Usage files have dates, billing periods have dates and times. Each is written in the form it was received
/// in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DateOrDateTime {
    /// Date and time in UTC; midnight for a date alone.
    pub at: OffsetDateTime,
    /// Whether the platform sent a date without a time.
    pub date_only: bool,
}

impl From<OffsetDateTime> for DateOrDateTime {
    fn from(at: OffsetDateTime) -> Self {
        Self { at, date_only: false }
    }
}

impl Wire for OffsetDateTime {
    const EXPECTING: &'static str = "a date and time or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(if let Scalar::Text(text) = scalar { parse(text) } else { None })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&format(*self))
    }
}

impl Wire for DateOrDateTime {
    const EXPECTING: &'static str = "a date, a date and time, or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(if let Scalar::Text(text) = scalar { parse_date_or_date_time(text) } else { None })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&if self.date_only { format_date(self.at.date()) } else { format(self.at) })
    }
}

#[cfg(test)]
mod tests;
