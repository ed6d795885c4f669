//! Reporting listing by listing and period by period: each once, and what was missed is caught up with.

use std::collections::HashSet;

use super::Usage;
use super::period::Period;
use super::periods::{Periods, external_id};
use super::sheet::{Layout, build};
use super::source::IntoRecord;
use super::submit::Delivered;
use crate::error::{Error, Result};
use crate::models::{Asset, Listing, UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::{Options, Plan, Queue, Report, Verdict, run_parts};
use crate::rql::Query;

impl<'c> Usage<'c> {
    /// Reports usage period by period: asks `records` for each period of each listing that is over and that the platform
    /// does not have, the oldest first, and submits what it gives.
    ///
    /// What is missing is found by what the platform has, so a job that was down for days catches up by itself. Each file
    /// has the external id `product/contract/period` and is made once, as [`submit`](Self::submit) says; a file that is
    /// invalid, rejected or deleted is a gap again. The closure gives records, or `None` where there is nothing to report,
    /// and is then asked again in the next run. Records are any iterator of them or of results of them.
    ///
    /// ```no_run
    /// use connect::Connect;
    /// use connect::usage::Periods;
    /// use time::macros::date;
    ///
    /// # fn gigabytes(asset: &connect::models::Asset) -> connect::Result<u64> { Ok(asset.items.len() as u64) }
    /// # fn main() -> connect::Result<()> {
    /// let connect = Connect::from_file("config.json")?;
    /// let usage = connect.usage();
    /// let report = usage.report(Periods::monthly(date!(2024-05-01)), |listing, month| {
    ///     let month = month.clone();
    ///     let records = usage.assets(listing, &month).map(move |asset| {
    ///         let asset = asset?;
    ///         anyhow::Ok(month.record(&asset.id, "STORAGE-GB", gigabytes(&asset)?))
    ///     });
    ///     Ok(Some(records))
    /// })?;
    /// report.print();
    /// # Ok(()) }
    /// ```
    ///
    /// A listing costs a GET for each 100 of its files since the first period, and one more with
    /// [closing reports](Periods::closing). A file costs three calls: the look for it, its creation and its upload.
    ///
    /// The report has an outcome for each file, under its external id: `reported`, `skipped` where there were no records,
    /// or `errored`. The closure returns an [`anyhow::Result`]: an error through `?` is one file's, and the others go on. A listing whose files cannot be listed is an
    /// outcome under its own id.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does.
    pub fn report<I: IntoIterator<Item: IntoRecord>>(
        self,
        periods: Periods<'_>,
        records: impl FnMut(&Listing, &Period) -> anyhow::Result<Option<I>>,
    ) -> Result<Report> {
        self.report_with(Options::new(), periods, records)
    }

    /// [`report`](Self::report), of fewer listings, until a deadline, or without sending anything.
    ///
    /// [`Options::max`] bounds the files of the run, [`Periods::per_run`] those of each listing. A dry run reads, builds
    /// each workbook, and sends nothing.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report), and [`Error::Input`] for a filter that cannot be said or that
    /// [`listings`](Self::listings) does not have, and for a period that ends before it begins.
    #[expect(clippy::needless_pass_by_value, reason = "as options are")]
    pub fn report_with<I: IntoIterator<Item: IntoRecord>>(
        self,
        options: Options<'_>,
        periods: Periods<'_>,
        mut records: impl FnMut(&Listing, &Period) -> anyhow::Result<Option<I>>,
    ) -> Result<Report> {
        periods.check()?;
        run_parts(
            self.http,
            self.products,
            options,
            "usage periods",
            |listing| self.due(listing, &periods),
            external_id,
            |listing, period| {
                let records = records(listing, period).map_err(Error::Handler)?;
                self.report_period(&periods, listing, period, records)
            },
        )
    }

    /// What is to be reported for a listing.
    fn due(self, listing: &Listing, periods: &Periods<'_>) -> Result<Vec<Period>> {
        let Some(since) = periods.since() else { return Ok(Vec::new()) };
        let ended: Vec<Asset> = if periods.closing { self.ended(listing, since)? } else { Vec::new() };
        let query = Query::new()
            .equal("product.id", listing.product.id.as_str())
            .equal("contract.id", listing.contract.id.as_str())
            .greater_equal("created.at", since)
            .ordering(["created.at"]);
        let (mut there, mut unread) = (HashSet::new(), None);
        for file in Pages::<UsageFile>::new(self.http, UsageFile::NAMES, &query) {
            // One that cannot be read is no gap for long: the look for its external id finds it.
            match (file, unread.take()) {
                (Ok(file), _) if is_filled(&file) => there.extend(file.external_id),
                (Ok(_), _) => {}
                (Err(error), _) => unread = Some(error),
            }
        }
        match unread {
            // Where it is the last thing, it is what ended the list.
            Some(error) => Err(error),
            None => Ok(periods.due(listing, &there, ended)),
        }
    }

    fn report_period<I: IntoIterator<Item: IntoRecord>>(
        self,
        periods: &Periods<'_>,
        listing: &Listing,
        period: &Period,
        records: Option<I>,
    ) -> Result<Plan> {
        let Some(records) = records else { return Ok(Plan::new(Verdict::Skipped, "")) };
        let file = periods.file_for(listing, period);
        file.check()?;
        let layout = Layout {
            sheet_name: file.sheet_name,
            categories: file.categories.clone(),
            parameters: file.parameters.clone(),
        };
        let mut records = records.into_iter().map(IntoRecord::into_record).peekable();
        let workbook = if records.peek().is_some() {
            build(&layout, records)?
        } else {
            let mut zeros = self.zeros(listing, period).peekable();
            if !periods.zero || zeros.peek().is_none() {
                return Ok(Plan::new(Verdict::Skipped, "").detail("there is no usage"));
            }
            build(&layout, zeros)?
        };
        match self.deliver(&file, &workbook) {
            Ok(Delivered { file, remark, was_there }) => {
                let there = if was_there { ", which was there already" } else { "" };
                let remark = remark.map(|remark| format!("; {remark}")).unwrap_or_default();
                let detail = format!("usage file {}{there}{remark}", file.id);
                Ok(Plan::new(Verdict::Reported, "").detail(detail))
            }
            Err(error) if error.is_dry_run() => {
                let detail = format!("{} records; {error}", workbook.records());
                Ok(Plan::new(Verdict::Reported, "").detail(detail))
            }
            Err(error) => Err(error),
        }
    }

    /// A record of 0 for the first item of each asset.
    fn zeros(
        self,
        listing: &Listing,
        period: &Period,
    ) -> impl Iterator<Item = Result<super::UsageRecord>> + use<'c> {
        let period = period.clone();
        self.assets(listing, &period).filter_map(move |asset| {
            let asset = match asset {
                Ok(asset) => asset,
                Err(error) => return Some(Err(error)),
            };
            let item = asset.items.first()?;
            Some(Ok(period.record_of(&asset, item, 0)))
        })
    }
}

/// Whether the platform has the usage of a file, or may have it.
fn is_filled(file: &UsageFile) -> bool {
    use UsageFileStatus::{Deleted, Draft, Invalid, Rejected};
    !matches!(file.status, Deleted | Draft | Invalid | Rejected)
}
