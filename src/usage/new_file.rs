//! A usage file to be made.

use serde::Serialize;
use time::Date;

use super::record::{SheetName, UsageCategory};
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
    /// Ids of the parameters that have a `v.` column; without any, those of the first record.
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

    #[cfg_attr(not(feature = "xlsx"), expect(dead_code, reason = "without workbooks nothing is submitted"))]
    pub(super) fn body<'a>(&'a self, external_id: &'a str) -> Body<'a> {
        Body {
            name: &self.name,
            description: self.description.as_deref().unwrap_or_default(),
            note: self.note.as_deref(),
            period: self.period.map(|(from, to)| Period { from: from.to_string(), to: to.to_string() }),
            currency: self.currency.as_deref(),
            product: Ref { id: &self.product },
            contract: Ref { id: &self.contract },
            external_id,
        }
    }
}

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

#[derive(Serialize)]
struct Period {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Ref<'a> {
    id: &'a str,
}
