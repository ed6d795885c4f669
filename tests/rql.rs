//! Whatever a query is given, the platform reads exactly that: each compiled query is read back by a decoder written
//! from the description of the platform's grammar alone.

#[path = "rql/decoder.rs"]
mod decoder;

use connect::rql::{Query, QueryError, Value, literal};
use decoder::{Node, Operand, Piece, decode, pieces};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const COMPARISONS: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

/// Text made of what could hurt: structure of the grammar, half of an encoding, characters of every kind.
fn text() -> impl Strategy<Value = String> {
    let fragment = select(vec![
        "\"",
        "'",
        ",",
        "(",
        ")",
        "&",
        "|",
        ";",
        "=",
        "%",
        "%22",
        "%2C",
        "+",
        " ",
        "*",
        "**",
        r"\",
        r"\*",
        r"\\",
        "null()",
        "empty()",
        "t",
        "t(a=1)",
        "&limit=1",
        "),eq(b,1",
        "ordering(a)",
        "not",
        "eq",
        "?",
        "#",
        "/",
        ":",
        ".",
        "-",
        "@",
        "~",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{7f}",
        "é",
        "e\u{301}",
        "\u{a0}",
        "\u{2028}",
        "Ж",
        "\u{1f600}",
        "١",
        "x",
        "7",
        "0",
        "-1",
        "2024-01-02T03:04:05+00:00",
        "true",
    ]);
    prop_oneof![
        vec(fragment, 0..6).prop_map(|fragments| fragments.concat()),
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
        "[ -~]{0,12}",
        "[a-zA-Z0-9_.:@-]{1,12}",
    ]
}

fn property() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z][A-Za-z0-9_.-]{0,9}",
        select(vec!["eq", "in", "and", "not", "t", "like", "select", "ordering", "asset.product.id"])
            .prop_map(str::to_owned),
    ]
    .prop_filter("reserved", |name| !["limit", "offset", "search"].contains(&name.as_str()))
}

fn has_both_quotes(text: &str) -> bool {
    text.contains('"') && text.contains('\'')
}

fn read(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

fn compare(operator: &str, property: &str, value: impl Into<Value>) -> Query {
    and_compare(Query::new(), operator, property, value)
}

fn and_compare(query: Query, operator: &str, property: &str, value: impl Into<Value>) -> Query {
    match operator {
        "eq" => query.equal(property, value),
        "ne" => query.not_equal(property, value),
        "gt" => query.greater(property, value),
        "ge" => query.greater_equal(property, value),
        "lt" => query.lesser(property, value),
        "le" => query.lesser_equal(property, value),
        other => unreachable!("{other}"),
    }
}

fn comparison(operator: &str, property: &str, operand: Operand) -> Node {
    Node::Comparison { operator: operator.into(), property: property.into(), operand }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_compared_value_is_read_as_itself_or_refused(
        operator in select(COMPARISONS.to_vec()), name in property(), value in text(),
    ) {
        let compiled = compare(operator, &name, &value).compile();
        if has_both_quotes(&value) {
            prop_assert_eq!(compiled, Err(QueryError::BothQuotes { property: name, value }));
        } else if value == "empty()" {
            prop_assert_eq!(compiled, Err(QueryError::EmptyText { property: name }));
        } else {
            prop_assert_eq!(decode(&compiled.unwrap()), Ok(vec![comparison(operator, &name, read(&value))]));
        }
    }

    #[test]
    fn a_list_is_read_as_the_same_values(
        inside in any::<bool>(), name in property(), values in vec(text(), 0..6),
    ) {
        let operator = if inside { "in" } else { "out" };
        let query = if inside { Query::new().in_(&name, &values) } else { Query::new().out(&name, &values) };
        let compiled = query.compile();
        let refused = values.iter().find(|value| has_both_quotes(value) || *value == "empty()");
        match refused {
            _ if values.is_empty() => {
                prop_assert_eq!(compiled, Err(QueryError::EmptyList { operator, property: name }));
            }
            Some(value) if value == "empty()" => {
                prop_assert_eq!(compiled, Err(QueryError::EmptyText { property: name }));
            }
            Some(value) => {
                let error = QueryError::BothQuotes { property: name, value: value.clone() };
                prop_assert_eq!(compiled, Err(error));
            }
            None => {
                let list = Node::List {
                    operator: operator.into(),
                    property: name,
                    operands: values.iter().map(|value| read(value)).collect(),
                };
                prop_assert_eq!(decode(&compiled.unwrap()), Ok(vec![list]));
            }
        }
    }

    #[test]
    fn a_pattern_is_read_as_itself_or_refused(
        any_case in any::<bool>(), name in property(), pattern in text(),
    ) {
        let operator = if any_case { "ilike" } else { "like" };
        let query =
            if any_case { Query::new().ilike(&name, &pattern) } else { Query::new().like(&name, &pattern) };
        let compiled = query.compile();
        let read_as = pieces(&pattern);
        let double = read_as.windows(2).any(|pair| pair == [Piece::Any, Piece::Any]);
        let last = read_as.len().saturating_sub(1);
        let inner = read_as.iter().enumerate().any(|(at, piece)| *piece == Piece::Any && at != 0 && at != last);
        let property = name.clone();
        if double {
            prop_assert_eq!(compiled, Err(QueryError::DoubleWildcard { property, pattern }));
        } else if inner && read_as.contains(&Piece::Char('*')) {
            prop_assert_eq!(compiled, Err(QueryError::StarAndWildcard { property, pattern }));
        } else if has_both_quotes(&pattern) {
            prop_assert_eq!(compiled, Err(QueryError::BothQuotes { property, value: pattern }));
        } else {
            let node = Node::Pattern { operator: operator.into(), property: name, pattern };
            prop_assert_eq!(decode(&compiled.unwrap()), Ok(vec![node]));
        }
    }

    #[test]
    fn a_literal_in_a_pattern_stands_for_its_own_characters(
        value in text().prop_filter("quotes", |value| !has_both_quotes(value)),
    ) {
        let contains = format!("*{}*", literal(&value));
        prop_assume!(!value.is_empty());
        let decoded = decode(&Query::new().like("p", &contains).compile().unwrap()).unwrap();
        let [Node::Pattern { pattern, .. }] = decoded.as_slice() else {
            return Err(TestCaseError::fail(format!("{decoded:?}")));
        };
        let mut expected = vec![Piece::Any];
        expected.extend(value.chars().map(Piece::Char));
        expected.push(Piece::Any);
        prop_assert_eq!(pieces(pattern), expected);
    }

    #[test]
    fn a_searched_text_is_read_as_itself_or_refused(value in text()) {
        let compiled = Query::new().search(&value).compile();
        if has_both_quotes(&value) {
            prop_assert_eq!(compiled, Err(QueryError::BothQuotes { property: "search".into(), value }));
        } else {
            prop_assert_eq!(decode(&compiled.unwrap()), Ok(vec![comparison("eq", "search", read(&value))]));
        }
    }

    #[test]
    fn no_value_adds_to_or_changes_the_filters_beside_it(
        values in vec((select(COMPARISONS.to_vec()), property(), text()), 1..8), limit in any::<u64>(),
    ) {
        prop_assume!(values.iter().all(|(_, _, value)| !has_both_quotes(value) && value != "empty()"));
        let mut query = Query::new().select(["-items"]).like("l", "x").limit(limit).ordering(["-created"]);
        for (operator, name, value) in &values {
            query = and_compare(query, operator, name, value);
        }
        let mut expected = vec![
            Node::Select(vec!["-items".into()]),
            Node::Pattern { operator: "like".into(), property: "l".into(), pattern: "x".into() },
        ];
        let mut operators: Vec<&str> = Vec::new();
        for (operator, ..) in &values {
            if !operators.contains(operator) {
                operators.push(operator);
            }
        }
        for operator in operators {
            let grouped = values.iter().filter(|(other, ..)| *other == operator);
            expected.extend(grouped.map(|(_, name, value)| comparison(operator, name, read(value))));
        }
        expected.push(Node::Ordering(vec!["-created".into()]));
        expected.push(comparison("eq", "limit", read(&limit.to_string())));
        prop_assert_eq!(decode(&query.compile().unwrap()), Ok(expected));
    }

    #[test]
    fn a_compiled_query_is_plain_in_a_url_and_always_the_same(
        name in property(), value in text(), pattern in text(),
    ) {
        let query = || Query::new().like("l", &pattern).equal(&name, &value).search(&value);
        let Ok(compiled) = query().compile() else { return Ok(()) };
        prop_assert_eq!(query().compile(), Ok(compiled.clone()));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"?&=(),-._~:@*%".contains(&byte);
        prop_assert!(compiled.bytes().all(plain), "{}", compiled);
        let url = format!("https://example.com/requests{compiled}");
        let parsed: ureq::http::Uri = url.parse().unwrap();
        prop_assert_eq!(parsed.query(), compiled.strip_prefix('?'));
    }

    #[test]
    fn a_number_is_read_as_the_same_number_in_plain_digits(float in any::<f64>(), integer in any::<i64>()) {
        let query = Query::new().equal("f", float).equal("i", integer);
        if !float.is_finite() {
            prop_assert_eq!(query.compile(), Err(QueryError::NotFinite { property: "f".into() }));
            return Ok(());
        }
        let decoded = decode(&query.compile().unwrap()).unwrap();
        let [Node::Comparison { operand: Operand::Text(f), .. }, Node::Comparison { operand: Operand::Text(i), .. }] =
            decoded.as_slice()
        else {
            return Err(TestCaseError::fail(format!("{decoded:?}")));
        };
        prop_assert_eq!(f.parse::<f64>(), Ok(float));
        prop_assert!(!f.contains(['e', 'E']) && !f.ends_with(".0"), "{}", f);
        prop_assert_eq!(i.parse::<i64>(), Ok(integer));
    }

    #[test]
    fn nested_conditions_keep_their_meaning_and_their_values(tree in tree(), rows in vec(row(), 1..12)) {
        let compiled = build(&tree).compile().unwrap();
        let decoded = Node::And(decode(&compiled).unwrap());
        for row in &rows {
            prop_assert_eq!(holds(&tree, row), matches(&decoded, row), "{} for {:?}", compiled, row);
        }
    }

    #[test]
    fn nested_conditions_are_read_with_the_same_structure(tree in tree()) {
        let mut expected = operands("and", &written(&tree, false));
        let mut decoded = decode(&build(&tree).compile().unwrap()).unwrap();
        // On the top level the order is the reference's.
        expected.sort_by_key(|node| format!("{node:?}"));
        decoded.sort_by_key(|node| format!("{node:?}"));
        prop_assert_eq!(decoded, expected);
    }
}

/// A condition as a program would nest it, over three properties with small values or none.
#[derive(Clone, Debug)]
enum Tree {
    Compare(&'static str, &'static str, String),
    List(bool, &'static str, Vec<String>),
    Null(bool, &'static str),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

type Row = [(&'static str, Option<String>); 3];

fn small() -> impl Strategy<Value = String> {
    select(vec!["1", "2", "3", "a,b", ""]).prop_map(str::to_owned)
}

fn tree() -> impl Strategy<Value = Tree> {
    let name = || select(vec!["a", "b.c", "d_e"]);
    let leaf = prop_oneof![
        (select(COMPARISONS.to_vec()), name(), small())
            .prop_map(|(op, name, value)| Tree::Compare(op, name, value)),
        (any::<bool>(), name(), vec(small(), 1..4))
            .prop_map(|(inside, name, values)| Tree::List(inside, name, values)),
        (any::<bool>(), name()).prop_map(|(null, name)| Tree::Null(null, name)),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Tree::All),
            vec(inner.clone(), 1..4).prop_map(Tree::Any),
            inner.prop_map(|tree| Tree::Not(Box::new(tree))),
        ]
    })
}

fn row() -> impl Strategy<Value = Row> {
    let value = || proptest::option::of(small());
    (value(), value(), value()).prop_map(|(a, b, c)| [("a", a), ("b.c", b), ("d_e", c)])
}

fn build(tree: &Tree) -> Query {
    let query = Query::new();
    match tree {
        Tree::Compare(operator, name, value) => compare(operator, name, value),
        Tree::List(true, name, values) => query.in_(name, values),
        Tree::List(false, name, values) => query.out(name, values),
        Tree::Null(true, name) => query.null(name),
        Tree::Null(false, name) => query.not_null(name),
        Tree::All(trees) => query.all(trees.iter().map(build)),
        Tree::Any(trees) => query.any(trees.iter().map(build)),
        Tree::Not(tree) => query.not(build(tree)),
    }
}

/// What should arrive: negations at single comparisons, operators of one kind joined, one operand without operator.
fn written(tree: &Tree, negated: bool) -> Node {
    let single = |node| if negated { Node::Not(Box::new(node)) } else { node };
    match tree {
        Tree::Compare(operator, name, value) => single(comparison(operator, name, read(value))),
        Tree::List(inside, name, values) => single(Node::List {
            operator: if *inside { "in" } else { "out" }.into(),
            property: (*name).into(),
            operands: values.iter().map(|value| read(value)).collect(),
        }),
        Tree::Null(null, name) => single(comparison(if *null { "eq" } else { "ne" }, name, Operand::Null)),
        Tree::Not(tree) => written(tree, !negated),
        Tree::All(trees) | Tree::Any(trees) => {
            let kind = if matches!(tree, Tree::All(_)) == negated { "or" } else { "and" };
            let mut parts: Vec<Node> =
                trees.iter().flat_map(|tree| operands(kind, &written(tree, negated))).collect();
            match (parts.len(), kind) {
                (1, _) => parts.remove(0),
                (_, "and") => Node::And(parts),
                _ => Node::Or(parts),
            }
        }
    }
}

fn operands(kind: &str, node: &Node) -> Vec<Node> {
    match node {
        Node::And(parts) if kind == "and" => parts.clone(),
        Node::Or(parts) if kind == "or" => parts.clone(),
        other => vec![other.clone()],
    }
}

fn value_of<'a>(row: &'a Row, property: &str) -> Option<&'a str> {
    row.iter().find(|(name, _)| *name == property).and_then(|(_, value)| value.as_deref())
}

/// `ne` and `out` keep rows without a value; the comparisons of order do not.
fn compares(operator: &str, value: Option<&str>, operand: &str) -> bool {
    match operator {
        "eq" => value == Some(operand),
        "ne" => value != Some(operand),
        "gt" => value.is_some_and(|value| value > operand),
        "ge" => value.is_some_and(|value| value >= operand),
        "lt" => value.is_some_and(|value| value < operand),
        "le" => value.is_some_and(|value| value <= operand),
        other => unreachable!("{other}"),
    }
}

fn holds(tree: &Tree, row: &Row) -> bool {
    match tree {
        Tree::Compare(operator, name, value) => compares(operator, value_of(row, name), value),
        Tree::List(inside, name, values) => {
            *inside == values.iter().any(|value| Some(value.as_str()) == value_of(row, name))
        }
        Tree::Null(null, name) => *null == value_of(row, name).is_none(),
        Tree::All(trees) => trees.iter().all(|tree| holds(tree, row)),
        Tree::Any(trees) => trees.iter().any(|tree| holds(tree, row)),
        Tree::Not(tree) => !holds(tree, row),
    }
}

fn matches(node: &Node, row: &Row) -> bool {
    match node {
        Node::Comparison { operator, property, operand } => match operand {
            Operand::Null => (operator == "eq") == value_of(row, property).is_none(),
            Operand::Empty => compares(operator, value_of(row, property), ""),
            Operand::Text(text) => compares(operator, value_of(row, property), text),
        },
        Node::List { operator, property, operands } => {
            (operator == "in")
                == operands.iter().any(|operand| match operand {
                    Operand::Null => value_of(row, property).is_none(),
                    Operand::Empty => value_of(row, property) == Some(""),
                    Operand::Text(text) => value_of(row, property) == Some(text),
                })
        }
        Node::And(nodes) => nodes.iter().all(|node| matches(node, row)),
        Node::Or(nodes) => nodes.iter().any(|node| matches(node, row)),
        Node::Not(node) => !matches(node, row),
        Node::Pattern { .. } | Node::Ordering(_) | Node::Select(_) => unreachable!("{node:?}"),
    }
}

#[test]
fn the_decoder_refuses_what_the_platform_refuses() {
    let refused = [
        "eq(a,)",
        "eq(a,b c,d)",
        "eq(a, b)",
        "eq(a,b)&",
        "&eq(a,b)",
        "eq(a,b)&&eq(a,b)",
        "eq(a,t)",
        "eq(a,:x)",
        "eq(a,x/y)",
        "eq(a,%F0%9F%98%80)",
        "eq(a,%22x)",
        "eq(a,%22x%22y%22)",
        "in(a,())",
        "in(a,b)",
        "in(a,(b,))",
        "id=in=(a,b)",
        "and(eq(a,1))",
        "or(eq(a,1))",
        "not(and(eq(a,1),eq(b,2)))",
        "not(not(eq(a,1)))",
        "EQ(a,1)",
        "eq(a,1)|eq(b,2)",
        "ordering(a)&ordering(b)",
        "select(a)&select(b)",
        "limit=1&limit=2",
        "ordering(a,b,c,d,e,f)",
        "gt(a,null())",
        "like(a,empty())",
        "like(a,**)",
        "eq(1a,x)",
    ];
    for query in refused {
        assert!(decode(&format!("?{query}")).is_err(), "{query}");
    }
}

#[test]
fn the_decoder_reads_what_the_platform_reads() {
    let table = [
        ("eq(a,b%20c )", comparison("eq", "a", read("b c "))),
        ("a=b", comparison("eq", "a", read("b"))),
        ("a=ge=-5", comparison("ge", "a", read("-5"))),
        ("eq(a,b+c)", comparison("eq", "a", read("b+c"))),
        ("eq(a,%22b%2522%22)", comparison("eq", "a", read("b%22"))),
        ("eq(a,%27b%22c%27)", comparison("eq", "a", read("b\"c"))),
        ("eq(a,%C3%A9)", comparison("eq", "a", read("é"))),
        ("eq(a,null())", comparison("eq", "a", Operand::Null)),
        ("eq(a,%22null()%22)", comparison("eq", "a", read("null()"))),
        ("eq(a,%22empty()%22)", comparison("eq", "a", Operand::Empty)),
        ("eq(eq,and)", comparison("eq", "eq", read("and"))),
        ("eq%28a%2Ct1%29", comparison("eq", "a", read("t1"))),
        ("ordering(-t,b)", Node::Ordering(vec!["-t".into(), "b".into()])),
    ];
    for (query, node) in table {
        assert_eq!(decode(&format!("?{query}")), Ok(vec![node]), "{query}");
    }
}
