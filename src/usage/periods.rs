//! Which periods are to be reported: from a day on, as they end.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use time::{Date, Month, OffsetDateTime};

use super::new_file::NewUsageFile;
use super::period::{Period, midnight};
use crate::error::{Error, Result};
use crate::models::{Asset, Listing};

/// The periods to report: days, months or one's own, from a day on, as they end.
///
/// ```
/// use connect::usage::Periods;
/// use time::macros::date;
/// use std::time::Duration;
///
/// // Each day from the first of May on, six hours after it ended, at most a week of them in one run.
/// let daily = Periods::daily(date!(2024-05-01)).slack(Duration::from_secs(6 * 3600)).per_run(7);
/// // Months from the 15th to the 14th.
/// let monthly = Periods::monthly(date!(2024-05-15));
/// ```
#[must_use = "periods are reported by `Usage::report`"]
pub struct Periods<'a> {
    every: Every,
    slack: Duration,
    now: Option<OffsetDateTime>,
    pub(super) per_run: usize,
    pub(super) closing: bool,
    pub(super) zero: bool,
    keys: Option<Keys<'a>>,
    file: Option<Form<'a>>,
}

type Keys<'a> = Box<dyn Fn(&Listing) -> Vec<String> + 'a>;
type Form<'a> = Box<dyn Fn(&Listing, &Period) -> NewUsageFile + 'a>;

#[derive(Debug)]
enum Every {
    Day(Date),
    Month(Date),
    Own(Vec<Range<OffsetDateTime>>),
}

impl<'a> Periods<'a> {
    /// Each day in UTC, from this one on.
    pub fn daily(since: Date) -> Self {
        Self::every(Every::Day(since))
    }

    /// Each month from this day on. The day of the month is that of `since`, or the last one of a shorter month.
    pub fn monthly(since: Date) -> Self {
        Self::every(Every::Month(since))
    }

    /// These periods, in the order of their ends. The run fails where one does not begin before it ends.
    pub fn own(periods: impl IntoIterator<Item = Range<OffsetDateTime>>) -> Self {
        let mut periods: Vec<_> = periods.into_iter().collect();
        periods.sort_by_key(|period| period.end);
        Self::every(Every::Own(periods))
    }

    fn every(every: Every) -> Self {
        Self {
            every,
            slack: Duration::ZERO,
            now: None,
            per_run: 31,
            closing: false,
            zero: false,
            keys: None,
            file: None,
        }
    }

    /// A period counts as over this long after its end, when the meters have told everything: at once by default.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// The time that counts as now, in place of the clock.
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.now = Some(now);
        self
    }

    /// At most so many files for each listing in one run, the oldest first: 31 by default. A period for which no file is made
    /// does not count.
    pub fn per_run(mut self, files: usize) -> Self {
        self.per_run = files;
        self
    }

    /// Reports an asset that ended as soon as it did, in a file of its own, and not with the period that it ended in.
    ///
    /// The [period](Period::ended) of a closing report begins with the one that the asset ended in, and ends with the
    /// asset. An asset has one closing report, whatever becomes of it later. It costs a list for each listing.
    pub fn closing(mut self) -> Self {
        self.closing = true;
        self
    }

    /// A period without records is reported too: with 0 of the first item for each of its assets.
    ///
    /// By default there is no file, and the closure is asked for the period again in the next run.
    pub fn zero_usage(mut self) -> Self {
        self.zero = true;
        self
    }

    /// Several files for each listing and period, one for each key, which the closure finds at [`Period::key`].
    pub fn keys<K: Into<String>, I: IntoIterator<Item = K>>(
        mut self,
        keys: impl Fn(&Listing) -> I + 'a,
    ) -> Self {
        self.keys = Some(Box::new(move |listing| keys(listing).into_iter().map(Into::into).collect()));
        self
    }

    /// What the file looks like: its name, currency, categories and so on.
    ///
    /// Product, contract and period are filled in where they are missing, and its external id is always the derived one.
    /// By default the name is `Usage`, and the period.
    pub fn file(mut self, file: impl Fn(&Listing, &Period) -> NewUsageFile + 'a) -> Self {
        self.file = Some(Box::new(file));
        self
    }

    /// The first moment that is reported.
    pub(super) fn since(&self) -> Option<OffsetDateTime> {
        match &self.every {
            Every::Day(date) | Every::Month(date) => Some(midnight(*date)),
            Every::Own(periods) => periods.iter().map(|period| period.start).min(),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let Every::Own(periods) = &self.every else { return Ok(()) };
        match periods.iter().find(|period| period.start >= period.end) {
            Some(period) => Err(Error::input(format!(
                "a period of usage begins at {} and ends at {}: nothing was sent",
                period.start, period.end
            ))),
            None => Ok(()),
        }
    }

    /// What a period must have ended by.
    fn until(&self) -> OffsetDateTime {
        let now = self.now.unwrap_or_else(OffsetDateTime::now_utc);
        let slack = time::Duration::try_from(self.slack).unwrap_or(time::Duration::MAX);
        now.checked_sub(slack).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The period at this place; nothing beyond the last one.
    fn at(&self, place: u32) -> Option<Range<OffsetDateTime>> {
        match &self.every {
            Every::Day(since) => {
                let day = since.checked_add(time::Duration::days(place.into()))?;
                Some(midnight(day)..midnight(day.next_day()?))
            }
            Every::Month(since) => {
                let month = |place| add_months(*since, place).map(midnight);
                Some(month(place)?..month(place.checked_add(1)?)?)
            }
            Every::Own(periods) => periods.get(usize::try_from(place).ok()?).cloned(),
        }
    }

    fn each(&self) -> impl Iterator<Item = Range<OffsetDateTime>> {
        (0..).map_while(|place| self.at(place))
    }

    /// What is to be reported for a listing, the oldest first: what is over and not there.
    pub(super) fn due(&self, listing: &Listing, there: &HashSet<String>, ended: Vec<Asset>) -> Vec<Period> {
        let until = self.until();
        let is_due = |period: &Period| !there.contains(&external_id(listing, period));
        let over = self.each().take_while(|range| range.end <= until);
        let over = over.map(|range| Period::new(range).with_closing(self.closing));
        let mut due: Vec<_> =
            over.flat_map(|period| self.of_each_key(listing, period)).filter(is_due).collect();
        let closings = ended.into_iter().filter_map(|asset| self.closing_of(asset, until));
        due.extend(closings.flat_map(|period| self.of_each_key(listing, period)).filter(is_due));
        due.sort_by_key(Period::to);
        due
    }

    /// The closing report of an asset that ended in one of the periods.
    fn closing_of(&self, asset: Asset, until: OffsetDateTime) -> Option<Period> {
        let end = super::assets::end_of(&asset).filter(|end| *end <= until)?;
        let range = self.each().take_while(|range| range.start < end).find(|range| end <= range.end)?;
        Some(Period::closing(asset, range.start..end))
    }

    fn of_each_key(&self, listing: &Listing, period: Period) -> Vec<Period> {
        match &self.keys {
            Some(keys) => keys(listing).iter().map(|key| period.with_key(key)).collect(),
            None => vec![period],
        }
    }

    /// The file for a period, before its records.
    pub(super) fn file_for(&self, listing: &Listing, period: &Period) -> NewUsageFile {
        let mut file = match &self.file {
            Some(file) => file(listing, period),
            None => NewUsageFile::for_listing(listing, format!("Usage {period}")),
        };
        for (own, of_listing) in
            [(&mut file.product, &listing.product.id), (&mut file.contract, &listing.contract.id)]
        {
            if own.is_empty() {
                own.clone_from(of_listing);
            }
        }
        if file.name.is_empty() {
            file.name = format!("Usage {period}");
        }
        file.period.get_or_insert(period.days());
        file.external_id = Some(external_id(listing, period));
        file
    }
}

/// `product/contract/period`, and the key behind it where there are several files.
pub(super) fn external_id(listing: &Listing, period: &Period) -> String {
    format!("{}/{}/{period}", listing.product.id, listing.contract.id)
}

/// The same day so many months later, or the last one of a shorter month.
fn add_months(date: Date, months: u32) -> Option<Date> {
    let month = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + i64::from(months);
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(month.rem_euclid(12) + 1).ok()?).ok()?;
    Date::from_calendar_date(year, month, date.day().min(month.length(year))).ok()
}

impl fmt::Debug for Periods<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Periods")
            .field("every", &self.every)
            .field("slack", &self.slack)
            .field("per_run", &self.per_run)
            .field("closing", &self.closing)
            .field("zero", &self.zero)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
