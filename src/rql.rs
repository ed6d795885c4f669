//! Queries in the platform's Resource Query Language (RQL): which objects of a list, in which order, how many.
//!
//! A [`Query`] is built by chaining and is handed to whatever lists something. Each filter added narrows the
//! result; several filters on one property all count.
//!
//! ```
//! use connect::rql::Query;
//!
//! let pending = Query::new()
//!     .equal("status", "pending")
//!     .in_("asset.product.id", ["PRD-1", "PRD-2"])
//!     .ordering(["-created"])
//!     .limit(100);
//! assert_eq!(
//!     pending.compile()?,
//!     "?in(asset.product.id,(PRD-1,PRD-2))&eq(status,pending)&ordering(-created)&limit=100"
//! );
//! # Ok::<(), connect::rql::QueryError>(())
//! ```
//!
//! **The platform ignores filters whose property it does not know**: a misspelt property would list everything. So each
//! list of this crate and each loop refuses, before any call, a name that the list does not have, and names the nearest
//! one that it has. The method of a list shows its names; [`Query::unchecked`] sends a name that is newer than this crate.
//!
//! # Values
//!
//! Text, whole and broken numbers, booleans and [`time::OffsetDateTime`] are taken as they are. What the platform
//! would read as something else is quoted and percent-encoded, so no value can end a filter or begin another:
//!
//! ```
//! # use connect::rql::Query;
//! assert_eq!(Query::new().equal("name", "a,b").compile()?, "?eq(name,%22a%2Cb%22)");
//! assert_eq!(Query::new().equal("name", "x)&limit=1").compile()?, "?eq(name,%22x%29%26limit%3D1%22)");
//! assert_eq!(Query::new().greater("balance", 2.5).compile()?, "?gt(balance,2.5)");
//! assert_eq!(
//!     Query::new().greater_equal("created", time::OffsetDateTime::UNIX_EPOCH).compile()?,
//!     "?ge(created,1970-01-01T00:00:00Z)"
//! );
//! # Ok::<(), connect::rql::QueryError>(())
//! ```
//!
//! RQL has no escapes inside quotes. The few things it cannot say are refused by [`Query::compile`] (and so by every
//! call that takes a query) with a [`QueryError`]; nothing is ever dropped or sent as something else:
//!
//! ```
//! use connect::rql::{Query, QueryError};
//!
//! let both = Query::new().equal("name", r#"6' 2""#).compile();
//! assert!(matches!(both, Err(QueryError::BothQuotes { property, .. }) if property == "name"));
//!
//! let nothing = Query::new().in_("id", [""; 0]).compile();
//! assert!(matches!(nothing, Err(QueryError::EmptyList { .. })));
//! ```
//!
//! # Patterns
//!
//! [`like`](Query::like) and [`ilike`](Query::ilike) take a pattern in which `*` stands for any text; without one it
//! is an exact comparison. [`literal`] makes any text safe inside a pattern:
//!
//! ```
//! use connect::rql::{Query, literal};
//!
//! assert_eq!(Query::new().ilike("name", "*cloud*").compile()?, "?ilike(name,*cloud*)");
//! let starts = format!("{}*", literal("5*"));
//! assert_eq!(Query::new().like("name", &starts).compile()?, "?like(name,%225%5C%2A%2A%22)");
//! # Ok::<(), connect::rql::QueryError>(())
//! ```
//!
//! # And, or, not
//!
//! The filters of one query must all hold. [`any`](Query::any) (RQL's `or`), [`not`](Query::not) and
//! [`all`](Query::all) (`and`) add one more condition, made of other queries:
//!
//! ```
//! # use connect::rql::Query;
//! let query = Query::new().equal("status", "pending").any([
//!     Query::new().equal("type", "purchase"),
//!     Query::new().equal("type", "change").not(Query::new().null("assignee.id")),
//! ]);
//! assert_eq!(
//!     query.compile()?,
//!     "?eq(status,pending)&or(eq(type,purchase),and(eq(type,change),not(eq(assignee.id,null()))))"
//! );
//! # Ok::<(), connect::rql::QueryError>(())
//! ```
//!
//! [`not_equal`](Query::not_equal), [`out`](Query::out) and [`not`](Query::not) keep objects that have no value for
//! the property; the comparisons with `<` and `>` do not. The platform negates single comparisons only, so `not`
//! around more is turned inside out:
//!
//! ```
//! # use connect::rql::Query;
//! let cheap_and_small = Query::new().lesser("price", 5).lesser("size", 2);
//! assert_eq!(Query::new().not(cheap_and_small).compile()?, "?or(not(lt(price,5)),not(lt(size,2)))");
//! # Ok::<(), connect::rql::QueryError>(())
//! ```
//!
//! # The order of the parts
//!
//! It is that of the Python SDK, whatever the order of the calls: `select`, `like`, `ilike`, `in`, `out`, comparisons
//! grouped by operator (operators in order of first use), then what that SDK does not have (negations, `or`, `search`,
//! in order of addition), `ordering`, `limit`, `offset`. The same calls always give the same text.

mod encode;
mod error;
mod filter;
mod holds;
mod list;
pub(crate) mod names;
mod parts;
mod pattern;
mod value;

#[cfg(test)]
mod tests;

pub use self::error::QueryError;
pub(crate) use self::list::{LOOK_UP, ValueList};
pub(crate) use self::parts::LONGEST;
pub use self::pattern::literal;
pub use self::value::Value;

use self::filter::{Connective, Filter, Op};

/// Most properties the platform sorts by in one query.
const MAX_ORDERING: usize = 5;

/// What to list: filters that must all hold, and how to sort and cut the result.
///
/// See the [module](self) for a tour. Building never fails: what cannot be said is reported by
/// [`compile`](Self::compile), the first mistake first. `Query::new()` is everything.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Query {
    unchecked: bool,
    select: Vec<String>,
    filters: Vec<Filter>,
    ordering: Vec<String>,
    limit: Option<u64>,
    offset: Option<u64>,
    refused: Option<Box<QueryError>>,
}

impl Query {
    /// Everything: no filter, the platform's own order and page size.
    pub fn new() -> Self {
        Self::default()
    }

    /// The property is one of the values. At least one is needed: "one of none" is refused, not dropped.
    ///
    /// A list of ids, of `id` or of a name such as `asset.id`, that is too long for one address (7,900 characters) is
    /// read in several calls: each object comes once, the ordering holds within each part, and limit and offset count
    /// over all parts. Any other query that is too long is refused, and so is the filter of a run.
    #[doc(alias = "in")]
    pub fn in_<V: Into<Value>>(self, property: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.add(Filter::comparison(Op::In, property, values))
    }

    /// The property is none of the values; objects without a value are kept. At least one value is needed.
    pub fn out<V: Into<Value>>(self, property: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.add(Filter::comparison(Op::Out, property, values))
    }

    /// The property matches a pattern: `*` is any text, `\*` a star, `\\` a backslash, anything else itself.
    ///
    /// Without a `*` it is an exact comparison. Text that is not a pattern goes through [`literal`] first.
    pub fn like(self, property: &str, pattern: &str) -> Self {
        self.add(Filter::pattern(Op::Like, property, pattern))
    }

    /// [`like`](Self::like) without regard to letter case.
    pub fn ilike(self, property: &str, pattern: &str) -> Self {
        self.add(Filter::pattern(Op::Ilike, property, pattern))
    }

    /// `eq`: the property is this value.
    #[doc(alias = "eq")]
    pub fn equal(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Eq, property, value)
    }

    /// `ne`: the property is not this value; objects without a value are kept.
    #[doc(alias = "ne")]
    pub fn not_equal(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Ne, property, value)
    }

    /// `gt`: the property is above this value.
    #[doc(alias = "gt")]
    pub fn greater(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Gt, property, value)
    }

    /// `ge`: the property is this value or above.
    #[doc(alias = "ge")]
    pub fn greater_equal(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Ge, property, value)
    }

    /// `lt`: the property is below this value.
    #[doc(alias = "lt")]
    pub fn lesser(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Lt, property, value)
    }

    /// `le`: the property is this value or below.
    #[doc(alias = "le")]
    pub fn lesser_equal(self, property: &str, value: impl Into<Value>) -> Self {
        self.compare(Op::Le, property, value)
    }

    /// The property has no value: `eq(property,null())`.
    pub fn null(self, property: &str) -> Self {
        self.add(Filter::constant(Op::Eq, property, "null()"))
    }

    /// The property has a value: `ne(property,null())`.
    #[doc(alias = "null")]
    pub fn not_null(self, property: &str) -> Self {
        self.add(Filter::constant(Op::Ne, property, "null()"))
    }

    /// The property is the empty text: `eq(property,empty())`.
    pub fn empty(self, property: &str) -> Self {
        self.add(Filter::constant(Op::Eq, property, "empty()"))
    }

    /// The property is not the empty text: `ne(property,empty())`. Objects without a value are kept.
    #[doc(alias = "empty")]
    pub fn not_empty(self, property: &str) -> Self {
        self.add(Filter::constant(Op::Ne, property, "empty()"))
    }

    /// The text occurs, in any letter case, in one of the properties the list's documentation marks as searched.
    ///
    /// The platform takes a `*` in it as any text, as in a pattern.
    pub fn search(self, text: &str) -> Self {
        self.add(Filter::search(text))
    }

    /// At least one of the queries holds: RQL's `or`. None at all, or one without a filter, is refused.
    #[doc(alias = "or")]
    pub fn any(self, queries: impl IntoIterator<Item = Self>) -> Self {
        let parts = queries.into_iter().map(|query| query.into_filter("any"));
        let parts: Result<Vec<_>, _> = parts.collect();
        self.add(parts.and_then(|parts| Filter::group("any", Connective::Or, parts)))
    }

    /// All of the queries hold: RQL's `and`. None at all adds nothing.
    ///
    /// The filters of one query are joined this way already; this joins queries that were built apart.
    #[doc(alias = "and")]
    pub fn all(mut self, queries: impl IntoIterator<Item = Self>) -> Self {
        for query in queries {
            match query.into_filters("all") {
                Ok(filters) if filters.is_empty() => {}
                Ok(filters) if self.filters.is_empty() => self.filters = filters,
                Ok(filters) => self = self.add(Filter::group("all", Connective::And, filters)),
                Err(error) => self.refuse(error),
            }
        }
        self
    }

    /// The query does not hold. A query without a filter is refused.
    ///
    /// `not` of a comparison keeps objects without a value, so `not(greater)` is more than `lesser_equal`.
    pub fn not(self, query: Self) -> Self {
        self.add(query.into_filter("not").map(Filter::negated))
    }

    /// Adds parts the list leaves out by default, or with a leading `-` drops parts it has (`-configuration`).
    ///
    /// Called again, it adds to the selection: a query has only one.
    pub fn select(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.add_signed(|query| &mut query.select, names);
        self
    }

    /// Sorts by these properties, the first one first; with a leading `-` from high to low. Five at most.
    ///
    /// Called again, it sorts further: a query has only one ordering.
    pub fn ordering(mut self, properties: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.add_signed(|query| &mut query.ordering, properties);
        let count = self.ordering.len();
        if count > MAX_ORDERING {
            self.refuse(QueryError::TooManyOrderings { count });
        }
        self
    }

    /// [`ordering`](Self::ordering) by one property. The Python SDK's `order_by=` is not RQL and is not sent.
    pub fn order_by(self, property: &str) -> Self {
        self.ordering([property])
    }

    /// At most this many objects in all, read in as many pages as it takes; the last call counts.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves out this many objects at the beginning; the last call counts.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Sends the names of this query as they are, also those that the list is not known to have.
    ///
    /// A list refuses a name that its documentation does not show, since the platform would ignore the filter and list
    /// everything. This is the way for a name that is newer than this crate. Look at what comes: nobody else does. A
    /// part of [`any`](Self::any), [`all`](Self::all) or [`not`](Self::not) may be unchecked by itself:
    ///
    /// ```
    /// # use connect::rql::Query;
    /// let newer = Query::new().equal("asset.colour", "red").unchecked();
    /// let query = Query::new().equal("status", "pending").all([newer]);
    /// assert_eq!(query.compile()?, "?eq(status,pending)&eq(asset.colour,red)");
    /// # Ok::<(), connect::rql::QueryError>(())
    /// ```
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// The query as it goes after a path: `""` for `Query::new()`, else `?…`, percent-encoded.
    ///
    /// # Errors
    ///
    /// The first thing in it that RQL cannot say.
    pub fn compile(&self) -> Result<String, QueryError> {
        let mut text = self.filters()?;
        if !self.ordering.is_empty() {
            encode::push_part(&mut text, &format!("ordering({})", self.ordering.join(",")));
        }
        if let Some(limit) = self.limit {
            encode::push_part(&mut text, &format!("limit={limit}"));
        }
        if let Some(offset) = self.offset {
            encode::push_part(&mut text, &format!("offset={offset}"));
        }
        if !text.is_empty() {
            text.insert(0, '?');
        }
        Ok(text)
    }

    /// The most that are asked for.
    pub(crate) fn limit_value(&self) -> Option<u64> {
        self.limit
    }

    /// Where a list begins.
    pub(crate) fn offset_value(&self) -> Option<u64> {
        self.offset
    }

    /// The same without limit and offset, for a list that is read page by page.
    pub(crate) fn without_paging(&self) -> Self {
        Self { limit: None, offset: None, ..self.clone() }
    }

    /// The filters and the selection without `?`, for a walk that sets ordering, limit and offset itself.
    pub(crate) fn filters(&self) -> Result<String, QueryError> {
        if let Some(refused) = &self.refused {
            return Err((**refused).clone());
        }
        let mut text = String::new();
        if !self.select.is_empty() {
            encode::push_part(&mut text, &format!("select({})", self.select.join(",")));
        }
        filter::write(&self.filters, &mut text);
        Ok(text)
    }

    /// The filters and selections of both; ordering, limit and offset of `self` only.
    pub(crate) fn narrow(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.filters.extend(other.filters.iter().map(|filter| filter.clone().unchecked_if(other.unchecked)));
        for name in &other.select {
            if !both.select.contains(name) {
                both.select.push(name.clone());
            }
        }
        if both.refused.is_none() {
            both.refused.clone_from(&other.refused);
        }
        both
    }

    fn compare(self, op: Op, property: &str, value: impl Into<Value>) -> Self {
        self.add(Filter::comparison(op, property, [value]))
    }

    fn add(mut self, filter: Result<Filter, QueryError>) -> Self {
        match filter {
            Ok(filter) => self.filters.push(filter),
            Err(error) => self.refuse(error),
        }
        self
    }

    fn refuse(&mut self, error: QueryError) {
        self.refused.get_or_insert_with(|| Box::new(error));
    }

    fn add_signed(
        &mut self,
        list: fn(&mut Self) -> &mut Vec<String>,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        for name in names {
            // The platform reads `+name` as `name`; without the plus nothing on the way can take it for a space.
            let signed = name.as_ref().strip_prefix('+').unwrap_or(name.as_ref());
            match filter::check_name(signed.strip_prefix('-').unwrap_or(signed)) {
                Err(error) => self.refuse(error),
                Ok(()) if list(self).iter().any(|known| known == signed) => {}
                Ok(()) => list(self).push(signed.to_owned()),
            }
        }
    }

    /// This query as one part of `operator`.
    fn into_filter(self, operator: &'static str) -> Result<Filter, QueryError> {
        Filter::group(operator, Connective::And, self.into_filters(operator)?)
    }

    /// What this query contributes as a part of `operator`.
    fn into_filters(self, operator: &'static str) -> Result<Vec<Filter>, QueryError> {
        if let Some(refused) = self.refused {
            return Err(*refused);
        }
        let extra = [
            (!self.select.is_empty(), "select"),
            (!self.ordering.is_empty(), "ordering"),
            (self.limit.is_some(), "limit"),
            (self.offset.is_some(), "offset"),
        ];
        if let Some((_, part)) = extra.into_iter().find(|(set, _)| *set) {
            return Err(QueryError::NotAFilter { operator, part });
        }
        let filters = self.filters.into_iter();
        Ok(filters.map(|filter| filter.unchecked_if(self.unchecked)).collect())
    }
}

/// The value as an operand of a hand-written filter: bare if it is read as itself, else quoted and encoded.
pub(crate) fn encode_value(value: &str) -> Result<String, QueryError> {
    encode::operand("a property", value)
}
