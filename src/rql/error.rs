//! What RQL cannot say.

use std::error::Error;
use std::fmt;

use crate::text::{Limit, excerpt};

/// Why a [`Query`](super::Query) cannot be sent: RQL, or the platform's reading of it, has no words for it.
///
/// Nothing has been sent when it is returned. `Display` names the property and says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// Not the name of a property: a letter, then letters, digits, `_`, `.` and `-`.
    PropertyName {
        /// The name as given.
        name: String,
    },
    /// `limit`, `offset` or `search` as a property: the platform would not take it for a filter.
    ReservedName {
        /// Which one; the method of this name says it.
        name: String,
    },
    /// A value or pattern with both `"` and `'`: RQL has no escapes inside quotes.
    BothQuotes {
        /// The property compared, or `search`.
        property: String,
        /// The value as given.
        value: String,
    },
    /// The text `empty()` as a value: quoted or not, the platform reads it as the empty text.
    EmptyText {
        /// The property compared.
        property: String,
    },
    /// `in` or `out` without values.
    EmptyList {
        /// `in` or `out`.
        operator: &'static str,
        /// The property compared.
        property: String,
    },
    /// An infinite number, or none at all.
    NotFinite {
        /// The property compared.
        property: String,
    },
    /// A date outside the years 0 to 9999, or with seconds in its offset.
    NoIsoDate {
        /// The property compared.
        property: String,
    },
    /// `**` in a pattern.
    DoubleWildcard {
        /// The property compared.
        property: String,
        /// The pattern as given.
        pattern: String,
    },
    /// A literal star in a pattern that has a wildcard between its ends: the platform would match the wrong objects.
    StarAndWildcard {
        /// The property compared.
        property: String,
        /// The pattern as given.
        pattern: String,
    },
    /// More than five properties to sort by.
    TooManyOrderings {
        /// How many.
        count: usize,
    },
    /// `any` or `not` without anything to hold: no query, or one without a filter.
    NoCondition {
        /// `any` or `not`.
        operator: &'static str,
    },
    /// A query inside `any`, `all` or `not` that does more than filter.
    NotAFilter {
        /// `any`, `all` or `not`.
        operator: &'static str,
        /// `select`, `ordering`, `limit` or `offset`.
        part: &'static str,
    },
    /// A name that the list does not have. The platform would ignore such a filter and list everything.
    UnknownName {
        /// The path of the list.
        list: &'static str,
        /// `filter`, `ordering` or `select`.
        part: &'static str,
        /// The name as given.
        name: String,
        /// The nearest name that the list has, where one is near.
        nearest: Option<String>,
    },
    /// A look-up that the list does not have for this property.
    LookUp {
        /// The path of the list.
        list: &'static str,
        /// The property compared.
        property: String,
        /// The look-up, such as `in`.
        look_up: &'static str,
        /// The look-ups that the list has for it, with spaces between.
        known: String,
    },
    /// `search` in a list that searches no property: the platform would list everything.
    NotSearched {
        /// The path of the list.
        list: &'static str,
    },
    /// The query makes an address that servers do not take.
    TooLong {
        /// Its length in characters.
        length: usize,
        /// The most that is sent.
        most: usize,
    },
    /// Conditions nested deeper than the platform can be expected to read.
    TooDeep {
        /// The deepest nesting allowed.
        max: usize,
    },
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PropertyName { name } => write!(
                f,
                "{} is no property name: a letter first, then letters, digits, '_', '.' and '-'",
                Excerpt(name)
            ),
            Self::ReservedName { name } => {
                write!(f, "{name} is not a property to filter by: use Query::{name} instead")
            }
            Self::BothQuotes { property, value } => write!(
                f,
                "{property}: {} has both kinds of quotes, which RQL cannot say: use like with * in place of a quote",
                Excerpt(value)
            ),
            Self::EmptyText { property } => write!(
                f,
                "{property}: the text \"empty()\" would be read as the empty text: use like for it, or Query::empty"
            ),
            Self::EmptyList { operator: "out", property } => {
                write!(f, "{property}: out without values keeps everything: leave it out")
            }
            Self::EmptyList { operator, property } => {
                write!(f, "{property}: {operator} without values finds nothing: do not ask")
            }
            Self::NotFinite { property } => write!(f, "{property}: not a finite number"),
            Self::NoIsoDate { property } => write!(
                f,
                "{property}: the date has no ISO 8601 form: use years 0 to 9999 and an offset in whole minutes"
            ),
            Self::DoubleWildcard { property, pattern } => write!(
                f,
                "{property}: ** in the pattern {}: write one *, or \\* for a star",
                Excerpt(pattern)
            ),
            Self::StarAndWildcard { property, pattern } => write!(
                f,
                "{property}: the pattern {} has both \\* and a * between its ends, which the platform matches wrongly: \
                 use * for both and check the result",
                Excerpt(pattern)
            ),
            Self::TooManyOrderings { count } => {
                write!(
                    f,
                    "ordering by {count} properties: the platform takes {} at most",
                    super::MAX_ORDERING
                )
            }
            Self::NoCondition { operator } => {
                write!(f, "{operator} without a condition: give it queries with at least one filter each")
            }
            Self::NotAFilter { operator, part } => {
                write!(f, "a query inside {operator} sets {part}: set it on the query around it")
            }
            Self::UnknownName { list, part, name, nearest } => {
                match *part {
                    "ordering" => write!(f, "{list} cannot be sorted by {}", Excerpt(name)),
                    "select" => write!(f, "{list} has no part {} to select", Excerpt(name)),
                    _ => write!(f, "{list} has no filter {} and would list everything", Excerpt(name)),
                }?;
                match nearest {
                    Some(nearest) => write!(f, ": use {nearest:?}"),
                    None => write!(f, ": its documentation shows the names"),
                }?;
                write!(f, ", or Query::unchecked for a name that is newer than this crate")
            }
            Self::LookUp { list, property, look_up, known } => {
                write!(f, "{list} compares {property} by {}, not by {look_up}", known.replace(' ', ", "))
            }
            Self::NotSearched { list } => {
                write!(f, "{list} searches no property and would list everything: use a filter")
            }
            Self::TooLong { length, most } => write!(
                f,
                "the query is {length} characters long, which is more than the {most} that an address has room for: \
                 ask in several parts"
            ),
            Self::TooDeep { max } => write!(f, "conditions nested deeper than {max}: flatten them"),
        }
    }
}

impl Error for QueryError {}

/// The beginning of a text, quoted and with control characters escaped, so that a message stays one line.
struct Excerpt<'a>(&'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", excerpt(self.0, Limit::Chars(60)))
    }
}
