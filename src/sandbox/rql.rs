//! The grammar of the platform's query language, read on its own: it shares nothing with the client's writer.

/// A parsed query string.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Query {
    /// The conditions joined by `&`, each with its own text.
    pub(super) conditions: Vec<(Node, String)>,
    /// Property and whether descending.
    pub(super) ordering: Option<Vec<(String, bool)>>,
    /// Property and whether it is dropped.
    pub(super) select: Option<Vec<(String, bool)>>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Compare { op: Op, field: String, value: Operand },
    List { negated: bool, field: String, values: Vec<Operand> },
    Search(String),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Like,
    Ilike,
}

/// Operators that have the form `property=op=value` beside `op(property,value)`.
const COMPARISONS: [(&str, Op); 6] =
    [("eq", Op::Eq), ("ne", Op::Ne), ("gt", Op::Gt), ("ge", Op::Ge), ("lt", Op::Lt), ("le", Op::Le)];

/// Operators that are written as a call only.
const PATTERNS: [(&str, Op); 2] = [("like", Op::Like), ("ilike", Op::Ilike)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Null,
    Text(String),
}

/// Reads a query that is percent-decoded already; the error says what was expected where.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser { text, at: 0, limit_seen: false, offset_seen: false };
    let mut query = Query::default();
    if text.is_empty() {
        return Ok(query);
    }
    loop {
        parser.segment(&mut query)?;
        if parser.rest().is_empty() {
            return Ok(query);
        }
        if !parser.eat("&") && !parser.eat(",") {
            return Err(parser.unexpected());
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    limit_seen: bool,
    offset_seen: bool,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        match self.rest().chars().next() {
            Some(c) => format!("Bad filter query: unexpected {c:?} at position {}.", self.at),
            None => "Bad filter query: unexpected end.".to_owned(),
        }
    }

    fn segment(&mut self, query: &mut Query) -> Result<(), String> {
        let start = self.at;
        for (token, drops) in [("select(", true), ("ordering(", false)] {
            if !self.eat(token) {
                continue;
            }
            let names = self.names()?;
            let slot = if drops { &mut query.select } else { &mut query.ordering };
            if slot.replace(names).is_some() {
                return Err(format!("Bad filter query: {token}…) twice."));
            }
            return Ok(());
        }
        for token in ["limit=", "offset="] {
            if self.eat(token) {
                return self.window(token == "limit=", query);
            }
        }
        let node = self.expression()?;
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        query.conditions.push((node, text));
        Ok(())
    }

    /// A quoted number is read, but does not count as a number.
    fn window(&mut self, limit: bool, query: &mut Query) -> Result<(), String> {
        let seen = if limit { &mut self.limit_seen } else { &mut self.offset_seen };
        if std::mem::replace(seen, true) {
            return Err("Bad filter query: limit or offset twice.".to_owned());
        }
        let quoted = self.rest().starts_with(['"', '\'']);
        let Operand::Text(value) = self.operand()? else {
            return Err(self.unexpected());
        };
        let number = value.parse().ok().filter(|_| !quoted);
        if limit {
            query.limit = number;
        } else {
            query.offset = number.unwrap_or(0);
        }
        Ok(())
    }

    fn names(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut names = Vec::new();
        loop {
            let minus = self.eat("-");
            if !minus {
                self.eat("+");
            }
            names.push((self.name()?, minus));
            if self.eat(")") {
                return Ok(names);
            }
            self.expect(",")?;
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.unexpected());
        }
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }

    fn expression(&mut self) -> Result<Node, String> {
        if self.eat("(") {
            return self.group();
        }
        let name = self.name()?;
        if self.eat("(") {
            return self.call(&name);
        }
        self.expect("=")?;
        for (op_name, op) in COMPARISONS {
            if self.eat(&format!("{op_name}=")) {
                let value = self.operand()?;
                return comparison(op, name, value);
            }
        }
        let value = self.operand()?;
        comparison(Op::Eq, name, value)
    }

    fn group(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.expression()?];
        let mut joined_by_or = None;
        loop {
            if self.eat(")") {
                return Ok(match joined_by_or {
                    None => nodes.remove(0),
                    Some(true) => Node::Or(nodes),
                    Some(false) => Node::And(nodes),
                });
            }
            let or = self.eat("|") || self.eat(";");
            if !or && !self.eat("&") && !self.eat(",") {
                return Err(self.unexpected());
            }
            if joined_by_or.is_some_and(|before| before != or) {
                return Err("Bad filter query: & and | need parentheses of their own.".to_owned());
            }
            joined_by_or = Some(or);
            nodes.push(self.expression()?);
        }
    }

    fn call(&mut self, name: &str) -> Result<Node, String> {
        if let Some((_, op)) = COMPARISONS.iter().chain(&PATTERNS).find(|(op, _)| *op == name) {
            let field = self.name()?;
            self.expect(",")?;
            let value = self.operand()?;
            self.expect(")")?;
            return comparison(*op, field, value);
        }
        match name {
            "in" | "out" => self.list(name == "out"),
            "and" | "or" => {
                let mut nodes = vec![self.expression()?];
                while self.eat(",") {
                    nodes.push(self.expression()?);
                }
                self.expect(")")?;
                if nodes.len() < 2 {
                    return Err(format!("Bad filter query: {name}() needs two operands."));
                }
                Ok(if name == "and" { Node::And(nodes) } else { Node::Or(nodes) })
            }
            "not" => {
                let node = self.expression()?;
                self.expect(")")?;
                if matches!(node, Node::And(_) | Node::Or(_) | Node::Not(_)) {
                    return Err("Bad filter query: not() takes one comparison.".to_owned());
                }
                Ok(Node::Not(Box::new(node)))
            }
            _ => Err(format!("Bad filter query: unknown operator {name:?}.")),
        }
    }

    fn list(&mut self, negated: bool) -> Result<Node, String> {
        let field = self.name()?;
        self.expect(",(")?;
        let mut values = vec![self.operand()?];
        while self.eat(",") {
            values.push(self.operand()?);
        }
        self.expect("))")?;
        Ok(Node::List { negated, field, values })
    }

    fn operand(&mut self) -> Result<Operand, String> {
        if self.eat("null()") {
            return Ok(Operand::Null);
        }
        if self.eat("empty()") {
            return Ok(Operand::Text(String::new()));
        }
        for quote in ['"', '\''] {
            if let Some(inner) = self.rest().strip_prefix(quote) {
                let Some(end) = inner.find(quote) else {
                    return Err("Bad filter query: open quote.".to_owned());
                };
                let value = inner[..end].to_owned();
                self.at += end + 2;
                // Quoted or not, these two words are the empty string.
                return Ok(Operand::Text(if value == "empty()" { String::new() } else { value }));
            }
        }
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_alphanumeric() || "_-+*\\".contains(c)) {
            return Err(self.unexpected());
        }
        let inner = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_-+*\\.:@".contains(c);
        let end = rest.find(|c| !inner(c)).unwrap_or(rest.len());
        let value = rest[..end].to_owned();
        if value == "t" {
            return Err("Bad filter query: t opens a tuple.".to_owned());
        }
        self.at += end;
        Ok(Operand::Text(value))
    }
}

fn comparison(op: Op, field: String, value: Operand) -> Result<Node, String> {
    if value == Operand::Null && !matches!(op, Op::Eq | Op::Ne) {
        return Err("Bad filter query: null() can only be compared with eq and ne.".to_owned());
    }
    match (field.as_str(), op, value) {
        ("search", Op::Eq, Operand::Text(text)) => Ok(Node::Search(text)),
        ("search", ..) => Err("Bad filter query: search takes = only.".to_owned()),
        (_, op, value) => Ok(Node::Compare { op, field, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eq(field: &str, value: &str) -> Node {
        Node::Compare { op: Op::Eq, field: field.into(), value: Operand::Text(value.into()) }
    }

    fn only(text: &str) -> Node {
        parse(text).unwrap().conditions.remove(0).0
    }

    #[test]
    fn all_spellings_of_a_comparison_mean_the_same() {
        for text in [
            "eq(status,pending)",
            "status=pending",
            "status=eq=pending",
            "eq(status,\"pending\")",
            "status='pending'",
        ] {
            assert_eq!(only(text), eq("status", "pending"), "{text}");
        }
    }

    #[test]
    fn quotes_protect_everything_but_themselves() {
        assert_eq!(only("eq(name,\"a,b)&limit=1 'c'\\\")"), eq("name", "a,b)&limit=1 'c'\\"));
    }

    #[test]
    fn bare_values_reach_up_to_the_first_structural_character() {
        assert_eq!(only("eq(created,2024-01-01T00:00:00+00:00)"), eq("created", "2024-01-01T00:00:00+00:00"));
        assert_eq!(
            only("in(id,(a b,c@d))"),
            Node::List {
                negated: false,
                field: "id".into(),
                values: vec![Operand::Text("a b".into()), Operand::Text("c@d".into())]
            }
        );
    }

    #[test]
    fn window_select_and_ordering_are_read() {
        let query =
            parse("status=pending&ordering(-created,updated)&select(-asset.items)&limit=10&offset=20")
                .unwrap();
        assert_eq!(query.ordering, Some(vec![("created".into(), true), ("updated".into(), false)]));
        assert_eq!(query.select, Some(vec![("asset.items".into(), true)]));
        assert_eq!((query.limit, query.offset), (Some(10), 20));
        assert_eq!(query.conditions[0].1, "status=pending");
    }

    #[test]
    fn a_quoted_or_wordy_limit_is_ignored() {
        assert_eq!(parse("limit=\"5\"").unwrap().limit, None);
        assert_eq!(parse("limit=many").unwrap().limit, None);
    }

    #[test]
    fn logic_nests() {
        let expected =
            Node::Or(vec![eq("a", "1"), Node::And(vec![eq("b", "2"), Node::Not(Box::new(eq("c", "3")))])]);
        assert_eq!(only("(a=1|and(b=2,not(c=3)))"), expected);
        assert_eq!(only("or(a=1,(b=2&not(eq(c,3))))"), expected);
    }

    #[test]
    fn what_the_server_refuses_is_refused() {
        for text in [
            "in(id,())",
            "eq(p,)",
            "a=b&",
            "a=b&&c=d",
            "eq(p, v)",
            "a|b",
            "a=1|b=2",
            "not(and(a=1,b=2))",
            "not(not(a=1))",
            "and(a=1)",
            "in(id,a)",
            "id=in=(a,b)",
            "EQ(a,1)",
            "limit(0,10)",
            "limit=1&limit=2",
            "ordering(a)&ordering(b)",
            "eq(p,a/b)",
            "eq(p,t)",
            "eq(p,\"open)",
            "gt(p,null())",
            "like(search,a)",
            "eq(p,\"a\"b)",
            "key__in=a,b",
            "eq(p,🙂)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn empty_is_the_empty_string_even_in_quotes() {
        assert_eq!(only("eq(p,empty())"), eq("p", ""));
        assert_eq!(only("eq(p,\"empty()\")"), eq("p", ""));
    }
}
