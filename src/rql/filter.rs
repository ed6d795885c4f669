//! Filters as a tree, and its RQL text.

use std::fmt::{self, Write};

use super::{QueryError, Value, encode, pattern};
use crate::text::word_enum;

/// Deepest nesting of conditions. The platform's parser is recursive; half of what its public library reads.
const MAX_DEPTH: usize = 64;

word_enum! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum Op {
        Like = "like",
        Ilike = "ilike",
        In = "in",
        Out = "out",
        Eq = "eq",
        Ne = "ne",
        Gt = "gt",
        Ge = "ge",
        Lt = "lt",
        Le = "le",
        Search = "search",
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) negated: bool,
    /// Its names are sent as they are, known or not.
    pub(super) unchecked: bool,
    pub(super) node: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Term(Term),
    /// At least two parts; the depth is bounded, so recursion over a tree is too.
    Group {
        connective: Connective,
        depth: usize,
        parts: Vec<Filter>,
    },
}

/// A single comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) op: Op,
    /// The property compared; of a search, the word itself.
    pub(super) property: Box<str>,
    /// Encoded: several for a list, one for anything else.
    pub(super) operands: Vec<String>,
}

const NULL: &str = "null()";

impl Term {
    /// Whether the operand stands for having no value, or for the empty text.
    pub(super) fn is_constant(&self) -> bool {
        self.operands.iter().any(|operand| operand.ends_with("()"))
    }

    /// Whether the property is compared with having no value.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.op, Op::Eq | Op::Ne) && self.operands.first().is_some_and(|operand| operand == NULL)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, property, operands } = self;
        match (op, operands.as_slice()) {
            (Op::Search, [operand, ..]) => write!(f, "{property}={operand}"),
            (Op::In | Op::Out, operands) => {
                write!(f, "{op}({property}")?;
                let mut separator = ",(";
                for operand in operands {
                    write!(f, "{separator}{operand}")?;
                    separator = ",";
                }
                f.write_str("))")
            }
            (_, operands) => write!(f, "{op}({property},{})", operands.concat()),
        }
    }
}

word_enum! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum Connective {
        And = "and",
        Or = "or",
    }
}

impl Connective {
    fn negated_if(self, negated: bool) -> Self {
        match (self, negated) {
            (Self::And, false) | (Self::Or, true) => Self::And,
            (Self::Or, false) | (Self::And, true) => Self::Or,
        }
    }
}

impl Filter {
    /// A comparison with `null()` or `empty()`, which must not be quoted.
    pub(super) fn constant(op: Op, property: &str, constant: &str) -> Result<Self, QueryError> {
        check_property(property)?;
        Ok(Self::term(op, property, vec![constant.to_owned()]))
    }

    /// A comparison with one value or, for `in` and `out`, with any number but none.
    pub(super) fn comparison<V: Into<Value>>(
        op: Op,
        property: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, QueryError> {
        check_property(property)?;
        let operands: Vec<_> =
            values.into_iter().map(|value| value.into().encode(property)).collect::<Result<_, _>>()?;
        if operands.is_empty() {
            return Err(QueryError::EmptyList { operator: op.as_str(), property: property.to_owned() });
        }
        Ok(Self::term(op, property, operands))
    }

    pub(super) fn pattern(op: Op, property: &str, pattern: &str) -> Result<Self, QueryError> {
        check_property(property)?;
        pattern::check(property, pattern)?;
        let operand = encode::pattern(property, pattern)?;
        Ok(Self::term(op, property, vec![operand]))
    }

    pub(super) fn search(text: &str) -> Result<Self, QueryError> {
        let operand = encode::pattern(Op::Search.as_str(), text)?;
        Ok(Self::term(Op::Search, Op::Search.as_str(), vec![operand]))
    }

    pub(super) fn negated(self) -> Self {
        Self { negated: !self.negated, ..self }
    }

    /// The filter, whose names are sent as they are if `unchecked` says so.
    pub(super) fn unchecked_if(self, unchecked: bool) -> Self {
        Self { unchecked: self.unchecked || unchecked, ..self }
    }

    /// Calls `check` with every comparison in it whose name is to be known.
    pub(super) fn try_for_each<E>(&self, check: &mut impl FnMut(&Term) -> Result<(), E>) -> Result<(), E> {
        match &self.node {
            _ if self.unchecked => Ok(()),
            Node::Term(term) => check(term),
            Node::Group { parts, .. } => parts.iter().try_for_each(|part| part.try_for_each(check)),
        }
    }

    fn term(op: Op, property: &str, operands: Vec<String>) -> Self {
        Self::node(Node::Term(Term { op, property: property.into(), operands }))
    }

    fn node(node: Node) -> Self {
        Self { negated: false, unchecked: false, node }
    }

    /// The parts as one filter; `operator` is what an error calls it.
    pub(super) fn group(
        operator: &'static str,
        connective: Connective,
        parts: Vec<Self>,
    ) -> Result<Self, QueryError> {
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or(QueryError::NoCondition { operator })?;
        if parts.len() == 0 {
            return Ok(first);
        }
        // Adding to a group of the same kind keeps a condition that grows step by step flat.
        let (mut depth, mut joined) = match first {
            Self {
                negated: false,
                unchecked: false,
                node: Node::Group { connective: same, depth, parts },
            } if same == connective => (depth, parts),
            other => (other.depth() + 1, vec![other]),
        };
        for part in parts {
            depth = depth.max(part.depth() + 1);
            joined.push(part);
        }
        if depth > MAX_DEPTH {
            return Err(QueryError::TooDeep { max: MAX_DEPTH });
        }
        Ok(Self::node(Node::Group { connective, depth, parts: joined }))
    }

    fn depth(&self) -> usize {
        match &self.node {
            Node::Term(_) => 0,
            Node::Group { depth, .. } => *depth,
        }
    }
}

/// A filter, and whether the negations around it negate it.
type Literal<'a> = (bool, &'a Filter);

/// The RQL of one filter.
pub(super) fn text(filter: &Filter) -> String {
    let mut text = String::new();
    write_literal((filter.negated, filter), &mut text);
    text
}

/// Writes the filters, all of which must hold, in the Python SDK's order.
pub(super) fn write(filters: &[Filter], out: &mut String) {
    let mut flat = Vec::with_capacity(filters.len());
    for filter in filters {
        flatten(Connective::And, (filter.negated, filter), &mut flat);
    }
    let mut order = vec![Op::Like, Op::Ilike, Op::In, Op::Out];
    let mut ranked: Vec<(usize, Literal<'_>)> =
        flat.into_iter().map(|literal| (rank(literal, &mut order), literal)).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    for (_, literal) in ranked {
        if !out.is_empty() {
            out.push('&');
        }
        write_literal(literal, out);
    }
}

/// Rank of the filter by its operator. An operator is added to `order` at its first use; what has no operator comes last.
fn rank((negated, filter): Literal<'_>, order: &mut Vec<Op>) -> usize {
    match &filter.node {
        Node::Term(Term { op, .. }) if !negated && *op != Op::Search => {
            order.iter().position(|known| known == op).unwrap_or_else(|| {
                order.push(*op);
                order.len() - 1
            })
        }
        _ => usize::MAX,
    }
}

/// Collects the operands of `connective`. Groups that mean the same connective are replaced by their parts.
fn flatten<'a>(connective: Connective, (negated, filter): Literal<'a>, operands: &mut Vec<Literal<'a>>) {
    match &filter.node {
        Node::Group { connective: own, parts, .. } if own.negated_if(negated) == connective => {
            for part in parts {
                flatten(connective, (negated != part.negated, part), operands);
            }
        }
        _ => operands.push((negated, filter)),
    }
}

/// The platform takes `not` around a single comparison only, so negations are carried down to there.
fn write_literal((negated, filter): Literal<'_>, out: &mut String) {
    match &filter.node {
        Node::Term(term) => {
            let _ = if negated { write!(out, "not({term})") } else { write!(out, "{term}") };
        }
        Node::Group { connective, .. } => {
            let connective = connective.negated_if(negated);
            let mut operands = Vec::new();
            flatten(connective, (negated, filter), &mut operands);
            out.push_str(connective.as_str());
            let mut separator = '(';
            for operand in operands {
                out.push(separator);
                write_literal(operand, out);
                separator = ',';
            }
            out.push(')');
        }
    }
}

pub(super) fn check_name(name: &str) -> Result<(), QueryError> {
    let valid = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if valid { Ok(()) } else { Err(QueryError::PropertyName { name: name.to_owned() }) }
}

fn check_property(name: &str) -> Result<(), QueryError> {
    // `eq(limit,5)` is read as `limit=5`, `eq(search,x)` as `search=x`.
    if matches!(name, "limit" | "offset" | "search") {
        return Err(QueryError::ReservedName { name: name.to_owned() });
    }
    check_name(name)
}
