//! A usage file to be made.

#[cfg(feature = "xlsx")]
use serde::Serialize;
use time::Date;

use super::record::{SheetName, UsageCategory};
#[cfg(feature = "xlsx")]
use crate::error::{Error, Result};
use crate::models::Listing;

/// A usage file to be made. New fields are no breaking change: end literals with `..NewUsageFile::default()`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewUsageFile {
    /// Name of the usage file for people; it must not be empty.
    pub name: String,
    /// Id of the product, `PRD-…`; it must not be empty.
    pub product: String,
    /// Id of the contract, `CRD-…`; it must not be empty.
    pub contract: String,
    /// Description of the usage file, which both sides read.
    pub description: Option<String>,
    /// Note that only one's own side reads.
    pub note: Option<String>,
    /// First and last day of the period that the file reports.
    pub period: Option<(Date, Date)>,
    /// Currency of the amounts, such as `EUR`.
    pub currency: Option<String>,
    /// One's own id of the file. The file is found again by it where the answer to its creation is lost.
    ///
    /// Without one, an id is derived from name, product, contract and what the records say.
    pub external_id: Option<String>,
    /// Name of the sheet with the records.
    pub sheet_name: SheetName,
    /// Usage categories that the records name.
    pub categories: Vec<UsageCategory>,
    /// Ids of the parameters that have a `v.` column, with or without the `v.`; without any, those of the first record.
    pub parameters: Vec<String>,
}

impl NewUsageFile {
    /// A file about a listing's product and contract.
    pub fn for_listing(listing: &Listing, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            product: listing.product.id.clone(),
            contract: listing.contract.id.clone(),
            ..Self::default()
        }
    }

    #[cfg(feature = "xlsx")]
    pub(super) fn body<'a>(&'a self, external_id: &'a str, description: &'a str) -> Body<'a> {
        Body {
            name: &self.name,
            description,
            note: self.note.as_deref(),
            period: self.period.map(Period::new),
            currency: self.currency.as_deref(),
            product: Ref { id: &self.product },
            contract: Ref { id: &self.contract },
            external_id,
        }
    }

    /// What brings a draft up to date.
    #[cfg(feature = "xlsx")]
    pub(super) fn update<'a>(&'a self, description: &'a str) -> Update<'a> {
        Update {
            description,
            note: self.note.as_deref(),
            period: self.period.map(Period::new),
            currency: self.currency.as_deref(),
        }
    }

    /// What is missing, or longer than the platform takes it.
    #[cfg(feature = "xlsx")]
    pub(super) fn check(&self) -> Result<()> {
        for (what, value) in [("name", &self.name), ("product", &self.product), ("contract", &self.contract)]
        {
            if value.trim().is_empty() {
                return Err(Error::input(format!("a usage file needs a {what}: nothing was sent")));
            }
        }
        let texts = [
            ("name", Some(&self.name), 100),
            ("description", self.description.as_ref(), 200),
            ("note", self.note.as_ref(), 200),
            ("currency", self.currency.as_ref(), 20),
            ("external id", self.external_id.as_ref(), 200),
        ];
        for (what, text, most) in texts {
            let length = text.map_or(0, |text| text.chars().count());
            if length > most {
                return Err(Error::input(format!(
                    "the {what} of a usage file has {length} characters, the platform takes {most}: nothing was sent"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(feature = "xlsx")]
impl Period {
    fn new((from, to): (Date, Date)) -> Self {
        Self { from: from.to_string(), to: to.to_string() }
    }
}

#[cfg(feature = "xlsx")]
#[derive(Serialize)]
pub(super) struct Update<'a> {
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
}

#[cfg(feature = "xlsx")]
#[derive(Serialize)]
pub(super) struct Body<'a> {
    name: &'a str,
    // The reference sends it empty where there is none, and so is it documented.
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    product: Ref<'a>,
    contract: Ref<'a>,
    external_id: &'a str,
}

#[cfg(feature = "xlsx")]
#[derive(Serialize)]
struct Period {
    from: String,
    to: String,
}

#[cfg(feature = "xlsx")]
#[derive(Serialize)]
struct Ref<'a> {
    id: &'a str,
}
