//! The platform's reading of a query string, from the description of its grammar: percent-decoding once and as a
//! whole, then the grammar, then one pair of quotes off each value.

/// A condition or instruction as read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Comparison { operator: String, property: String, operand: Operand },
    List { operator: String, property: String, operands: Vec<Operand> },
    Pattern { operator: String, property: String, pattern: String },
    Ordering(Vec<String>),
    Select(Vec<String>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Null,
    Empty,
    Text(String),
}

/// One character of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece {
    Any,
    Char(char),
}

/// The parts of `?…` in their order; `""` has none.
pub(crate) fn decode(query: &str) -> Result<Vec<Node>, String> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let encoded = query.strip_prefix('?').ok_or("no question mark")?;
    let text = percent_decode(encoded)?;
    let mut parser = Parser { rest: &text };
    let mut nodes = vec![parser.term()?];
    while !parser.rest.is_empty() {
        parser.expect("&")?;
        nodes.push(parser.term()?);
    }
    check_once(&nodes)?;
    Ok(nodes)
}

fn check_once(nodes: &[Node]) -> Result<(), String> {
    let count = |wanted: &dyn Fn(&Node) -> bool| nodes.iter().filter(|node| wanted(node)).count();
    let named =
        |name: &str| count(&|node| matches!(node, Node::Comparison { property, .. } if property == name));
    let most = [
        count(&|node| matches!(node, Node::Ordering(_))),
        count(&|node| matches!(node, Node::Select(_))),
        named("limit"),
        named("offset"),
    ];
    if most.iter().any(|&times| times > 1) {
        return Err("more than one ordering, select, limit or offset".into());
    }
    Ok(())
}

fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next().ok_or("cut short")?, rest.next().ok_or("cut short")?];
            let digits = std::str::from_utf8(&pair).map_err(|error| error.to_string())?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("{token} expected at {:?}", self.rest)) }
    }

    fn take(&mut self, length: usize) -> String {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken.to_owned()
    }

    fn term(&mut self) -> Result<Node, String> {
        for (name, make) in [("and(", Node::And as fn(Vec<Node>) -> Node), ("or(", Node::Or)] {
            if self.eat(name) {
                let mut nodes = vec![self.term()?];
                while self.eat(",") {
                    nodes.push(self.term()?);
                }
                self.expect(")")?;
                return if nodes.len() > 1 { Ok(make(nodes)) } else { Err(format!("{name} of one")) };
            }
        }
        if self.eat("not(") {
            let node = self.single()?;
            self.expect(")")?;
            return Ok(Node::Not(Box::new(node)));
        }
        self.single()
    }

    /// What `not` can take.
    fn single(&mut self) -> Result<Node, String> {
        let property = self.name()?;
        if self.eat("=") {
            let operator = ["eq", "ne", "gt", "ge", "lt", "le"]
                .into_iter()
                .find(|operator| self.eat(&format!("{operator}=")))
                .unwrap_or("eq");
            let operand = self.operand()?;
            return comparison(operator.to_owned(), property, operand);
        }
        let operator = property;
        self.expect("(")?;
        let node = match operator.as_str() {
            "eq" | "ne" | "gt" | "ge" | "lt" | "le" => {
                let property = self.name()?;
                self.expect(",")?;
                comparison(operator, property, self.operand()?)?
            }
            "in" | "out" => {
                let property = self.name()?;
                self.expect(",(")?;
                let mut operands = vec![self.operand()?.known()];
                while self.eat(",") {
                    operands.push(self.operand()?.known());
                }
                self.expect(")")?;
                Node::List { operator, property, operands }
            }
            "like" | "ilike" => {
                let property = self.name()?;
                self.expect(",")?;
                match self.operand()? {
                    Read::Bare(text) if text == "null()" || text == "empty()" => {
                        return Err(format!("{operator} of a constant"));
                    }
                    Read::Bare(pattern) | Read::Quoted(pattern) => {
                        if pieces(&pattern).windows(2).any(|pair| pair == [Piece::Any, Piece::Any]) {
                            return Err("double wildcard".into());
                        }
                        Node::Pattern { operator, property, pattern }
                    }
                }
            }
            "ordering" => {
                let names = self.signed_names()?;
                if names.len() > 5 {
                    return Err("too many to order by".into());
                }
                Node::Ordering(names)
            }
            "select" => Node::Select(self.signed_names()?),
            other => return Err(format!("no operator {other}")),
        };
        self.expect(")")?;
        Ok(node)
    }

    fn name(&mut self) -> Result<String, String> {
        if !self.rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(format!("no name at {:?}", self.rest));
        }
        let end = self.rest.find(|char: char| !(char.is_ascii_alphanumeric() || "_.-".contains(char)));
        Ok(self.take(end.unwrap_or(self.rest.len())))
    }

    fn signed_names(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        loop {
            let sign = if self.eat("-") { "-" } else { "" };
            names.push(format!("{sign}{}", self.name()?));
            if !self.eat(",") {
                return Ok(names);
            }
        }
    }

    fn operand(&mut self) -> Result<Read, String> {
        for quote in ['"', '\''] {
            if self.rest.starts_with(quote) {
                self.rest = &self.rest[1..];
                let end = self.rest.find(quote).ok_or("open quote")?;
                let text = self.take(end);
                self.rest = &self.rest[1..];
                return Ok(Read::Quoted(text));
            }
        }
        for constant in ["null()", "empty()"] {
            if self.eat(constant) {
                return Ok(Read::Bare(constant.to_owned()));
            }
        }
        let word = |char: char| char.is_alphanumeric() || char == '_';
        if !self.rest.starts_with(|first: char| word(first) || r"-*+\".contains(first)) {
            return Err(format!("no value at {:?}", self.rest));
        }
        let inside = |char: char| word(char) || char.is_whitespace() || r"-*+\.:@".contains(char);
        let end = self.rest.find(|char: char| !inside(char));
        let text = self.take(end.unwrap_or(self.rest.len()));
        if text == "t" { Err("t opens a tuple".into()) } else { Ok(Read::Bare(text)) }
    }
}

enum Read {
    Bare(String),
    Quoted(String),
}

impl Read {
    /// Quotes do not protect the text `empty()`, but they do protect `null()`.
    fn known(self) -> Operand {
        match self {
            Self::Bare(text) if text == "null()" => Operand::Null,
            Self::Bare(text) | Self::Quoted(text) if text == "empty()" => Operand::Empty,
            Self::Bare(text) | Self::Quoted(text) => Operand::Text(text),
        }
    }
}

fn comparison(operator: String, property: String, read: Read) -> Result<Node, String> {
    let operand = match read {
        // A searched text is no value of a property: `empty()` is just text there.
        Read::Quoted(text) if property == "search" => Operand::Text(text),
        read => read.known(),
    };
    if !matches!(operand, Operand::Text(_)) && operator != "eq" && operator != "ne" {
        return Err(format!("{operator} of a constant"));
    }
    Ok(Node::Comparison { operator, property, operand })
}

/// A pattern read from the left: `\*` and `\\` stand for their second character, `*` for any text.
pub(crate) fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            '\\' if rest.starts_with(r"\*") => (Piece::Char('*'), 2),
            '\\' if rest.starts_with(r"\\") => (Piece::Char('\\'), 2),
            '*' => (Piece::Any, 1),
            other => (Piece::Char(other), other.len_utf8()),
        };
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces
}
