//! Values in a query, read back by the platform's grammar.
#![no_main]

#[path = "../../tests/rql/decoder.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod decoder;

use connect::rql::Query;
use decoder::{Node, Operand, decode, pieces};

libfuzzer_sys::fuzz_target!(|texts: (String, String, String)| {
    let (value, listed, pattern) = texts;
    let compiled = |query: Query| query.compile().ok().map(|text| decode(&text).expect("it reads back"));
    if let Some(nodes) = compiled(Query::new().equal("key", value.as_str())) {
        match nodes.as_slice() {
            [Node::Comparison { operand: Operand::Text(read), .. }] => assert_eq!(*read, value),
            other => panic!("{value:?} became {other:?}"),
        }
    }
    if let Some(nodes) = compiled(Query::new().in_("key", [value.as_str(), listed.as_str()])) {
        match nodes.as_slice() {
            [Node::List { operands, .. }] => {
                assert_eq!(*operands, [Operand::Text(value.clone()), Operand::Text(listed.clone())]);
            }
            other => panic!("{value:?}, {listed:?} became {other:?}"),
        }
    }
    if let Some(nodes) = compiled(Query::new().like("key", pattern.as_str())) {
        match nodes.as_slice() {
            [Node::Pattern { pattern: read, .. }] => drop(pieces(read)),
            other => panic!("{pattern:?} became {other:?}"),
        }
    }
});
