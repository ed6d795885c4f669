//! The names that each list knows. The platform ignores a filter whose name it does not know, and lists everything.
//!
//! A table is the text that the documentation of its list shows, so that there is only one of each.

use super::filter::{Op, Term};
use super::{Query, QueryError};

mod nearest;
#[cfg(test)]
mod tests;

/// The names of one list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// The path of the list, as an error shows it.
    pub(crate) list: &'static str,
    table: &'static str,
}

macro_rules! lists {
    ($($name:ident = $list:literal, $file:literal;)+) => {
        $(pub(crate) static $name: Names = Names { list: $list, table: include_str!(concat!("names/", $file, ".md")) };)+

        #[cfg(test)]
        static ALL: &[&Names] = &[$(&$name),+];
    };
}

lists! {
    REQUESTS = "/requests", "requests";
    ASSETS = "/assets", "assets";
    PRODUCTS = "/products", "products";
    PRODUCT_CONFIGURATIONS = "/products/{id}/configurations", "product_configurations";
    PRODUCT_PARAMETERS = "/products/{id}/parameters", "product_parameters";
    PRODUCT_ITEMS = "/products/{id}/items", "product_items";
    TIER_CONFIGS = "/tier/configs", "tier_configs";
    TIER_CONFIG_REQUESTS = "/tier/config-requests", "tier_config_requests";
    TIER_ACCOUNTS = "/tier/accounts", "tier_accounts";
    TIER_ACCOUNT_REQUESTS = "/tier/account-requests", "tier_account_requests";
    LISTINGS = "/listings", "listings";
    USAGE_FILES = "/usage/files", "usage_files";
    USAGE_CATEGORIES = "/usage/files/{id}/categories", "usage_categories";
    MARKETPLACES = "/marketplaces", "marketplaces";
}

/// A name, and what the list can do with it.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    /// The look-ups in backticks; `None` for what can only be selected.
    look_ups: Option<&'static str>,
    orderable: bool,
    searched: bool,
}

impl Names {
    fn iter(&self) -> impl Iterator<Item = Known> {
        let rows = self.table.lines().filter_map(|row| row.trim_matches([' ', '|']).split_once(" | "));
        rows.flat_map(|(look_ups, names)| {
            let look_ups = Some(look_ups).filter(|look_ups| look_ups.starts_with('`'));
            names.split(", ").filter_map(move |name| {
                let (name, marks) = name.trim().strip_prefix('`')?.split_once('`')?;
                let (orderable, searched) = (marks.contains('↕'), marks.contains('⌕'));
                Some(Known { name, look_ups, orderable, searched })
            })
        })
    }

    /// Refuses what the platform would ignore or refuse.
    fn check_term(&self, term: &Term) -> Result<(), QueryError> {
        if term.op == Op::Search {
            let searched = self.iter().any(|name| name.searched);
            return if searched { Ok(()) } else { Err(QueryError::NotSearched { list: self.list }) };
        }
        let property = &*term.property;
        let known = self.iter().find(|known| known.name == property && known.look_ups.is_some());
        let Some(look_ups) = known.and_then(|known| known.look_ups) else {
            return Err(self.unknown("filter", property, |name| name.look_ups.is_some()));
        };
        let look_up = if term.is_null() { "null" } else { term.op.as_str() };
        if look_ups.split('`').any(|known| known == look_up) {
            return Ok(());
        }
        Err(QueryError::LookUp {
            list: self.list,
            property: property.to_owned(),
            look_up,
            known: look_ups.replace('`', ""),
        })
    }

    fn check_ordering(&self, property: &str) -> Result<(), QueryError> {
        if self.iter().any(|known| known.orderable && known.name == property) {
            return Ok(());
        }
        Err(self.unknown("ordering", property, |name| name.orderable))
    }

    /// What holds something that is known can be selected as well.
    fn check_select(&self, part: &str) -> Result<(), QueryError> {
        let holds =
            |name: &str| name.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if self.iter().any(|known| holds(known.name)) {
            return Ok(());
        }
        Err(self.unknown("select", part, |_| true))
    }

    fn unknown(&self, part: &'static str, name: &str, of_part: impl Fn(&Known) -> bool) -> QueryError {
        let names: Vec<_> = self.iter().filter(of_part).map(|known| known.name).collect();
        let nearest = nearest::nearest(name, &names).map(str::to_owned);
        QueryError::UnknownName { list: self.list, part, name: name.to_owned(), nearest }
    }
}

impl Query {
    /// Refuses a name that the list does not have; the platform would ignore it.
    pub(crate) fn check(&self, names: &Names) -> Result<(), QueryError> {
        if let Some(refused) = &self.refused {
            return Err((**refused).clone());
        }
        if self.unchecked {
            return Ok(());
        }
        self.filters.iter().try_for_each(|filter| filter.try_for_each(&mut |term| names.check_term(term)))?;
        let bare = |name: &'_ String| name.trim_start_matches('-').to_owned();
        self.ordering.iter().map(bare).try_for_each(|name| names.check_ordering(&name))?;
        self.select.iter().map(bare).try_for_each(|name| names.check_select(&name))
    }
}
