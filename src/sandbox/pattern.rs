//! Which calls something is for: a method and a path with stars.

use std::fmt;

use super::journal::RecordedCall;

/// A method, `*` for all, and a path relative to the base path; in it, `*` stands for one segment, and `**` at the end for
/// any rest.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    method: String,
    path: String,
}

impl Pattern {
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned() }
    }

    pub(super) fn matches(&self, call: &RecordedCall) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(&call.method))
            && path_matches(&self.path, call.route())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.trim_matches('/').split('/');
    for expected in pattern.trim_matches('/').split('/') {
        match (expected, parts.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (expected, Some(part)) if expected == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_segments() {
        assert!(path_matches("/requests/*/approve", "/requests/PR-1/approve"));
        assert!(path_matches("/requests/**", "/requests/PR-1/approve"));
        assert!(path_matches("/requests", "/requests/"));
        assert!(!path_matches("/requests/*", "/requests"));
        assert!(!path_matches("/requests/*", "/requests/PR-1/approve"));
    }
}
