use time::macros::datetime;

use super::*;

fn compiled(query: &Query) -> String {
    query.compile().unwrap()
}

fn refused(query: &Query) -> QueryError {
    query.compile().unwrap_err()
}

#[test]
fn each_call_of_the_reference_compiles_as_there() {
    let new = Query::new;
    let table = [
        (new(), ""),
        (new().equal("key", "value"), "?eq(key,value)"),
        (new().not_equal("property", "value"), "?ne(property,value)"),
        (new().in_("key", ["value1", "value2"]), "?in(key,(value1,value2))"),
        (new().out("product.id", ["PR-", "CN-"]), "?out(product.id,(PR-,CN-))"),
        (new().select(["attribute"]), "?select(attribute)"),
        (new().like("product.id", "PR-"), "?like(product.id,PR-)"),
        (new().ilike("product.id", "PR-*"), "?ilike(product.id,PR-*)"),
        (new().order_by("date"), "?ordering(date)"),
        (new().greater("property", "value"), "?gt(property,value)"),
        (new().greater_equal("property", "value"), "?ge(property,value)"),
        (new().lesser("property", "value"), "?lt(property,value)"),
        (new().lesser_equal("property", "value"), "?le(property,value)"),
        (new().limit(10), "?limit=10"),
        (new().offset(10), "?offset=10"),
        (new().ordering(["property1", "-property2"]), "?ordering(property1,-property2)"),
    ];
    for (query, text) in table {
        assert_eq!(compiled(&query), text);
    }
}

#[test]
fn what_the_reference_lacks_compiles_to_its_operator() {
    let new = Query::new;
    let (a, b) = (|| new().equal("a", 1), || new().equal("b", 2));
    let table = [
        (new().null("p"), "?eq(p,null())"),
        (new().not_null("p"), "?ne(p,null())"),
        (new().empty("p"), "?eq(p,empty())"),
        (new().not_empty("p"), "?ne(p,empty())"),
        (new().search("text"), "?search=text"),
        (new().search("two words"), "?search=%22two%20words%22"),
        (new().any([a(), b()]), "?or(eq(a,1),eq(b,2))"),
        (new().all([a(), b()]), "?eq(a,1)&eq(b,2)"),
        (new().all([a().all([b()]), b()]), "?eq(a,1)&eq(b,2)&eq(b,2)"),
        (new().any([a().all([b()]), b()]), "?or(and(eq(a,1),eq(b,2)),eq(b,2))"),
        (new().not(a()), "?not(eq(a,1))"),
        (new().not(new().in_("a", [1])), "?not(in(a,(1)))"),
        (new().not(new().search("x")), "?not(search=x)"),
    ];
    for (query, text) in table {
        assert_eq!(compiled(&query), text);
    }
}

#[test]
fn parts_come_in_the_order_of_the_reference_whatever_the_order_of_calls() {
    let query = Query::new()
        .offset(4)
        .limit(10)
        .ordering(["o"])
        .not(Query::new().equal("n", 1))
        .search("s")
        .lesser("b", 2)
        .equal("a", 1)
        .lesser("c", 3)
        .out("u", [1])
        .in_("i", [1])
        .ilike("k", "x")
        .like("l", "x")
        .select(["part"]);
    assert_eq!(
        compiled(&query),
        "?select(part)&like(l,x)&ilike(k,x)&in(i,(1))&out(u,(1))&lt(b,2)&lt(c,3)&eq(a,1)\
         &not(eq(n,1))&search=s&ordering(o)&limit=10&offset=4"
    );
}

#[test]
fn two_conditions_on_one_property_both_count() {
    let query = Query::new().in_("id", ["a", "b"]).in_("id", ["b", "c"]).greater("n", 1).greater("n", 2);
    assert_eq!(compiled(&query), "?in(id,(a,b))&in(id,(b,c))&gt(n,1)&gt(n,2)");
}

#[test]
fn values_read_as_themselves_stay_bare_and_all_others_are_quoted() {
    let table = [
        ("value", "value"),
        ("PRD-276-377-545", "PRD-276-377-545"),
        ("mail@example.com", "mail@example.com"),
        ("2019-02-12T10:02:00Z", "2019-02-12T10:02:00Z"),
        ("-5", "-5"),
        ("_x", "_x"),
        ("true", "true"),
        ("and", "and"),
        ("a,b", "%22a%2Cb%22"),
        ("comma, \"x\"", "%27comma%2C%20%22x%22%27"),
        ("it's", "%22it%27s%22"),
        ("", "%22%22"),
        ("t", "%22t%22"),
        ("null()", "%22null%28%29%22"),
        ("2019-02-12T10:02:00+00:00", "%222019-02-12T10%3A02%3A00%2B00%3A00%22"),
        ("100%", "%22100%25%22"),
        ("%22", "%22%2522%22"),
        ("a b", "%22a%20b%22"),
        ("a\nb\0", "%22a%0Ab%00%22"),
        ("a*b", "%22a%2Ab%22"),
        (".5", "%22.5%22"),
        ("@me", "%22%40me%22"),
        ("~", "%22~%22"),
        ("Müller", "%22M%C3%BCller%22"),
        ("\u{1f600}", "%22%F0%9F%98%80%22"),
        ("x)&limit=1", "%22x%29%26limit%3D1%22"),
    ];
    for (value, operand) in table {
        assert_eq!(compiled(&Query::new().equal("p", value)), format!("?eq(p,{operand})"));
        assert_eq!(encode_value(value).as_deref(), Ok(operand));
    }
}

#[test]
fn list_elements_are_quoted_each_by_itself() {
    let query = Query::new().in_("id", ["a", "b,c", ""]);
    assert_eq!(compiled(&query), "?in(id,(a,%22b%2Cc%22,%22%22))");
}

#[test]
fn numbers_booleans_and_dates_are_plain() {
    let table = [
        (Value::from(7.0), "7"),
        (Value::from(-0.0), "0"),
        (Value::from(0.1_f32), "0.1"),
        (Value::from(1e21), "1000000000000000000000"),
        (Value::from(-2.5), "-2.5"),
        (Value::from(u64::MAX), "18446744073709551615"),
        (Value::from(i128::MIN), "-170141183460469231731687303715884105728"),
        (Value::from(true), "true"),
        (Value::from(datetime!(2024-02-29 23:59:59.123456 UTC)), "2024-02-29T23:59:59.123456Z"),
        (Value::from(datetime!(2024-01-02 3:04:05 +5:30)), "%222024-01-02T03%3A04%3A05%2B05%3A30%22"),
    ];
    for (value, operand) in table {
        assert_eq!(compiled(&Query::new().equal("p", value)), format!("?eq(p,{operand})"));
    }
}

#[test]
fn patterns_keep_their_stars_and_are_quoted_where_the_grammar_needs_it() {
    let table = [
        ("*x*", "*x*"),
        ("*", "*"),
        ("", "%22%22"),
        ("t", "%22t%22"),
        (r"5\**", "%225%5C%2A%2A%22"),
        (r"a\\*", "%22a%5C%5C%2A%22"),
        ("*a b*", "%22%2Aa%20b%2A%22"),
        ("empty()", "%22empty%28%29%22"),
        ("why?", "%22why%3F%22"),
    ];
    for (pattern, operand) in table {
        assert_eq!(compiled(&Query::new().like("p", pattern)), format!("?like(p,{operand})"));
    }
}

#[test]
fn a_double_wildcard_is_refused_and_a_star_beside_a_wildcard_is_not() {
    for pattern in ["**", "a**", r"\\**", "*x**y"] {
        let error = QueryError::DoubleWildcard { property: "p".into(), pattern: pattern.into() };
        assert_eq!(refused(&Query::new().ilike("p", pattern)), error);
    }
    assert_eq!(compiled(&Query::new().like("p", r"*\**")), "?like(p,%22%2A%5C%2A%2A%22)");
}

#[test]
fn a_literal_star_with_a_wildcard_between_the_ends_is_refused() {
    for pattern in [r"a\*b*c", r"*a*\*", r"\**b"] {
        let error = QueryError::StarAndWildcard { property: "p".into(), pattern: pattern.into() };
        assert_eq!(refused(&Query::new().like("p", pattern)), error);
    }
}

#[test]
fn negation_turns_nested_conditions_inside_out() {
    let new = Query::new;
    let (a, b, c) = (|| new().greater("a", 1), || new().out("b", [2]), || new().null("c"));
    let table = [
        (new().not(new().not(a())), "?gt(a,1)"),
        (new().not(new().any([a(), b()])), "?not(gt(a,1))&not(out(b,(2)))"),
        (new().not(new().all([a(), b()])), "?or(not(gt(a,1)),not(out(b,(2))))"),
        (
            new().not(new().any([a(), new().all([b(), c()])])),
            "?not(gt(a,1))&or(not(out(b,(2))),not(eq(c,null())))",
        ),
        (new().not(a().not(new().any([b(), c()]))), "?or(not(gt(a,1)),out(b,(2)),eq(c,null()))"),
    ];
    for (query, text) in table {
        assert_eq!(compiled(&query), text);
    }
}

#[test]
fn one_operand_leaves_the_operator_out_and_nested_ones_of_a_kind_are_joined() {
    let new = Query::new;
    let a = || new().equal("a", 1);
    assert_eq!(compiled(&new().any([a()])), "?eq(a,1)");
    assert_eq!(compiled(&new().any([new().any([a(), a()]), a()])), "?or(eq(a,1),eq(a,1),eq(a,1))");
    assert_eq!(compiled(&new().any([a(), new().any([a(), a()])])), "?or(eq(a,1),eq(a,1),eq(a,1))");
    assert_eq!(compiled(&a().all([])), "?eq(a,1)");
    assert_eq!(compiled(&a().all([new()])), "?eq(a,1)");
}

#[test]
fn conditions_of_nothing_are_refused() {
    let nothing = |operator| QueryError::NoCondition { operator };
    assert_eq!(refused(&Query::new().any([])), nothing("any"));
    assert_eq!(refused(&Query::new().any([Query::new().null("a"), Query::new()])), nothing("any"));
    assert_eq!(refused(&Query::new().not(Query::new())), nothing("not"));
    let none: [&str; 0] = [];
    let list = |operator| QueryError::EmptyList { operator, property: "p".into() };
    assert_eq!(refused(&Query::new().in_("p", none)), list("in"));
    assert_eq!(refused(&Query::new().out("p", none)), list("out"));
}

#[test]
fn a_condition_that_sorts_or_cuts_is_refused() {
    let base = || Query::new().equal("a", 1);
    let table = [
        (base().select(["x"]), "select"),
        (base().ordering(["x"]), "ordering"),
        (base().limit(1), "limit"),
        (base().offset(1), "offset"),
    ];
    for (query, part) in table {
        let error = |operator| QueryError::NotAFilter { operator, part };
        assert_eq!(refused(&Query::new().any([query.clone()])), error("any"));
        assert_eq!(refused(&Query::new().all([query.clone()])), error("all"));
        assert_eq!(refused(&Query::new().not(query)), error("not"));
    }
}

#[test]
fn values_without_words_are_refused() {
    let p = || "p".to_owned();
    let both = r#"a'b"c"#;
    let table = [
        (Query::new().equal("p", both), QueryError::BothQuotes { property: p(), value: both.into() }),
        (Query::new().out("p", ["x", both]), QueryError::BothQuotes { property: p(), value: both.into() }),
        (Query::new().like("p", both), QueryError::BothQuotes { property: p(), value: both.into() }),
        (Query::new().search(both), QueryError::BothQuotes { property: "search".into(), value: both.into() }),
        (Query::new().equal("p", "empty()"), QueryError::EmptyText { property: p() }),
        (Query::new().in_("p", ["empty()"]), QueryError::EmptyText { property: p() }),
        (Query::new().equal("p", f64::NAN), QueryError::NotFinite { property: p() }),
        (Query::new().equal("p", f32::INFINITY), QueryError::NotFinite { property: p() }),
        (Query::new().lesser("p", datetime!(-1-01-01 0:00 UTC)), QueryError::NoIsoDate { property: p() }),
    ];
    for (query, error) in table {
        assert_eq!(refused(&query), error);
    }
}

#[test]
fn property_names_are_checked_everywhere() {
    for name in ["", "1a", ".a", "a b", "a,b", "a)", "né", "a\n", "-a"] {
        let error = QueryError::PropertyName { name: name.into() };
        assert_eq!(refused(&Query::new().equal(name, 1)), error);
        assert_eq!(refused(&Query::new().in_(name, [1])), error);
        assert_eq!(refused(&Query::new().like(name, "x")), error);
        assert_eq!(refused(&Query::new().null(name)), error);
    }
    assert_eq!(refused(&Query::new().ordering(["--a"])), QueryError::PropertyName { name: "-a".into() });
    assert_eq!(refused(&Query::new().select(["a,b"])), QueryError::PropertyName { name: "a,b".into() });
}

#[test]
fn a_property_the_platform_would_not_take_for_a_filter_is_refused() {
    for name in ["limit", "offset", "search"] {
        assert_eq!(refused(&Query::new().equal(name, 1)), QueryError::ReservedName { name: name.into() });
    }
}

#[test]
fn the_first_mistake_is_reported_also_from_inside() {
    let inner = Query::new().equal("p q", 1).equal("r s", 1);
    let query = Query::new().equal("a", 1).not(inner).limit(1).equal("empty", "empty()");
    assert_eq!(refused(&query), QueryError::PropertyName { name: "p q".into() });
}

#[test]
fn ordering_and_select_add_up_without_repeating_themselves() {
    let query =
        Query::new().ordering(["-a", "+b"]).order_by("b").ordering(["c"]).select(["x"]).select(["-y", "x"]);
    assert_eq!(compiled(&query), "?select(x,-y)&ordering(-a,b,c)");
    assert_eq!(compiled(&Query::new().ordering([""; 0]).select([""; 0])), "");
}

#[test]
fn a_sixth_property_to_sort_by_is_refused() {
    let five = Query::new().ordering(["a", "b", "c", "d", "e"]);
    assert_eq!(compiled(&five), "?ordering(a,b,c,d,e)");
    assert_eq!(refused(&five.order_by("f")), QueryError::TooManyOrderings { count: 6 });
}

#[test]
fn the_last_limit_and_offset_count() {
    assert_eq!(compiled(&Query::new().limit(1).limit(0).offset(5).offset(0)), "?limit=0&offset=0");
}

#[test]
fn narrowing_joins_the_filters_and_keeps_the_paging_of_the_first() {
    let base = Query::new().equal("status", "pending").ordering(["created"]).limit(100).select(["-a"]);
    let extra = Query::new().in_("id", ["x"]).ordering(["z"]).limit(1).offset(7).select(["-a", "-b"]);
    let both = base.narrow(&extra);
    assert_eq!(compiled(&both), "?select(-a,-b)&in(id,(x))&eq(status,pending)&ordering(created)&limit=100");
    assert_eq!(both.filters().as_deref(), Ok("select(-a,-b)&in(id,(x))&eq(status,pending)"));
}

#[test]
fn narrowing_by_a_refused_query_is_refused() {
    let extra = Query::new().equal("p", "empty()");
    assert_eq!(
        refused(&Query::new().equal("a", 1).narrow(&extra)),
        QueryError::EmptyText { property: "p".into() }
    );
}

#[test]
fn hostile_nesting_ends_in_an_error_and_ten_thousand_negations_in_none() {
    let a = || Query::new().equal("a", 1);
    let negated = (0..10_001).fold(a(), |query, _| Query::new().not(query));
    assert_eq!(compiled(&negated), "?not(eq(a,1))");
    let deep = (0..10_000).fold(a(), |query, _| Query::new().any([a(), a().all([query])]));
    assert_eq!(refused(&deep), QueryError::TooDeep { max: 64 });
    let negated_groups = (0..10_000).fold(a(), |query, _| Query::new().not(a().all([query])));
    assert_eq!(refused(&negated_groups), QueryError::TooDeep { max: 64 });
}

#[test]
fn sixty_four_levels_are_no_nesting_too_deep_wherever_the_deepest_stands() {
    let a = || Query::new().equal("a", 1);
    let nested = |levels: usize, first: bool| {
        (0..levels).fold(a(), |query, level| {
            let parts = if first { [query, a()] } else { [a(), query] };
            let [one, other] = parts;
            if level % 2 == 1 { Query::new().any([one, other]) } else { Query::new().all([one.all([other])]) }
        })
    };
    for first in [true, false] {
        assert_eq!(compiled(&nested(64, first)).matches("eq(a,1)").count(), 65, "{first}");
        let deeper = Query::new().any([a().all([nested(64, first)]), a()]);
        assert_eq!(refused(&deeper), QueryError::TooDeep { max: 64 }, "{first}");
        // What joins conditions that are joined already is no level.
        let joined = Query::new().all([nested(64, first).all([a()])]);
        assert_eq!(compiled(&joined).matches("eq(a,1)").count(), 66, "{first}");
    }
}

#[test]
fn a_condition_that_grows_step_by_step_is_no_nesting() {
    let a = || Query::new().equal("a", 1);
    let grown = (1..10_000).fold(a(), |query, _| Query::new().any([query, a()]));
    assert_eq!(compiled(&grown).matches("eq(a,1)").count(), 10_000);
    let joined = (1..10_000).fold(a(), |query, _| query.all([a()]));
    assert_eq!(compiled(&joined).matches("eq(a,1)").count(), 10_000);
}

#[test]
fn messages_are_one_line_and_name_the_property() {
    let value = format!("'\"\n{}", "é".repeat(500));
    let message = refused(&Query::new().equal("asset.id", &value)).to_string();
    assert_eq!(
        message,
        format!(
            "asset.id: \"'\\\"\\n{}…\" has both kinds of quotes, which RQL cannot say: use like with * in place of a quote",
            "é".repeat(57)
        )
    );
}

#[test]
fn messages_say_what_to_do_instead() {
    let p = || "p".to_owned();
    let table = [
        (QueryError::ReservedName { name: "limit".into() }, "use Query::limit"),
        (QueryError::EmptyText { property: p() }, "use like"),
        (
            QueryError::EmptyList { operator: "in", property: p() },
            "p: in without values finds nothing: do not ask",
        ),
        (
            QueryError::EmptyList { operator: "out", property: p() },
            "p: out without values keeps everything: leave it out",
        ),
        (QueryError::TooManyOrderings { count: 6 }, "ordering by 6 properties: the platform takes 5 at most"),
        (QueryError::NoCondition { operator: "any" }, "give it queries with at least one filter each"),
        (
            QueryError::NotAFilter { operator: "not", part: "limit" },
            "a query inside not sets limit: set it on the query around it",
        ),
        (QueryError::TooDeep { max: 64 }, "deeper than 64"),
        (QueryError::DoubleWildcard { property: p(), pattern: "**".into() }, "write one *"),
        (QueryError::StarAndWildcard { property: p(), pattern: r"\*a*b".into() }, "use * for both"),
        (QueryError::NotFinite { property: p() }, "p: not a finite number"),
        (QueryError::NoIsoDate { property: p() }, "years 0 to 9999"),
        (QueryError::PropertyName { name: "a b".into() }, "\"a b\" is no property name"),
    ];
    for (error, part) in table {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_name_may_have_a_hyphen_an_underscore_and_dots() {
    let query = Query::new().equal("asset.my-own_name2", "x").compile();
    assert_eq!(query.as_deref(), Ok("?eq(asset.my-own_name2,x)"));
    assert!(Query::new().equal("asset,name", "x").compile().is_err());
}
