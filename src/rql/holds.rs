//! Whether an object is what a query asks for, as far as the object tells.

use super::filter::{self, Connective, Filter, Node, Op, Term};
use super::{Query, encode};

impl Query {
    /// Whether the query has a filter.
    pub(crate) fn has_filters(&self) -> bool {
        !self.filters.is_empty()
    }

    /// The first filter that an object contradicts, in RQL.
    ///
    /// `read` gives the values of a property, or `None` where the object does not tell them. Only what `eq`, `ne`, `in`
    /// and `out` compare is looked at.
    pub(crate) fn contradicted(&self, read: impl Fn(&str) -> Option<Vec<String>>) -> Option<String> {
        let contradicted = self.filters.iter().find(|filter| holds(filter, &read) == Some(false))?;
        Some(filter::text(contradicted))
    }
}

fn holds(filter: &Filter, read: &impl Fn(&str) -> Option<Vec<String>>) -> Option<bool> {
    let holds = match &filter.node {
        Node::Term(term) => term_holds(term, read),
        Node::Group { connective, parts, .. } => {
            // One that holds decides an `or`, one that does not decides an `and`.
            let deciding = *connective == Connective::Or;
            let mut all = Some(!deciding);
            for part in parts {
                match holds(part, read) {
                    Some(holds) if holds == deciding => return Some(deciding != filter.negated),
                    Some(_) => {}
                    None => all = None,
                }
            }
            all
        }
    };
    holds.map(|holds| holds != filter.negated)
}

fn term_holds(term: &Term, read: &impl Fn(&str) -> Option<Vec<String>>) -> Option<bool> {
    let negated = match term.op {
        Op::Eq | Op::In => false,
        Op::Ne | Op::Out => true,
        _ => return None,
    };
    if term.is_constant() {
        return None;
    }
    let values = read(&term.property)?;
    let among = values.iter().any(|value| {
        let value = encode::operand(&term.property, value);
        // Not every database tells small letters from capital ones.
        value.is_ok_and(|value| term.operands.iter().any(|operand| operand.eq_ignore_ascii_case(&value)))
    });
    Some(among != negated)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an order of type `Cancel` with two hubs contradicts; it does not tell its `owner`, and has no `note`.
    fn contradicted(query: &Query) -> Option<String> {
        query.contradicted(|property| match property {
            "type" => Some(vec!["Cancel".into()]),
            "name" => Some(vec!["a, \"b\"".into()]),
            "hubs.id" => Some(vec!["HB-1".into(), "HB-2".into()]),
            "note" => Some(Vec::new()),
            _ => None,
        })
    }

    #[test]
    fn what_is_told_is_compared_and_the_rest_is_believed() {
        let eq = |property: &str, value: &str| Query::new().equal(property, value);
        for query in [
            Query::new(),
            eq("type", "cancel"),
            eq("type", "cancel").in_("hubs.id", ["HB-2", "HB-3"]).equal("name", "a, \"b\""),
            eq("owner", "VA-1").not(eq("owner", "VA-1")),
            Query::new().null("type").empty("type").not_null("note"),
            Query::new().not_equal("note", "x").out("note", ["x"]).not(eq("note", "x")),
            Query::new().any([eq("type", "change"), eq("owner", "VA-1")]),
            Query::new().any([eq("type", "change"), eq("type", "cancel")]),
            Query::new().not(eq("type", "change").equal("owner", "VA-1")),
            Query::new().like("type", "x*").greater("type", "x").search("x"),
        ] {
            assert_eq!(contradicted(&query), None, "{query:?}");
        }
    }

    #[test]
    fn the_first_filter_that_does_not_hold_is_named() {
        let eq = |property: &str, value: &str| Query::new().equal(property, value);
        for (query, expected) in [
            (eq("owner", "x").equal("type", "purchase"), "eq(type,purchase)"),
            (eq("note", "x"), "eq(note,x)"),
            (Query::new().in_("hubs.id", ["HB-3", "HB-4"]), "in(hubs.id,(HB-3,HB-4))"),
            (Query::new().not_equal("type", "cancel"), "ne(type,cancel)"),
            (Query::new().out("hubs.id", ["HB-1"]), "out(hubs.id,(HB-1))"),
            (Query::new().not(eq("type", "cancel")), "not(eq(type,cancel))"),
            (Query::new().any([eq("type", "a"), eq("type", "b")]), "or(eq(type,a),eq(type,b))"),
            (
                Query::new().not(Query::new().any([eq("owner", "x"), eq("type", "cancel")])),
                "and(not(eq(owner,x)),not(eq(type,cancel)))",
            ),
        ] {
            assert_eq!(contradicted(&query).as_deref(), Some(expected));
        }
    }
}
