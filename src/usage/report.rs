//! Reporting listing by listing and period by period: each once, and what was missed is caught up with.

use std::cell::Cell;
use std::collections::HashSet;

use super::Usage;
use super::once::is_filled;
use super::period::Period;
use super::periods::{Periods, external_id};
use super::sheet::{Layout, build};
use super::source::IntoRecord;
use super::submit::Delivered;
use crate::error::{Error, Result};
use crate::models::{Asset, Listing, UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::{Options, PartClaim, Plan, Queue, Report, Verdict, run_parts};
use crate::rql::Query;
use crate::scope;

impl<'c> Usage<'c> {
    /// Reports usage period by period: asks `records` for each period of each listing that is over and that the platform
    /// does not have, the oldest first, and submits what it gives.
    ///
    /// What is missing is found by what the platform has, so a job that was down for days catches up by itself, with at most
    /// 31 periods of a listing in one run unless [`Periods::per_run`] says otherwise. Each file
    /// has the external id `product/contract/period` and is made once, as [`submit`](Self::submit) says; a file that is
    /// invalid, rejected or deleted is a gap again. The closure gives records. Where it gives `None` or no record, nothing is
    /// sent and it is asked again in the next run. Records are any iterator of them or of results of them: one error of one
    /// asset sends nothing of that period, since a file cannot be completed later.
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
    /// # With a ledger
    ///
    /// - Each period is claimed before `records` is asked for it. Workers that share a ledger share the periods, and one that
    ///   another worker has is counted in [`Report::others`].
    /// - What a period came to is known for a day, so that a list that lags leads to no second file. That costs a GET for each
    ///   period that was reported and that the list does not show. A file that was refused meanwhile is a gap at once.
    /// - After a run that was killed, the file of the period that it had in hand is looked for as long as a list may lag: the
    ///   pauses of [`Config::settle`](crate::Config::settle).
    /// - What the closure does in `ledger.work_for(listing, period)` belongs to the claim. Its steps are forgotten with the period.
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
        // Of this listing in this run. A period without usage stays a gap, and must not keep the later ones from their turn.
        let reported = Cell::new(0);
        run_parts(
            self.http,
            self.products,
            options,
            "usage periods",
            |listing| {
                reported.set(0);
                let due = self.due(listing, &periods)?;
                Ok(due.into_iter().take_while(|_| reported.get() < periods.per_run))
            },
            external_id,
            |listing, period, claim| {
                if self.has_reported(claim)? {
                    log::debug!(target: "connect::usage", "{}it was reported meanwhile", scope::Prefix);
                    return Ok(Plan::new(Verdict::Skipped, ""));
                }
                let records = records(listing, period).map_err(Error::Handler)?;
                let plan = self.report_period(&periods, listing, period, records, claim)?;
                reported.set(reported.get() + usize::from(plan.verdict == Verdict::Reported));
                Ok(plan)
            },
        )
    }

    /// Whether the ledger remembers a file of the period that the platform has: a list that lags does not show it yet.
    ///
    /// A draft is known from here on, so that it is taken up.
    fn has_reported(self, claim: &PartClaim<'_>) -> Result<bool> {
        let Some(path) = claim.before() else { return Ok(false) };
        let file = self.http.find::<UsageFile>(path)?;
        if let Some(draft) = file.as_ref().filter(|file| file.status == UsageFileStatus::Draft) {
            self.note_draft(draft);
        }
        // One that was just made may not be shown by all of the platform's machines.
        Ok(file.as_ref().is_none_or(is_filled))
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
            // A file that cannot be read looks like a gap. The look for its external id finds it.
            match (file, unread.take()) {
                (Ok(file), _) if is_filled(&file) => there.extend(file.external_id),
                (Ok(_), _) => {}
                (Err(error), _) => unread = Some(error),
            }
        }
        match unread {
            // An error that comes last has ended the list.
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
        claim: &PartClaim<'_>,
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
                // Told in each run, it would be all that cron mails for a product that is not used.
                log::debug!(target: "connect::usage", "{}there is no usage", scope::Prefix);
                return Ok(Plan::new(Verdict::Skipped, ""));
            }
            build(&layout, zeros)?
        };
        claim.check()?;
        let delivered = self.deliver(&file, &workbook, claim.was_interrupted());
        let id =
            delivered.as_ref().map_or_else(|_| self.known_id(&file), |there| Some(there.file.id.clone()));
        if let Some(id) = id {
            claim.note(UsageFile::path(&id)?);
        }
        match delivered {
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
