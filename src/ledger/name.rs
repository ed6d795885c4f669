//! Names of steps, and the keys that the vendor's API is given.

use std::fmt::{Display, Write as _};

use crate::error::{LedgerError, LedgerErrorKind};
use crate::text::percent_encode;

/// Longer names would not fit the header of an idempotency key, which many APIs cut at 255 characters.
const LONGEST: usize = 150;

/// What names a step: a text, or a tuple of up to three texts or numbers, such as `("licence", &item.id)`.
pub trait StepName: sealed::Sealed {}

impl<N: sealed::Sealed> StepName for N {}

pub(super) mod sealed {
    pub trait Sealed {
        fn parts(&self) -> Vec<String>;
    }
}

impl sealed::Sealed for &str {
    fn parts(&self) -> Vec<String> {
        vec![(*self).to_owned()]
    }
}

impl sealed::Sealed for String {
    fn parts(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl sealed::Sealed for &String {
    fn parts(&self) -> Vec<String> {
        vec![(*self).clone()]
    }
}

impl<A: Display, B: Display> sealed::Sealed for (A, B) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string()]
    }
}

impl<A: Display, B: Display, C: Display> sealed::Sealed for (A, B, C) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string(), self.2.to_string()]
    }
}

/// The name as it is recorded: its parts in visible ASCII, with `/` between.
///
/// # Errors
///
/// For an empty part and for a name that is too long.
pub(super) fn recorded(name: &impl StepName) -> Result<String, LedgerError> {
    let parts = name.parts();
    let name = parts.iter().map(|part| self::part(part)).collect::<Vec<_>>().join("/");
    if parts.iter().any(|part| part.trim().is_empty()) {
        let text = format!("the step name {name:?} has an empty part: give each step a name of its own");
        return Err(LedgerError::new(LedgerErrorKind::Step, text));
    }
    if name.len() > LONGEST {
        let text = format!("the step name {name:?} is longer than {LONGEST} characters");
        return Err(LedgerError::new(LedgerErrorKind::Step, text));
    }
    Ok(name)
}

/// One part of a name, as it is recorded.
pub(super) fn part(part: &str) -> String {
    percent_encode(part).into_owned()
}

/// The key of a step's generation, in visible ASCII.
pub(super) fn key(id: &str, name: &str, generation: u32) -> String {
    let mut key = id.split('/').map(percent_encode).collect::<Vec<_>>().join("/");
    let _ = write!(key, ":{name}:{generation}");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_parts_and_no_other_name_is_the_same() {
        for (name, expected) in [
            (recorded(&"tenant"), "tenant"),
            (recorded(&String::from("Mieter anlegen")), "Mieter%20anlegen"),
            (recorded(&&String::from("tenant")), "tenant"),
            (recorded(&("licence", "PRD-1-0001")), "licence/PRD-1-0001"),
            (recorded(&("licence", 7)), "licence/7"),
            (recorded(&("a", "b", "c")), "a/b/c"),
            (recorded(&"a/b"), "a%2Fb"),
            (recorded(&"tenant:undo"), "tenant%3Aundo"),
        ] {
            assert_eq!(name.unwrap(), expected);
        }
    }

    #[test]
    fn a_name_that_cannot_be_told_apart_or_is_too_long_is_refused() {
        for name in [recorded(&""), recorded(&("licence", "")), recorded(&" "), recorded(&"é".repeat(60))] {
            assert_eq!(name.unwrap_err().kind(), LedgerErrorKind::Step);
        }
    }

    #[test]
    fn a_key_is_order_step_and_generation_in_visible_ascii() {
        assert_eq!(key("PR-1-001", "licence/PRD-1", 2), "PR-1-001:licence/PRD-1:2");
        let name = recorded(&("größe", "10 %\u{7f}\n")).unwrap();
        for key in [key("PR-1\u{e9} 2", &name, 1), key("LST-1/2024-05", &name, u32::MAX)] {
            assert!(key.bytes().all(|byte| byte.is_ascii_graphic()) && key.len() < 255, "{key}");
        }
    }
}
