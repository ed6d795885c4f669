//! Metered usage: reporting what was consumed, and handling the files that were reported.
//!
//! Usage travels as a workbook of records, made per listing, that is per product and contract. The platform processes it
//! after the upload, and a file that is ready is submitted to the distributor, which accepts and bills it.
//!
//! # A monthly report
//!
//! [`Usage::report`] asks for each period that is over and that the platform does not have. A job that was down catches up,
//! one that is started twice reports once, and one month that goes wrong leaves the others alone. [`Usage::settle`] waits
//! for what was uploaded and submits it:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! # #[cfg(feature = "xlsx")]
//! use connect::usage::{Invalid, Periods};
//! use connect::{Connect, Options};
//! use time::macros::date;
//!
//! # #[cfg(feature = "xlsx")]
//! # fn read_meter(_: &connect::models::Asset, _: &connect::usage::Period) -> anyhow::Result<&'static str> { Ok("0.75") }
//! # #[cfg(not(feature = "xlsx"))]
//! # fn main() {}
//! # #[cfg(feature = "xlsx")]
//! # fn main() -> connect::Result<()> {
//! let connect = Connect::from_file("config.json")?;
//! let usage = connect.usage();
//! // From May on, six hours after each month is over.
//! let months = Periods::monthly(date!(2024-05-01)).slack(Duration::from_secs(6 * 3600));
//! let report = usage.report(months, |listing, month| {
//!     let assets = usage.assets(listing, month);
//!     let month = month.clone();
//!     // Written to the workbook as they come: neither the assets nor the records are held in memory.
//!     Ok(Some(assets.map(move |asset| {
//!         let asset = asset?;
//!         let gigabytes = read_meter(&asset, &month)?;
//!         anyhow::Ok(month.record(&asset.id, "STORAGE-GB", gigabytes))
//!     })))
//! })?;
//! report.print();
//! let options = Options::new().deadline(Duration::from_secs(1800));
//! let settled = usage.settle_with(options, |_invalid| Ok(Invalid::Leave))?;
//! settled.print();
//! // What `main` ends with.
//! let exit_code = report.exit_code().max(settled.exit_code());
//! # let _ = exit_code;
//! # Ok(()) }
//! ```
//!
//! - Where one asset has many readings, a `Tally` sums them up by item and tier.
//! - `Periods` can be days or one's own as well. They close assets that ended, and say what the files look like.
//! - With the feature `xlsx-read`, the closure of `settle_with` gets each row that the platform refuses.
//! - `Usage::submit` sends a file at any other time, once per external id.
//! - [`Options::ledger`](crate::Options) keeps a second run away while one goes on. With the package `connect-sdk-postgres`,
//!   several workers share the periods instead: each is claimed by one of them.
//!
//! # Listing by listing
//!
//! **Listings stay listed**: each run of [`process_listings`](Usage::process_listings) hands all of them to the closure again.
//! A second file with the same records is a second bill, so give each file an
//! [`external_id`](NewUsageFile::external_id) that names what it is about, such as the day: there is one file for each.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::http::{Http, segment};
use crate::models::{Listing, SignedUrl, UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::{Options, Plan, Queue, Report, Verdict, run};
use crate::rql::Query;
use crate::rql::names::{self, Names};

#[cfg(feature = "xlsx")]
mod assets;
#[cfg(feature = "xlsx-read")]
mod check;
#[cfg(feature = "xlsx")]
mod explain;
mod file_action;
#[cfg_attr(not(any(test, feature = "xlsx")), expect(dead_code, reason = "only workbooks are fingerprinted"))]
mod fingerprint;
#[cfg(feature = "xlsx")]
mod mark;
mod multipart;
mod new_file;
mod number;
#[cfg(feature = "xlsx")]
mod once;
#[cfg(feature = "xlsx")]
mod period;
#[cfg(feature = "xlsx")]
mod periods;
#[cfg(feature = "xlsx-read")]
mod read;
mod reconcile;
mod record;
#[cfg(feature = "xlsx")]
mod report;
#[cfg(feature = "xlsx")]
mod settle;
#[cfg(feature = "xlsx")]
mod sheet;
#[cfg(feature = "xlsx")]
mod source;
#[cfg(feature = "xlsx")]
mod submit;
#[cfg(feature = "xlsx")]
mod tally;
#[cfg_attr(not(feature = "xlsx"), expect(dead_code, reason = "only workbooks are checked"))]
mod validate;

pub use crate::error::{BadRow, Problem, SheetError};
#[cfg(feature = "xlsx")]
pub use assets::Assets;
#[cfg(feature = "xlsx-read")]
pub use check::CheckedWorkbook;
#[cfg(feature = "xlsx")]
pub use explain::{Invalid, InvalidFile, InvalidRow, Replacement};
pub use file_action::{FileAction, plan};
pub use new_file::NewUsageFile;
pub use number::Number;
#[cfg(feature = "xlsx")]
pub(crate) use once::Made;
#[cfg(feature = "xlsx")]
pub use period::Period;
#[cfg(feature = "xlsx")]
pub use periods::Periods;
pub use record::{SheetName, UsageCategory, UsageRecord};
#[cfg(feature = "xlsx")]
pub use source::IntoRecord;
#[cfg(feature = "xlsx")]
pub use tally::Tally;

/// Metered usage; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Usage<'c> {
    http: &'c Http,
    products: &'c [String],
    #[cfg(feature = "xlsx")]
    made: &'c Made,
}

impl Queue for Listing {
    const LIST: &'static str = "/listings";
    const NAME: &'static str = "listings";
    const NAMES: &'static Names = &names::LISTINGS;
    const CREATED: &'static str = "created";
    const PRODUCT: &'static str = "product.id";
    const STATUS: &'static str = "listed";
    #[cfg(feature = "ledger")]
    const ENDS: bool = false;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Option<OffsetDateTime> {
        self.created
    }

    fn product_id(&self) -> &str {
        &self.product.id
    }

    fn status(&self) -> &str {
        self.status.as_str()
    }
}

impl Queue for UsageFile {
    const LIST: &'static str = "/usage/files";
    const NAME: &'static str = "usage files";
    const NAMES: &'static Names = &names::USAGE_FILES;
    const CREATED: &'static str = "created.at";
    const PRODUCT: &'static str = "product.id";
    const STATUS: &'static str = "ready";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Option<OffsetDateTime> {
        self.events.created().or(self.created_at)
    }

    fn product_id(&self) -> &str {
        &self.product.id
    }

    fn status(&self) -> &str {
        self.status.as_str()
    }
}

#[derive(Deserialize)]
struct TemplateLink {
    template_link: Option<SignedUrl>,
}

impl<'c> Usage<'c> {
    pub(crate) fn new(
        http: &'c Http,
        products: &'c [String],
        #[cfg(feature = "xlsx")] made: &'c Made,
    ) -> Self {
        Self {
            http,
            products,
            #[cfg(feature = "xlsx")]
            made,
        }
    }

    /// Hands each listed listing of the configured products to `report`.
    ///
    /// The closure submits a file with [`submit`](Self::submit) and returns it, or `None` where there is nothing to
    /// report. It returns an [`anyhow::Result`]: an error through `?` is reported for this listing and the others go on.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does.
    pub fn process_listings(
        self,
        report: impl FnMut(&Listing) -> anyhow::Result<Option<UsageFile>>,
    ) -> Result<Report> {
        self.process_listings_with(Options::new(), report)
    }

    /// [`process_listings`](Self::process_listings), of other states, fewer, or without sending anything.
    ///
    /// # Errors
    ///
    /// As [`process_listings`](Self::process_listings), and [`Error::Input`] for a filter that cannot be said or that
    /// [`listings`](Self::listings) does not have.
    pub fn process_listings_with(
        self,
        options: Options<'_>,
        mut report: impl FnMut(&Listing) -> anyhow::Result<Option<UsageFile>>,
    ) -> Result<Report> {
        run(self.http, self.products, options, |listing| {
            match report(listing) {
                Ok(Some(file)) => {
                    Ok(Plan::new(Verdict::Reported, "").detail(format!("usage file {}", file.id)))
                }
                Ok(None) => Ok(Plan::new(Verdict::Skipped, "")),
                // The closure sends by itself, so this is what a dry run of it looks like.
                Err(error) if error.downcast_ref().is_some_and(Error::is_dry_run) => {
                    Ok(Plan::new(Verdict::Reported, "").detail(error.to_string()))
                }
                Err(error) => Err(Error::Handler(error)),
            }
        })
    }

    /// Hands each usage file of the configured products that is ready to `decide`, and carries out what it answers, an
    /// [`anyhow::Result`].
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does; a single file that cannot be handled is an outcome of the report.
    pub fn process_files(
        self,
        decide: impl FnMut(&UsageFile) -> anyhow::Result<FileAction>,
    ) -> Result<Report> {
        self.process_files_with(Options::new(), decide)
    }

    /// [`process_files`](Self::process_files), of other states, fewer, or without sending anything.
    ///
    /// # Errors
    ///
    /// As [`process_files`](Self::process_files), and [`Error::Input`] for a filter that cannot be said or that
    /// [`files`](Self::files) does not have.
    pub fn process_files_with(
        self,
        options: Options<'_>,
        mut decide: impl FnMut(&UsageFile) -> anyhow::Result<FileAction>,
    ) -> Result<Report> {
        run(self.http, self.products, options, |file| plan(file, decide(file).map_err(Error::Handler)?))
    }

    /// Usage files that match, of all products that the key can see; lists leave out the links to the files.
    ///
    /// # Names
    #[doc = include_str!("rql/names/usage_files.md")]
    pub fn files(self, query: &Query) -> Pages<'c, UsageFile> {
        Pages::new(self.http, UsageFile::NAMES, query)
    }

    /// One usage file, or `None` where there is none of this id.
    ///
    /// Its links are signed and expire within minutes.
    pub fn file(self, id: &str) -> Result<Option<UsageFile>> {
        self.http.find(&UsageFile::path(id)?)
    }

    /// One listing, or `None` where there is none of this id.
    pub fn listing(self, id: &str) -> Result<Option<Listing>> {
        self.http.find(&Listing::path(id)?)
    }

    /// Listings that match, of all products that the key can see.
    ///
    /// # Names
    #[doc = include_str!("rql/names/listings.md")]
    pub fn listings(self, query: &Query) -> Pages<'c, Listing> {
        Pages::new(self.http, Listing::NAMES, query)
    }

    /// The workbook that the platform gives out as a template for a product's usage.
    ///
    /// It lies in a storage that the platform links to; the key is not sent there.
    ///
    /// # Errors
    ///
    /// The path in the error is the storage's, without the part of the link that is a secret.
    pub fn template(self, product_id: &str) -> Result<Vec<u8>> {
        let path = format!("/usage/products/{}/template", segment(product_id)?);
        let answer: TemplateLink = self.http.get(&path)?.read()?;
        let link = answer.template_link.filter(|link| !link.as_str().is_empty());
        let link =
            link.ok_or_else(|| Error::unexpected("GET", &path, "the platform gave no link to a template"))?;
        self.download(link.as_str())
    }

    /// Categories that a usage file names, as its workbook defined them.
    ///
    /// # Names
    #[doc = include_str!("rql/names/usage_categories.md")]
    pub fn categories(self, file_id: &str, query: &Query) -> Pages<'c, UsageCategory> {
        let list = UsageFile::path(file_id).map(|file| format!("{file}/categories"));
        Pages::below(self.http, list, &names::USAGE_CATEGORIES, query)
    }

    /// Lets the platform process a file again that is ready or invalid, for instance once its assets are there.
    ///
    /// # Errors
    ///
    /// The platform's refusal, for instance of a file in another state. Where the answer is lost, the file is looked at, and
    /// one that is invalid still may not have been processed again.
    pub fn reprocess(self, file_id: &str) -> Result<UsageFile> {
        let object = UsageFile::path(file_id)?;
        let answer = self.http.post(&format!("{object}/reprocess"), None).and_then(|answer| {
            answer.read_unless(|file: &UsageFile| {
                (file.id != file_id).then_some("the answer does not tell the state of the usage file")
            })
        });
        match answer {
            Err(error) if error.may_have_happened() => match self.file(file_id) {
                Ok(Some(file)) if file.status != UsageFileStatus::Invalid => Ok(file),
                _ => Err(error),
            },
            answer => answer,
        }
    }

    /// A file that the platform links to, such as [`UsageFile::usage_file_uri`], fetched without the key.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a link that is not https, or that leads to this machine from a platform elsewhere.
    pub fn download(self, link: &str) -> Result<Vec<u8>> {
        self.http.download(link)
    }
}
