//! Exact decimal numbers, and item quantities, which the platform sends as text, as number or as `unlimited`.

use std::cmp::Ordering;
use std::fmt;

use serde::ser::Serializer;

use super::de::{Scalar, Wire, WrongType};
use super::model::serde_impls;

/// The largest power of ten that fits into the mantissa.
const MAX_DIGITS: u32 = 38;

/// An exact decimal number: `"0.1"` is exactly one tenth.
///
/// It holds up to 38 digits; a longer number is not read. A number received as text (`"1.0"`) is written as
/// text, and one received as number (`1.0`) as number; comparisons ignore the difference.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    /// The digits of the number, without trailing zeros after the point.
    mantissa: i128,
    /// The number of digits after the point.
    scale: u8,
    /// Whether the JSON had a number and not a text.
    number: bool,
}

impl Decimal {
    /// Parses `5`, `-5.50`, `.5` or `1e-3`; `None` if the text is no number or has too many digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match rest.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }

        let mut mantissa: i128 = 0;
        let mut scale: i64 = 0;
        // Zeros are counted and applied when another digit follows, so that "1.000…0" fits as "1" does.
        let mut zeros: u32 = 0;
        for (digit, behind) in
            whole.bytes().map(|digit| (digit, false)).chain(fraction.bytes().map(|digit| (digit, true)))
        {
            if !digit.is_ascii_digit() {
                return None;
            }
            scale += i64::from(behind);
            if digit == b'0' {
                zeros = zeros.checked_add(1)?;
                continue;
            }
            if mantissa != 0 {
                mantissa = mantissa.checked_mul(10_i128.checked_pow(zeros)?)?;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
            zeros = 0;
        }
        if mantissa == 0 {
            return Some(Self::default());
        }
        let scale = scale.checked_sub(i64::from(zeros))?.checked_sub(exponent)?;
        let (mantissa, scale) = if scale < 0 {
            let power = u32::try_from(scale.checked_neg()?).ok()?;
            (mantissa.checked_mul(10_i128.checked_pow(power)?)?, 0)
        } else {
            (mantissa, u8::try_from(scale).ok().filter(|scale| u32::from(*scale) <= MAX_DIGITS)?)
        };
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, scale, number: false })
    }

    fn from_float(value: f64) -> Option<Self> {
        // Rust prints the shortest text that parses to the same number.
        Self::parse(&format!("{value:e}")).map(|decimal| Self { number: true, ..decimal })
    }

    /// Returns the nearest floating point number.
    pub fn as_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Returns the number if it is an integer and fits into `i64`.
    pub fn as_i64(self) -> Option<i64> {
        if self.scale == 0 { self.mantissa.try_into().ok() } else { None }
    }

    /// Whether the number is 0.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether the number is greater than 0.
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // The integer parts are compared first, because a common scale of both numbers may not fit.
        let parts = |decimal: &Self| {
            let unit = 10_i128.pow(u32::from(decimal.scale));
            (decimal.mantissa.div_euclid(unit), decimal.mantissa.rem_euclid(unit))
        };
        let (whole, fraction) = parts(self);
        let (other_whole, other_fraction) = parts(other);
        let widen =
            |fraction: i128, scale: u8, to: u8| fraction * 10_i128.pow(u32::from(to.saturating_sub(scale)));
        whole.cmp(&other_whole).then_with(|| {
            widen(fraction, self.scale, other.scale).cmp(&widen(other_fraction, other.scale, self.scale))
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        (self.mantissa, self.scale) == (other.mantissa, other.scale)
    }
}

impl Eq for Decimal {}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: value.into(), scale: 0, number: true }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let text = if scale == 0 {
            digits
        } else {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{whole}.{fraction}")
        };
        f.pad_integral(self.mantissa >= 0, "", &text)
    }
}

impl Wire for Decimal {
    const EXPECTING: &'static str = "a number, as such or as text, or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Text(text) => Self::parse(text),
            Scalar::Int(value) => Some(Self { mantissa: value, scale: 0, number: true }),
            Scalar::Float(value) => Self::from_float(value),
            Scalar::Null | Scalar::Bool(_) => None,
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if !self.number {
            return out.collect_str(self);
        }
        match (self.as_i64(), u64::try_from(self.mantissa)) {
            (Some(whole), _) => out.serialize_i64(whole),
            (None, Ok(whole)) if self.scale == 0 => out.serialize_u64(whole),
            _ => out.serialize_f64(self.as_f64()),
        }
    }
}

/// Quantity of an item: `"5"`, `"5.5"`, `5`, `50.0` and `"unlimited"` in one type.
///
/// Quantities compare by value, in whichever form they were received, and `Unlimited` is the largest. A text
/// that is neither a number nor `unlimited` is kept as `Unknown`, which equals itself and has no order.
///
/// ```
/// use connect::models::Quantity;
/// # fn main() -> serde_json::Result<()> {
/// let seats: Quantity = serde_json::from_str("50.0")?;
/// assert_eq!(seats, Quantity::from(50));
/// assert_eq!(seats, Quantity::from("50"));
/// assert!(seats < Quantity::Unlimited);
/// assert_eq!(Quantity::from("-1"), Quantity::Unlimited);
/// assert_eq!(Quantity::from("0.10").to_string(), "0.1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// The quantity is unlimited: `"unlimited"`, or -1 as in the Python SDK.
    Unlimited,
    /// The quantity is a number.
    Number(Decimal),
    /// The text is neither a number nor `unlimited`; it is kept as received.
    Unknown(Box<str>),
}

impl Quantity {
    /// Whether the quantity is unlimited.
    pub fn is_unlimited(&self) -> bool {
        matches!(self, Self::Unlimited)
    }

    /// Whether the quantity is 0.
    pub fn is_zero(&self) -> bool {
        matches!(self, Self::Number(number) if number.is_zero())
    }

    /// Whether the quantity is greater than 0 or unlimited.
    pub fn is_positive(&self) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Number(number) => number.is_positive(),
            Self::Unknown(_) => false,
        }
    }

    /// Returns the nearest floating point number; `None` if the quantity is unlimited or no number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// Returns the quantity if it is an integer and fits into `i64`.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }
}

impl Default for Quantity {
    /// A quantity of zero.
    fn default() -> Self {
        Self::Number(Decimal::default())
    }
}

impl From<Decimal> for Quantity {
    fn from(number: Decimal) -> Self {
        if number.mantissa == -1 && number.scale == 0 { Self::Unlimited } else { Self::Number(number) }
    }
}

impl From<i64> for Quantity {
    fn from(number: i64) -> Self {
        Decimal::from(number).into()
    }
}

impl From<&str> for Quantity {
    fn from(text: &str) -> Self {
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Self::Unlimited;
        }
        Decimal::parse(text).map_or_else(|| Self::Unknown(text.into()), Self::from)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => Some(one.cmp(other)),
            (Self::Unlimited, Self::Unlimited) => Some(Ordering::Equal),
            (Self::Unlimited, Self::Number(_)) => Some(Ordering::Greater),
            (Self::Number(_), Self::Unlimited) => Some(Ordering::Less),
            (Self::Unknown(one), Self::Unknown(other)) if one == other => Some(Ordering::Equal),
            _ => None,
        }
    }
}

impl PartialEq<i64> for Quantity {
    fn eq(&self, other: &i64) -> bool {
        self.as_i64() == Some(*other) || (*other == -1 && self.is_unlimited())
    }
}

impl PartialOrd<i64> for Quantity {
    fn partial_cmp(&self, other: &i64) -> Option<Ordering> {
        self.partial_cmp(&Self::from(*other))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.pad("unlimited"),
            Self::Number(number) => number.fmt(f),
            Self::Unknown(text) => f.pad(text),
        }
    }
}

impl Wire for Quantity {
    const EXPECTING: &'static str = "a quantity (a number, as such or as text, or \"unlimited\") or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Text("") => None,
            Scalar::Text(text) => Some(Self::from(text)),
            Scalar::Float(value) if Decimal::from_float(value).is_none() => {
                Some(Self::Unknown(value.to_string().into()))
            }
            other => Decimal::from_scalar(other)?.map(Self::from),
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.write(out),
            other => out.collect_str(other),
        }
    }
}

serde_impls!(Decimal, read_value);
serde_impls!(Quantity, read_value);

#[cfg(test)]
mod tests;
