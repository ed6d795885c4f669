//! A query that is too long for one address, as several: its list of ids is divided.

use std::collections::HashSet;

use super::filter::{Filter, Node, Op, Term};
use super::{Query, QueryError};

/// The longest path with its query. Servers commonly take 8 kB, of which some is the endpoint's.
pub(crate) const LONGEST: usize = 7900;

/// Parts of a name that stand for several objects, one of which may be in one list of ids and another in the next.
const MANY: &[&str] = &["params", "hubs", "groups", "agreements", "countries", "locales"];

impl Query {
    /// The query as texts that go after a path, `?` included. More than one where one would exceed `room` and a list of
    /// ids can be divided: each object matches one of these at most.
    pub(crate) fn parts(&self, room: usize) -> Result<Vec<String>, QueryError> {
        let whole = self.compile()?;
        if whole.len() <= room {
            return Ok(vec![whole]);
        }
        let too_long = || QueryError::TooLong { length: whole.len(), most: room };
        let lists = self.filters.iter().enumerate().filter_map(|(at, filter)| Some((at, divisible(filter)?)));
        let (at, list) = lists.max_by_key(|(_, list)| length(list)).ok_or_else(too_long)?;
        // What is left of the room for the values and the commas between them.
        let room = room.checked_sub(whole.len() - length(list)).ok_or_else(too_long)?;
        let (mut parts, mut known) = (vec![Vec::new()], HashSet::new());
        let mut taken = 0;
        for operand in list.operands.iter().filter(|operand| known.insert(operand.as_str())) {
            if operand.len() > room {
                return Err(too_long());
            }
            if taken + operand.len() > room {
                parts.push(Vec::new());
                taken = 0;
            }
            taken += operand.len() + 1;
            if let Some(part) = parts.last_mut() {
                part.push(operand.clone());
            }
        }
        let query = |operands| {
            let mut part = self.clone();
            if let Some(filter) = part.filters.get_mut(at) {
                *filter = Filter { node: Node::Term(Term { operands, ..list.clone() }), ..filter.clone() };
            }
            part.compile()
        };
        parts.into_iter().map(query).collect()
    }
}

/// The list of ids of a filter that can be divided.
fn divisible(filter: &Filter) -> Option<&Term> {
    let Node::Term(term) = &filter.node else { return None };
    let (path, last) = term.property.rsplit_once('.').unwrap_or(("", &term.property));
    let one = last == "id" && !path.split('.').any(|part| MANY.contains(&part));
    (term.op == Op::In && !filter.negated && one).then_some(term)
}

/// Length of the values with the commas between them.
fn length(list: &Term) -> usize {
    list.operands.iter().map(|operand| operand.len() + 1).sum::<usize>().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_fits_is_one() {
        let query = Query::new().in_("id", ["A", "A", "B"]).equal("status", "x");
        let text = "?in(id,(A,A,B))&eq(status,x)";
        assert_eq!(query.parts(text.len()), Ok(vec![text.to_owned()]));
        assert_eq!(Query::new().parts(0), Ok(vec![String::new()]));
    }

    #[test]
    fn a_list_of_ids_is_divided_and_each_id_asked_for_once() {
        let query =
            Query::new().in_("id", ["A1", "A2", "A1", "A3", "a,b"]).equal("status", "x").ordering(["name"]);
        let part = |ids: &str| format!("?in(id,({ids}))&eq(status,x)&ordering(name)");
        let room = part("A1,A2").len();
        assert_eq!(
            query.parts(part("%22a%2Cb%22").len()),
            Ok(["A1,A2,A3", "%22a%2Cb%22"].map(part).to_vec())
        );
        // The last one alone is longer than the room for the others.
        let too_long = QueryError::TooLong { length: query.compile().unwrap().len(), most: room };
        assert_eq!(query.parts(room), Err(too_long));
        for room in 0..60 {
            let Ok(parts) = query.parts(room) else { continue };
            assert!(parts.iter().all(|part| part.len() <= room), "{room}: {parts:?}");
        }
    }

    #[test]
    fn the_longest_list_of_ids_is_the_one_that_is_divided() {
        let ids = |count: usize| (0..count).map(|at| format!("PR-{at}"));
        let query = Query::new().in_("product.id", ids(3)).in_("asset.id", ids(900));
        let parts = query.parts(LONGEST).unwrap();
        assert!(parts.len() == 1 && parts[0].len() < LONGEST);
        let parts = Query::new().in_("product.id", ids(3)).in_("asset.id", ids(2000)).parts(LONGEST).unwrap();
        assert_eq!(parts.len(), 2);
        assert!(
            parts.iter().all(|part| part.starts_with("?in(product.id,(PR-0,PR-1,PR-2))&in(asset.id,(PR-"))
        );
        assert_eq!(parts.iter().map(|part| part.matches("PR-").count() - 3).sum::<usize>(), 2000);
    }

    #[test]
    fn anything_else_that_is_too_long_is_refused_with_its_length() {
        let ids = || (0..5000).map(|at| format!("PR-1000-0000-{at:04}"));
        for query in [
            Query::new().out("id", ids()),
            Query::new().in_("params.id", ids()),
            Query::new().in_("hubs.id", ids()),
            Query::new().in_("name", ids()),
            Query::new().not(Query::new().in_("id", ids())),
            Query::new().any([Query::new().in_("id", ids()), Query::new().equal("id", "x")]),
            Query::new().in_("id", ids()).equal("name", "x".repeat(9000)),
        ] {
            let length = query.compile().unwrap().len();
            let error = query.parts(LONGEST).unwrap_err();
            assert_eq!(error, QueryError::TooLong { length, most: LONGEST });
            let text = error.to_string();
            assert!(text.contains(&length.to_string()) && text.len() < 200 && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn a_part_is_filled_to_the_last_byte() {
        let query = Query::new().in_("id", ["A", "B", "C", "D"]);
        let two = ["?in(id,(A,B))", "?in(id,(C,D))"].map(str::to_owned);
        assert_eq!(query.parts(two[0].len()), Ok(two.to_vec()));
        assert_eq!(query.parts(two[0].len() - 1).unwrap().len(), 4);
    }
}
