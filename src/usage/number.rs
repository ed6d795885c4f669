//! Numbers of usage records, which must arrive as the very decimal that was given.

use std::fmt;

use crate::models::Decimal;

/// A quantity or an amount: a decimal that reaches the workbook exactly as given, or not at all.
///
/// Made from integers, floats and text. Nothing is checked at that moment: what is not a plain decimal, or has more
/// digits than a cell holds (some 15 to 17), is reported with its row when the records are submitted, and nothing is
/// sent. The default is empty: no cell.
///
/// ```
/// use connect::usage::Number;
///
/// let record = connect::usage::UsageRecord {
///     quantity: 5.into(),
///     amount: "12.50".into(),
///     ..Default::default()
/// };
/// assert_eq!(record.quantity.to_string(), "5");
/// assert!(Number::default().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, Debug, Default, PartialEq)]
enum Repr {
    #[default]
    Empty,
    Int(i64),
    Float(f64),
    Text(String),
}

/// Below it every integer is an `f64` whose shortest text is that integer.
const EXACT_INT: u64 = 1 << 53;

impl Number {
    /// True if there is no number: the default, or blank text.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Empty => true,
            Repr::Text(text) => text.trim().is_empty(),
            Repr::Int(_) | Repr::Float(_) => false,
        }
    }

    /// The cell's value; `None` if there is no number.
    pub(crate) fn to_cell(&self) -> Result<Option<f64>, NotExact> {
        let value = match &self.0 {
            _ if self.is_empty() => return Ok(None),
            Repr::Empty => return Ok(None),
            Repr::Float(value) if value.is_finite() => *value,
            Repr::Float(_) => return Err(NotExact::NotFinite),
            #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
            Repr::Int(value) if value.unsigned_abs() < EXACT_INT => *value as f64,
            Repr::Int(value) => exact(&value.to_string())?,
            Repr::Text(text) => exact(text.trim())?,
        };
        // "-0" would be another text than "0" for the same number.
        Ok(Some(if value == 0.0 { 0.0 } else { value }))
    }
}

/// Why a [`Number`] cannot stand in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NotExact {
    NotFinite,
    NotDecimal,
    TooManyDigits,
}

impl fmt::Display for NotExact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "is not a finite number",
            Self::NotDecimal => "is not a plain decimal number such as 12.50",
            Self::TooManyDigits => "has more digits than a spreadsheet cell holds exactly: round it",
        })
    }
}

/// A cell holds an `f64` and the file its shortest text; the two must mean the same decimal.
fn exact(text: &str) -> Result<f64, NotExact> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    let value: f64 = text.parse().ok().filter(|_| is_plain).ok_or(NotExact::NotDecimal)?;
    let given = Decimal::parse(text).ok_or(NotExact::TooManyDigits)?;
    let written = Decimal::parse(&value.to_string());
    (written == Some(given)).then_some(value).ok_or(NotExact::TooManyDigits)
}

/// The decimal as given; nothing if empty.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Empty => Ok(()),
            Repr::Int(value) => value.fmt(f),
            Repr::Float(value) => value.fmt(f),
            Repr::Text(text) => text.fmt(f),
        }
    }
}

macro_rules! from_int {
    ($($type:ty),+) => {$(
        impl From<$type> for Number {
            fn from(value: $type) -> Self {
                Self(Repr::Int(value.into()))
            }
        }
    )+};
}

from_int!(i64, i32, u32);

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or_else(|_| Repr::Text(value.to_string()), Repr::Int))
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(Repr::Float(value))
    }
}

impl From<String> for Number {
    fn from(text: String) -> Self {
        Self(Repr::Text(text))
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self(Repr::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(number: impl Into<Number>) -> Result<Option<f64>, NotExact> {
        number.into().to_cell()
    }

    #[test]
    fn decimals_that_a_cell_holds_are_taken() {
        for (text, value) in [
            ("0.1", 0.1),
            ("12.50", 12.5),
            ("1234567.12345678", 1_234_567.123_456_78),
            ("007", 7.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("+3", 3.0),
            ("-2.25", -2.25),
            (" 8 ", 8.0),
            ("999999999999999", 999_999_999_999_999.0),
            ("100000000000000000000", 1e20),
        ] {
            assert_eq!(cell(text), Ok(Some(value)), "{text}");
        }
        assert_eq!(cell(-7), Ok(Some(-7.0)));
        assert_eq!(cell(7_u32), Ok(Some(7.0)));
        assert_eq!(cell(0.1 + 0.2), Ok(Some(0.300_000_000_000_000_04)));
        assert_eq!(cell((1_i64 << 53) - 1), Ok(Some(9_007_199_254_740_991.0)));
    }

    #[test]
    fn digits_beyond_a_cell_are_refused_not_rounded() {
        for text in ["0.1000000000000000055", "9007199254740993", "1234567890.12345678901", "1e309"] {
            assert!(cell(text).is_err(), "{text}");
        }
        assert_eq!(cell("12345678901234567890"), Err(NotExact::TooManyDigits));
        assert_eq!(cell((1_i64 << 60) + 1), Err(NotExact::TooManyDigits));
        assert_eq!(cell(u64::MAX), Err(NotExact::TooManyDigits));
        assert_eq!(cell("9".repeat(400)), Err(NotExact::TooManyDigits));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["abc", "1,5", "1e3", "NaN", "inf", "-", ".", "0x10", "1.2.3", "--1", "1 000", "٣"] {
            assert_eq!(cell(text), Err(NotExact::NotDecimal), "{text}");
        }
        assert_eq!(cell(f64::NAN), Err(NotExact::NotFinite));
        assert_eq!(cell(f64::NEG_INFINITY), Err(NotExact::NotFinite));
    }

    #[test]
    fn blank_is_no_number() {
        assert_eq!(cell(""), Ok(None));
        assert_eq!(cell("  "), Ok(None));
        assert_eq!(Number::default().to_cell(), Ok(None));
    }

    #[test]
    fn minus_zero_is_zero() {
        for zero in [cell(-0.0), cell("-0"), cell("-0.00")] {
            assert_eq!(zero.map(|z| z.map(f64::to_bits)), Ok(Some(0.0_f64.to_bits())));
        }
    }
}
