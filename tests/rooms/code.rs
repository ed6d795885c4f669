//! As much of Rust as it takes to see which paths begin at the root of the crate.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    line: usize,
    text: &'t str,
}

/// What is left of a file without comments, texts and what is for tests alone.
#[derive(Debug)]
pub(crate) struct Code<'t> {
    tokens: Vec<Token<'t>>,
    /// The modules for tests alone that are files of their own.
    pub(crate) test_modules: Vec<&'t str>,
}

pub(crate) fn split(text: &str) -> Code<'_> {
    let all = tokens(text);
    let (mut kept, mut test_modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < all.len() {
        if let Some(end) = attribute(&all[at..]).filter(|end| is_for_tests(&all[at..at + end])) {
            let item = &all[at + end..];
            let length = item_length(item);
            if let [.., module, name, end] = &item[..length]
                && (module.text, end.text) == ("mod", ";")
            {
                test_modules.push(name.text);
            }
            at += end + length;
        } else {
            kept.push(all[at]);
            at += 1;
        }
    }
    Code { tokens: kept, test_modules }
}

impl<'t> Code<'t> {
    /// The names that `pub use` makes at the root, each with the first step of its path.
    pub(crate) fn exports(&self) -> BTreeMap<&'t str, &'t str> {
        let mut exports = BTreeMap::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.text == "use" {
                let tree = &self.tokens[at + 1..];
                let tree = &tree[..tree.iter().position(|token| token.text == ";").unwrap_or(tree.len())];
                let mut room = tree.iter().filter(|token| !matches!(token.text, "crate" | "self" | "::"));
                let Some(room) = room.next() else { continue };
                // A name is what stands before a comma, a closing brace or the end.
                for (n, token) in tree.iter().enumerate() {
                    let next = tree.get(n + 1).map_or("}", |next| next.text);
                    if is_name(token.text) && matches!(next, "," | "}") {
                        exports.insert(token.text, room.text);
                    }
                }
            }
        }
        exports
    }

    /// The first name of each path that begins at the root, with its line, in a file this many modules below it.
    pub(crate) fn names_at_the_root(&self, depth: usize) -> Vec<(usize, &'t str)> {
        let mut names = Vec::new();
        // Inner modules that are open, by the braces that were open before them.
        let (mut braces, mut inner) = (0_usize, Vec::new());
        let text = |at: usize| self.tokens.get(at).map_or("", |token: &Token<'t>| token.text);
        let mut at = 0;
        while at < self.tokens.len() {
            match text(at) {
                "{" => {
                    if at >= 2 && text(at - 2) == "mod" {
                        inner.push(braces);
                    }
                    braces += 1;
                }
                "}" => {
                    braces = braces.saturating_sub(1);
                    inner.pop_if(|open| *open == braces);
                }
                "crate" if text(at + 1) == "::" => names.extend(heads(&self.tokens[at + 2..])),
                "super" if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                    let steps = (0..).take_while(|n| text(at + 2 * n) == "super").count();
                    if steps >= depth + inner.len() {
                        names.extend(heads(&self.tokens[at + 2 * steps..]));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        names
    }
}

/// The first names of what follows `crate::`: one, or one for each path of a group.
fn heads<'t>(tokens: &[Token<'t>]) -> Vec<(usize, &'t str)> {
    let group = tokens.first().is_some_and(|token| token.text == "{");
    let mut open = 0;
    let mut heads = Vec::new();
    let mut before = "";
    for token in tokens {
        let starts = if group { open == 1 && matches!(before, "{" | ",") } else { before.is_empty() };
        if starts && token.text != "self" && (is_name(token.text) || token.text == "*") {
            heads.push((token.line, token.text));
        }
        match token.text {
            "{" => open += 1,
            "}" => open -= 1,
            _ => {}
        }
        if open == 0 {
            break;
        }
        before = token.text;
    }
    heads
}

/// The length of the attribute that begins here.
fn attribute(tokens: &[Token<'_>]) -> Option<usize> {
    (tokens.len() > 1 && (tokens[0].text, tokens[1].text) == ("#", "[")).then(|| 1 + closed(&tokens[1..]))
}

/// The length of what is in brackets from here on, with them.
fn closed(tokens: &[Token<'_>]) -> usize {
    let mut open = 0;
    let end = tokens.iter().position(|token| {
        match token.text {
            "(" | "[" | "{" => open += 1,
            ")" | "]" | "}" => open -= 1,
            _ => {}
        }
        open == 0
    });
    end.map_or(tokens.len(), |end| end + 1)
}

fn is_for_tests(attribute: &[Token<'_>]) -> bool {
    let [_, _, cfg, _, condition @ .., _, _] = attribute else { return false };
    cfg.text == "cfg" && holds_in_tests_only(condition)
}

fn holds_in_tests_only(condition: &[Token<'_>]) -> bool {
    match condition {
        [test] => test.text == "test",
        [all, _, parts @ .., _] if all.text == "all" => arguments(parts).any(holds_in_tests_only),
        [any, _, parts @ .., _] if any.text == "any" => arguments(parts).all(holds_in_tests_only),
        _ => false,
    }
}

fn arguments<'a, 't>(tokens: &'a [Token<'t>]) -> impl Iterator<Item = &'a [Token<'t>]> {
    let mut open = 0;
    tokens.split(move |token| {
        match token.text {
            "(" => open += 1,
            ")" => open -= 1,
            _ => {}
        }
        open == 0 && token.text == ","
    })
}

/// How far an item, a field, an arm or a statement goes, with further attributes before it.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let mut at = 0;
    while let Some(length) = attribute(&tokens[at..]) {
        at += length;
    }
    // Commas end what lives in a list; in an item they stand between its type parameters.
    let keywords = [
        "pub", "mod", "use", "fn", "impl", "struct", "enum", "trait", "type", "const", "static", "let",
        "unsafe",
    ];
    let in_list =
        tokens.get(at).is_some_and(|first| !keywords.contains(&first.text)) || is_public_field(&tokens[at..]);
    while at < tokens.len() {
        match tokens[at].text {
            ";" => return at + 1,
            "," if in_list => return at + 1,
            ")" | "]" | "}" => return at,
            "{" => return at + closed(&tokens[at..]),
            "(" | "[" => at += closed(&tokens[at..]),
            _ => at += 1,
        }
    }
    at
}

/// `pub name: …` or `pub(crate) name: …`.
fn is_public_field(tokens: &[Token<'_>]) -> bool {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let after = if is(1, "(") { 1 + closed(&tokens[1..]) } else { 1 };
    is(0, "pub") && is(after + 1, ":")
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Names, numbers, `::` and single signs. Comments, texts, characters and lifetimes are none.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            let name = word(rest);
            let raw_text =
                matches!(&rest[..name], "r" | "br" | "cr").then(|| raw_text(&rest[name..])).flatten();
            match raw_text {
                Some(length) => name + length,
                // A raw name is the name behind `r#`; the prefix of a plain text is not a name either.
                None if rest.starts_with("r#") => 2,
                None if matches!(&rest[..name], "b" | "c") && rest[name..].starts_with(['"', '\'']) => name,
                None => {
                    tokens.push(Token { line, text: &rest[..name] });
                    name
                }
            }
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' {
            let mut after = rest.chars().skip(1);
            match (after.next(), after.next()) {
                (Some('\\'), _) | (_, Some('\'')) => quoted(rest, '\''),
                _ => 1 + word(&rest[1..]),
            }
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(Token { line, text: &rest[..length] });
            }
            length
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// `#"…"#`, with any number of `#`.
fn raw_text(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..hashes]);
    let length = text[hashes + 1..].find(&end).map(|at| hashes + 1 + at + end.len());
    Some(length.unwrap_or(text.len()))
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    text.len()
}

/// A comment may have others inside.
fn comment(text: &str) -> usize {
    let (mut open, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        at += if rest.starts_with("/*") {
            open += 1;
            2
        } else if rest.starts_with("*/") {
            open -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        if open == 0 {
            return at;
        }
    }
    text.len()
}
