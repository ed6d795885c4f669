//! Points in time in every form the platform has used, and a period's bounds, which may be whole days.

use serde::ser::Serializer;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::de::{Misfit, Scalar, Wire};

/// Reads `2024-03-04T09:12:44.317205+00:00` and its relatives, in UTC.
///
/// A blank for the `T`, `Z` or no offset for UTC, any number of decimals and a date alone (midnight) are all
/// fine; anything else, the empty text included, is `None`.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    Some(parse_moment(text)?.at)
}

fn parse_moment(text: &str) -> Option<Moment> {
    let text = text.trim().as_bytes();
    let (date, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return None;
    };
    let year = i32::from(two(y1, y2)?) * 100 + i32::from(two(y3, y4)?);
    let month = Month::try_from(two(m1, m2)?).ok()?;
    let date = Date::from_calendar_date(year, month, two(d1, d2)?).ok()?;
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        let midnight = PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc();
        return rest.is_empty().then_some(Moment { at: midnight, date_only: true });
    };

    let (clock, rest) = rest.split_at_checked(5)?;
    let [h1, h2, b':', m1, m2] = *clock else {
        return None;
    };
    let (second, rest) = match *rest {
        [b':', s1, s2, ref rest @ ..] => (two(s1, s2)?, rest),
        _ => (0, rest),
    };
    let (nanosecond, rest) = match rest {
        [b'.' | b',', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    // A leap second counts as the one before it.
    let second = if second == 60 { 59 } else { second };
    let time = Time::from_hms_nano(two(h1, h2)?, two(m1, m2)?, second, nanosecond);
    let at = PrimitiveDateTime::new(date, time.ok()?).assume_offset(offset(rest.trim_ascii_start())?);
    // The offset can lead out of the calendar at either end.
    let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() >= 0)?;
    Some(Moment { at, date_only: false })
}

fn two(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

/// Nanoseconds from the digits behind the point; more than nine are cut.
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
        [h1, h2] => (two(h1, h2)?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (two(h1, h2)?, two(m1, m2)?),
        _ => return None,
    };
    if hours > 23 {
        return None;
    }
    UtcOffset::from_hms(sign * hours.cast_signed(), sign * minutes.cast_signed(), 0).ok()
}

/// `YYYY-MM-DDTHH:MM:SS[.ffffff]+00:00`, the platform's own form, in UTC.
pub(crate) fn format(at: OffsetDateTime) -> String {
    // Only the very ends of the calendar have no UTC form.
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

/// A bound of a [`Period`](super::Period): a point in time, or a whole day.
///
/// Usage files have days, billing periods have points in time; each is written as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// The point in time; midnight UTC of a whole day.
    pub at: OffsetDateTime,
    /// Whether only a date was given.
    pub date_only: bool,
}

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        Self { at, date_only: false }
    }
}

impl Wire for OffsetDateTime {
    const EXPECTING: &'static str = "a date and time or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, Misfit> {
        Ok(if let Scalar::Text(text) = scalar { parse(text) } else { None })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&format(*self))
    }
}

impl Wire for Moment {
    const EXPECTING: &'static str = "a date, a date and time, or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, Misfit> {
        Ok(if let Scalar::Text(text) = scalar { parse_moment(text) } else { None })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&if self.date_only { format_date(self.at.date()) } else { format(self.at) })
    }
}

#[cfg(test)]
mod tests;
