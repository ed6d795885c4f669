use super::*;

/// `a1` is the element `a`, created in second 1; `a` has no timestamp; `!a` does not decode.
fn entries<'a>(page: &[&'a str]) -> Vec<Entry<'a>> {
    let entry = |text: &&'a str| {
        let mut hasher = DefaultHasher::new();
        let id = text.trim_end_matches(|c: char| c.is_ascii_digit());
        id.hash(&mut hasher);
        let created = text.strip_prefix(id).and_then(|second| second.parse().ok());
        let created = created.map(|second| OffsetDateTime::from_unix_timestamp(second).unwrap());
        let item = (!text.starts_with('!')).then_some((id, created));
        Entry { mark: hasher.finish(), item }
    };
    page.iter().map(entry).collect()
}

/// Elements, and the first position and total that the range tells.
type Told<'a> = (&'a [&'a str], Option<(u64, u64)>);

fn tell(cursor: &mut Cursor, page: &[&str], range: Option<(u64, u64)>) -> Step {
    cursor.page(&entries(page), range.map(|(first, total)| ContentRange { first, total }))
}

/// What each page comes to, and the query that follows it.
fn walk(pages: &[Told<'_>]) -> Vec<(Step, String)> {
    let mut cursor = Cursor::new("eq(status,pending)".into(), "created", 2);
    let told = pages.iter().map(|(page, range)| {
        let step = tell(&mut cursor, page, *range);
        let query = cursor.query().unwrap();
        let query = query.replace("eq(status,pending)&", "").replace("ordering(created)&", "");
        (step, query.replace("%221970-01-01T00%3A00%3A0", "T").replace("%2B00%3A00%22", ""))
    });
    told.collect()
}

fn steps(pages: &[Told<'_>]) -> Vec<Step> {
    walk(pages).into_iter().map(|(step, _)| step).collect()
}

#[test]
fn each_query_begins_at_the_newest_moment_and_leaves_out_what_was_seen_of_it() {
    let told = walk(&[
        (&["a1", "b2"], Some((0, 4))),
        (&["c2", "d3"], Some((0, 2))),
        (&["d3"], Some((0, 1))),
        (&[], Some((0, 0))),
    ]);
    let queries: Vec<_> = told.iter().map(|(_, query)| query.as_str()).collect();
    assert!(queries[0].ends_with("out(id,(b))&limit=2&offset=0"), "{queries:?}");
    assert!(queries[1].ends_with("out(id,(d))&limit=2&offset=0"), "{queries:?}");
    let steps: Vec<_> = told.into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [Step::Handle(vec![0, 1]), Step::Handle(vec![0, 1]), Step::End, Step::End]);
}

#[test]
fn what_has_left_the_list_need_not_be_left_out() {
    let mut cursor = Cursor::new("eq(status,pending)".into(), "created", 2);
    tell(&mut cursor, &["a1", "b1"], Some((0, 2)));
    cursor.has_left("a");
    assert!(cursor.query().unwrap().contains("&out(id,(b))&"));
    cursor.has_left("b");
    assert!(!cursor.query().unwrap().contains("out("));
}

#[test]
fn a_list_ends_where_its_range_says_or_on_an_empty_page() {
    let new = |count| Step::Handle((0..count).collect());
    assert_eq!(steps(&[(&["a1"], Some((0, 1))), (&["a1"], Some((0, 1)))]), [new(1), Step::End]);
    assert_eq!(steps(&[(&["a1"], None), (&["a1"], None), (&[], None)]), [new(1), Step::Fetch, Step::End]);
    assert_eq!(steps(&[(&[], None)]), [Step::End]);
}

#[test]
fn a_server_that_ignores_offsets_is_found_out() {
    let page: &[&str] = &["a1", "b1"];
    let told = steps(&[(page, None), (page, None), (page, None), (page, None)]);
    assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Fetch, Step::Repeats]);
}

#[test]
fn ties_are_read_by_offset_with_one_element_of_overlap() {
    let told =
        walk(&[(&["a1", "b1"], Some((0, 6))), (&["a1", "b1"], Some((0, 6))), (&["b1", "c1"], Some((1, 6)))]);
    assert_eq!(told[1].0, Step::Fetch);
    assert!(told[1].1.ends_with("limit=1000&offset=1"), "{told:?}");
    assert_eq!(told[2].0, Step::Handle(vec![1]));
    assert!(told[2].1.ends_with("offset=0"), "{told:?}");
}

#[test]
fn a_sweep_is_made_again_where_its_overlap_is_missing() {
    let told = steps(&[
        (&["a1", "b1"], Some((0, 4))),
        (&["a1", "b1"], Some((0, 4))),
        (&["x1", "a1"], Some((1, 3))),
        (&["a1", "b1"], Some((0, 3))),
        (&["b1", "x1"], Some((1, 3))),
    ]);
    assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Handle(vec![0]), Step::Fetch, Step::End]);
}

#[test]
fn broken_elements_of_one_content_are_counted() {
    let told = steps(&[
        (&["!x", "!x", "a1"], None),
        (&["!x", "!x", "!x"], None),
        (&["!x", "!x", "!x"], None),
        (&["!x"], None),
    ]);
    assert_eq!(told, [Step::Handle(vec![0, 1, 2]), Step::Handle(vec![2]), Step::Fetch, Step::End]);
}

#[test]
fn what_is_out_of_order_is_handed_out_and_what_is_older_than_asked_for_is_not() {
    let told = steps(&[(&["b5", "a3"], Some((0, 2))), (&["c4", "d6"], None)]);
    assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Handle(vec![1])]);
}

#[test]
fn no_cursor_passes_a_page_in_disorder_that_has_more_behind_it() {
    let told = walk(&[
        (&["a1"], Some((0, 5))),
        (&["e9", "d8"], Some((0, 4))),
        (&["e9", "d8"], Some((0, 4))),
        (&["d8", "c7", "b6"], Some((1, 4))),
        (&["e9", "d8"], Some((0, 4))),
        (&["d8", "c7", "b6"], Some((1, 4))),
    ]);
    assert!(told[1].1.ends_with("ge(created,T1)&out(id,(a))&limit=2&offset=0"), "{told:?}");
    let steps: Vec<_> = told.into_iter().map(|(step, _)| step).collect();
    let two = |at: usize| Step::Handle(vec![at, at + 1]);
    assert_eq!(steps, [Step::Handle(vec![0]), two(0), Step::Fetch, two(1), Step::Fetch, Step::End]);
}

#[test]
fn a_total_smaller_than_its_page_ends_nothing() {
    let told =
        steps(&[(&["a1", "b1"], Some((0, 1))), (&["a1", "b1"], Some((0, 1))), (&["b1", "c1"], Some((1, 1)))]);
    assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Handle(vec![1])]);
}

#[test]
fn elements_without_a_timestamp_are_handed_out_once() {
    let told = steps(&[(&["a", "b"], None), (&["a", "b"], None), (&["b", "c"], None)]);
    assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Handle(vec![1])]);
}

#[test]
fn what_is_behind_ties_that_never_hold_still_is_handed_out_in_the_end() {
    let mut cursor = Cursor::new("eq(status,pending)".into(), "created", 2);
    tell(&mut cursor, &["a1", "b1"], Some((0, 5)));
    let sweeps = (1..=2 * SWEEPS).find(|_| {
        assert_eq!(tell(&mut cursor, &["a1", "b1"], Some((0, 5))), Step::Fetch);
        tell(&mut cursor, &["b1", "z2"], Some((1, 6))) == Step::Handle(vec![1])
    });
    assert_eq!(sweeps, Some(SWEEPS + 1));
}
