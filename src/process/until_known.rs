//! Was it carried out? A call that must not be done twice is sent, looked up and sent again until that is known.

use crate::error::{Error, Result};

/// What a call that must not be done twice came to.
#[derive(Debug)]
pub(crate) enum Known<A, T> {
    /// The platform answered it.
    Answered(A),
    /// The look-up showed what the call leads to, or that somebody else was faster.
    Found {
        there: T,
        /// An answer was lost before, so this may be the call's own work.
        lost: bool,
    },
    /// It was certainly not carried out.
    Refused(Error),
    /// It may have been carried out, now or later.
    Unknown(Error),
}

/// What a refusal of the first attempt means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The call was not carried out, and that is all.
    IsFinal,
    /// Somebody else may have been faster, so the object is looked at.
    IsLookedAt,
}

/// Sends until it is known what became of it.
///
/// `look` is told whether an answer was lost. It tells what the call leads to, or `None` where things are as they were
/// before it. `pause` waits before the next attempt, and is false where none is to be made.
pub(crate) fn until_known<A, T>(
    refusal: Refusal,
    mut send: impl FnMut() -> Result<A>,
    mut look: impl FnMut(bool) -> Result<Option<T>>,
    mut pause: impl FnMut(u32, &Error) -> bool,
) -> Known<A, T> {
    let mut attempt = 1;
    let mut lost = false;
    loop {
        let error = match send() {
            Ok(answer) => return Known::Answered(answer),
            Err(error) => error,
        };
        let refused = !error.may_have_happened();
        lost |= !refused;
        let looks = lost || (refusal == Refusal::IsLookedAt && state_may_explain(&error));
        if !looks {
            return Known::Refused(error);
        }
        // What was lost may take a moment to show; a refusal speaks of what is there now.
        let again = !refused && pause(attempt, &error);
        loop {
            match look(lost) {
                Ok(Some(there)) => return Known::Found { there, lost },
                Ok(None) if !lost => return Known::Refused(error),
                Ok(None) => {}
                Err(look_up) => {
                    log::warn!(target: "connect::process", "{}what became of a call is not known: {error}; {look_up}", crate::scope::Prefix);
                    return if lost { Known::Unknown(error) } else { Known::Refused(error) };
                }
            }
            if !refused {
                break;
            }
            // The refusal of a second attempt may be due to the first one, which does not show yet.
            if !pause(attempt, &error) {
                return Known::Unknown(error);
            }
            attempt += 1;
        }
        if !again {
            return Known::Unknown(error);
        }
        attempt += 1;
    }
}

/// Whether the state of the object may explain a refusal.
pub(super) fn state_may_explain(error: &Error) -> bool {
    error
        .status()
        .is_some_and(|status| (400..500).contains(&status) && !matches!(status, 401 | 403 | 405 | 408 | 429))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;

    fn answered(status: u16) -> Error {
        Error::Api(Box::new(ApiError::new("POST", "/requests/PR-1/approve", status, b"")))
    }

    const FINAL: Refusal = Refusal::IsFinal;
    const LOOKED_AT: Refusal = Refusal::IsLookedAt;

    /// One letter for each step: `s` a send, `p` a pause, `l` a look-up; and what it came to.
    fn run(refusal: Refusal, sends: &[u16], looks: &[Option<bool>], pauses: u32) -> String {
        let steps = std::cell::RefCell::new(String::new());
        let (mut sends, mut looks) = (sends.iter(), looks.iter());
        let known = until_known(
            refusal,
            || {
                steps.borrow_mut().push('s');
                match sends.next() {
                    Some(200) => Ok(()),
                    Some(0) => Err(Error::input("nothing that can be sent")),
                    Some(status) => Err(answered(*status)),
                    None => panic!("sent once too often after {}", steps.borrow()),
                }
            },
            |_| {
                steps.borrow_mut().push('l');
                match looks.next() {
                    Some(Some(there)) => Ok(there.then_some(())),
                    Some(None) => Err(answered(500)),
                    None => panic!("looked up once too often after {}", steps.borrow()),
                }
            },
            |attempt, _| {
                let waits = attempt <= pauses;
                if waits {
                    steps.borrow_mut().push('p');
                }
                waits
            },
        );
        let end = match known {
            Known::Answered(()) => "answered".into(),
            Known::Found { lost: true, .. } => "found".into(),
            Known::Found { lost: false, .. } => "found done by another".into(),
            Known::Refused(error) => format!("refused {}", error.status().unwrap_or_default()),
            Known::Unknown(error) => format!("unknown {}", error.status().unwrap_or_default()),
        };
        format!("{} {end}", steps.into_inner())
    }

    #[test]
    fn each_answer_leads_to_its_end() {
        let (there, not, failed) = (Some(true), Some(false), None);
        for (name, refusal, sends, looks, expected) in [
            ("done", LOOKED_AT, &[200][..], &[][..], "s answered"),
            ("refused", LOOKED_AT, &[400], &[not], "sl refused 400"),
            ("refused, nobody looks", FINAL, &[400], &[], "s refused 400"),
            ("refused for the key", LOOKED_AT, &[401], &[], "s refused 401"),
            ("refused since another was faster", LOOKED_AT, &[409], &[there], "sl found done by another"),
            ("refused, look-up failed", LOOKED_AT, &[400], &[failed], "sl refused 400"),
            ("lost then found", LOOKED_AT, &[502], &[there], "spl found"),
            ("lost then done", LOOKED_AT, &[502, 200], &[not], "spls answered"),
            ("lost then refused, found", FINAL, &[502, 400], &[not, there], "splsl found"),
            ("lost then refused, found later", LOOKED_AT, &[502, 400], &[not, not, there], "splslpl found"),
            ("lost then refused, never found", FINAL, &[502, 400], &[not, not, not], "splslpl unknown 400"),
            (
                "lost then refused for the key",
                LOOKED_AT,
                &[502, 401],
                &[not, not, not],
                "splslpl unknown 401",
            ),
            ("lost, look-up failed", LOOKED_AT, &[502], &[failed], "spl unknown 502"),
            ("lost, then look-up failed", LOOKED_AT, &[502, 400], &[not, failed], "splsl unknown 400"),
            ("out of attempts", LOOKED_AT, &[502, 502, 502], &[not, not, not], "splsplsl unknown 502"),
        ] {
            assert_eq!(run(refusal, sends, looks, 2), expected, "{name}");
        }
    }

    #[test]
    fn a_refusal_that_no_state_explains_is_not_looked_up() {
        // 0 stands for a call that was never sent.
        for status in [0, 401, 403, 405, 429] {
            assert_eq!(run(LOOKED_AT, &[status], &[], 2), format!("s refused {status}"));
        }
        for status in [400, 404, 409, 422] {
            assert_eq!(run(LOOKED_AT, &[status], &[Some(false)], 2), format!("sl refused {status}"));
        }
    }

    #[test]
    fn a_single_attempt_is_looked_up_and_not_sent_again() {
        assert_eq!(run(LOOKED_AT, &[502], &[Some(false)], 0), "sl unknown 502");
        assert_eq!(run(LOOKED_AT, &[502], &[Some(true)], 0), "sl found");
    }
}
