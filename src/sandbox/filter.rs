//! Conditions of a query, compiled for the fields of one list.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::clock;
use super::fields::{Field, FieldKind, Spec};
use super::rql::{Node, Op, Operand};
use super::scalar::{Scalar, TotalF64, any_leaf, equals, is_null, leaf_scalar, text_of};

#[derive(Debug)]
pub(super) enum Filter {
    Equal { path: Vec<String>, operand: Scalar },
    Among { path: Vec<String>, texts: HashSet<String>, others: Vec<Scalar>, null: bool },
    Order { path: Vec<String>, kind: FieldKind, op: Op, bound: Scalar },
    Like { path: Vec<String>, pattern: Vec<Glob>, fold: bool },
    Contains { paths: Vec<Vec<String>>, text: String },
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glob {
    Any,
    One(char),
}

impl Filter {
    /// `None` for a name the list does not know: the platform ignores it.
    pub(super) fn compile(node: &Node, spec: &Spec) -> Result<Option<Self>, String> {
        Ok(match node {
            Node::Search(text) => {
                Some(Self::Contains { paths: spec.search.clone(), text: text.to_lowercase() })
            }
            Node::And(nodes) => Some(Self::All(known(nodes, spec)?)),
            Node::Or(nodes) => {
                let filters = known(nodes, spec)?;
                if filters.is_empty() { None } else { Some(Self::Any(filters)) }
            }
            Node::Not(inner) => Self::compile(inner, spec)?.map(|f| Self::Not(Box::new(f))),
            Node::List { negated, field: name, values } => {
                let Some(field) = spec.fields.get(name) else {
                    return Ok(None);
                };
                allow(name, field, if *negated { "out" } else { "in" })?;
                let (mut texts, mut others) = (HashSet::new(), Vec::new());
                let mut null = false;
                for value in values {
                    match value {
                        Operand::Null => {
                            allow(name, field, "null")?;
                            null = true;
                        }
                        Operand::Text(text) => match operand_scalar(name, field, text)? {
                            Scalar::Text(text) => drop(texts.insert(text)),
                            other => others.push(other),
                        },
                    }
                }
                let filter = Self::Among { path: field.path.clone(), texts, others, null };
                Some(if *negated { Self::Not(Box::new(filter)) } else { filter })
            }
            Node::Compare { op, field: name, value } => {
                let Some(field) = spec.fields.get(name) else {
                    return Ok(None);
                };
                Some(compare(name, field, *op, value)?)
            }
        })
    }

    pub(super) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Equal { path, operand: Scalar::Null } => is_null(value, path),
            Self::Equal { path, operand } => any_leaf(value, path, &mut |leaf| equals(leaf, operand)),
            Self::Among { path, texts, others, null } => {
                (*null && is_null(value, path))
                    || any_leaf(value, path, &mut |leaf| {
                        text_of(leaf).is_some_and(|text| texts.contains(text.as_ref()))
                            || others.iter().any(|operand| equals(leaf, operand))
                    })
            }
            Self::Order { path, kind, op, bound } => any_leaf(value, path, &mut |leaf| {
                let scalar = leaf_scalar(leaf, *kind);
                scalar != Scalar::Null
                    && match op {
                        Op::Gt => scalar > *bound,
                        Op::Ge => scalar >= *bound,
                        Op::Lt => scalar < *bound,
                        _ => scalar <= *bound,
                    }
            }),
            Self::Like { path, pattern, fold } => any_leaf(value, path, &mut |leaf| {
                text_of(leaf).is_some_and(|text| {
                    let text = if *fold { Cow::Owned(text.to_lowercase()) } else { text };
                    globs(pattern, &text.chars().collect::<Vec<_>>())
                })
            }),
            Self::Contains { paths, text } => paths.iter().any(|path| {
                let mut found =
                    |leaf: &Value| text_of(leaf).is_some_and(|leaf| leaf.to_lowercase().contains(text));
                any_leaf(value, path, &mut found)
            }),
            Self::All(filters) => filters.iter().all(|filter| filter.matches(value)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(value)),
            Self::Not(filter) => !filter.matches(value),
        }
    }

    /// Whether the next call of the same cursor will likely have another operand in this condition.
    pub(super) fn is_volatile(&self) -> bool {
        match self {
            Self::Equal { path, operand } => *path == ["id"] || matches!(operand, Scalar::Time(_)),
            Self::Among { path, .. } => *path == ["id"],
            Self::Order { .. } => true,
            Self::Not(inner) => inner.is_volatile(),
            Self::Contains { .. } | Self::Like { .. } | Self::All(_) | Self::Any(_) => false,
        }
    }

    /// The values an indexed field must have one of.
    pub(super) fn exact(&self, field: &str) -> Option<Vec<&str>> {
        match self {
            Self::Equal { path, operand: Scalar::Text(text) } if *path == [field] => Some(vec![text]),
            Self::Among { path, texts, others, null: false } if *path == [field] && others.is_empty() => {
                Some(texts.iter().map(String::as_str).collect())
            }
            _ => None,
        }
    }

    /// The earliest time of `path` that matches.
    pub(super) fn lower_bound(&self, path: &[String]) -> Option<i64> {
        match self {
            Self::Order { path: own, op: Op::Ge, bound: Scalar::Time(at), .. } if own == path => Some(*at),
            Self::Order { path: own, op: Op::Gt, bound: Scalar::Time(at), .. } if own == path => {
                at.checked_add(1)
            }
            _ => None,
        }
    }
}

fn known(nodes: &[Node], spec: &Spec) -> Result<Vec<Filter>, String> {
    nodes.iter().filter_map(|node| Filter::compile(node, spec).transpose()).collect()
}

fn allow(name: &str, field: &Field, lookup: &str) -> Result<(), String> {
    if field.lookups.contains(lookup) {
        Ok(())
    } else {
        Err(format!("RQL Lookup Error: lookup {lookup} is not supported by {name}."))
    }
}

fn compare(name: &str, field: &Field, op: Op, value: &Operand) -> Result<Filter, String> {
    let path = field.path.clone();
    let lookup = match op {
        Op::Eq => "eq",
        Op::Ne => "ne",
        Op::Gt => "gt",
        Op::Ge => "ge",
        Op::Lt => "lt",
        Op::Le => "le",
        Op::Like => "like",
        Op::Ilike => "ilike",
    };
    let Operand::Text(text) = value else {
        allow(name, field, "null")?;
        let filter = Filter::Equal { path, operand: Scalar::Null };
        return Ok(if op == Op::Ne { Filter::Not(Box::new(filter)) } else { filter });
    };
    allow(name, field, lookup)?;
    // Names of the older syntax, which hold their lookup.
    if name.ends_with("__icontains") {
        return Ok(Filter::Contains { paths: vec![path], text: text.to_lowercase() });
    }
    if name.ends_with("__is_null") {
        let filter = Filter::Equal { path, operand: Scalar::Null };
        return Ok(if text.eq_ignore_ascii_case("true") { filter } else { Filter::Not(Box::new(filter)) });
    }
    Ok(match op {
        Op::Eq => Filter::Equal { path, operand: operand_scalar(name, field, text)? },
        Op::Ne => Filter::Not(Box::new(Filter::Equal { path, operand: operand_scalar(name, field, text)? })),
        Op::Like | Op::Ilike => {
            let fold = op == Op::Ilike;
            let pattern = pattern(&if fold { text.to_lowercase() } else { text.clone() })?;
            Filter::Like { path, pattern, fold }
        }
        _ => Filter::Order { path, kind: field.kind, op, bound: operand_scalar(name, field, text)? },
    })
}

fn operand_scalar(name: &str, field: &Field, text: &str) -> Result<Scalar, String> {
    let wrong = || format!("RQL Value Error: {text:?} is no value of {name}.");
    match field.kind {
        FieldKind::Time => clock::parse(text).map(Scalar::Time).ok_or_else(wrong),
        FieldKind::Number => text.parse().map(|number| Scalar::Number(TotalF64(number))).map_err(|_| wrong()),
        FieldKind::Text if field.choices.as_ref().is_some_and(|choices| !choices.contains(text)) => {
            Err(wrong())
        }
        FieldKind::Text => Ok(Scalar::Text(text.to_owned())),
    }
}

fn pattern(text: &str) -> Result<Vec<Glob>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('*' | '\\')) => out.extend(chars.next().map(Glob::One)),
            '*' if out.last() == Some(&Glob::Any) => {
                return Err("RQL Value Error: ** in a pattern.".to_owned());
            }
            '*' => out.push(Glob::Any),
            other => out.push(Glob::One(other)),
        }
    }
    Ok(out)
}

fn globs(pattern: &[Glob], text: &[char]) -> bool {
    // Back to the last star on a mismatch: never exponential.
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Glob::Any) => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(Glob::One(c)) if text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    star = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|glob| *glob == Glob::Any))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::rql;

    fn ask(query: &str, value: &Value) -> Result<bool, String> {
        let node = rql::parse(query)?.conditions.remove(0).0;
        Ok(Filter::compile(&node, Spec::of("requests"))?.is_none_or(|filter| filter.matches(value)))
    }

    fn request() -> Value {
        json!({
            "id": "PR-1", "type": "purchase", "status": "pending", "created": "2024-03-04T09:12:44Z",
            "assignee": null, "note": "",
            "asset": {
                "external_id": 883_105, "product": {"id": "PRD-1", "name": "Olmedo * Vault"},
                "connection": {"hub": {"id": "HB-0000-0000"}},
                "params": [{"id": "email", "value": "a@b.c"}, {"id": "plan", "value": null}],
            },
        })
    }

    #[test]
    fn conditions_hold_where_they_should() {
        for query in [
            "status=pending",
            "in(asset.product.id,(PRD-1,PRD-2))",
            "out(id,(PR-2))",
            "asset.external_id=883105",
            "eq(asset.params.id,email)",
            "asset__product__id=PRD-1",
            "product_id=PRD-1",
            "like(asset.product.name,Olmedo*)",
            "ilike(asset.product.name,*VAULT)",
            "like(asset.product.name,\"Olmedo \\* Vault\")",
            "ge(created,2024-03-04)",
            "eq(created,2024-03-04T10:12:44+01:00)",
            "eq(assignee,null())",
            "eq(asset.connection.hub.id,null())",
            "ne(asset.contract.id,CRD-1)",
            "not(eq(type,cancel))",
            "or(type=cancel,type=purchase)",
            "no_such_field=1",
            "eq(asset.contract.id,null())",
        ] {
            assert_eq!(ask(query, &request()), Ok(true), "{query}");
        }
    }

    #[test]
    fn conditions_fail_where_they_should() {
        for query in [
            "status=approved",
            "in(asset.product.id,(PRD-2))",
            "like(asset.product.name,Vault)",
            "gt(created,2024-03-05)",
            "like(asset.product.name,olmedo*)",
            "ne(asset.product.id,PRD-1)",
            "and(type=purchase,id=PR-2)",
            "ne(assignee.email,x)&status=failed",
        ] {
            let whole: Vec<_> = query.split('&').map(|part| ask(part, &request())).collect();
            assert!(whole.contains(&Ok(false)), "{query}");
        }
    }

    #[test]
    fn undeclared_lookups_and_bad_values_are_refused() {
        for query in [
            "gt(status,a)",
            "created=yesterday",
            "eq(created,2024-03-04T09:12:44 00:00)",
            "status=PENDING",
            "like(id,**)",
            "eq(status,null())",
        ] {
            assert!(ask(query, &request()).is_err(), "{query}");
        }
    }

    #[test]
    fn a_star_without_neighbours_matches_everything_and_none_is_exact() {
        let star = |pattern_text: &str, text: &str| {
            globs(&pattern(pattern_text).unwrap(), &text.chars().collect::<Vec<_>>())
        };
        assert!(star("*", "") && star("a*c", "abc") && star("*b*", "abc") && star("a*b*c", "aXbYbZc"));
        assert!(!star("a", "ab") && !star("a*d", "abc") && !star("", "a"));
    }
}
