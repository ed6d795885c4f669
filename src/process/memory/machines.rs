//! Several machines with one job: shares and what is half done in them, and a ledger that all have.

use super::{Memory, order};
use crate::error::Result;
use crate::ledger::Order;
use crate::page::Element;
use crate::process::pages::Page;
use crate::process::share::Share;
use crate::process::{Queue, Report};
use crate::scope;

impl Memory<'_> {
    /// Claims keep the workers apart.
    pub(in crate::process) fn is_shared(&self) -> bool {
        !scope::is_dry_run() && self.ledger.is_some_and(|ledger| ledger.store().is_shared())
    }

    /// What is not of this run's share may be handled all the same: nobody else may have begun it.
    pub(in crate::process) fn looks_beyond_share(&self) -> bool {
        self.drains || self.ledger.is_some_and(|ledger| ledger.store().is_shared())
    }

    /// Notes of which share the ledger is, or finds it half done in another one.
    pub(super) fn begin_share<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        for warning in ledger.store().warnings() {
            report.remark(warning);
        }
        if ledger.store().is_shared() {
            return Ok(());
        }
        let wanted = Share::text(self.share);
        if let Some(noted) = ledger.store().share(&wanted)? {
            self.drains |= T::ENDS;
            let remark = format!(
                "the ledger is of share {noted} and not of {wanted}: until its orders with steps have ended, only these are handled"
            );
            report.announce(remark, None);
        }
        Ok(())
    }

    /// An order that has not begun, in a run that drains.
    pub(super) fn pass_new<T: Queue>(&self, item: &T, report: &mut Report) {
        if self.share.is_none_or(|share| share.has(item)) {
            report.pass_waiting();
        } else {
            report.pass_other();
        }
    }

    pub(super) fn tell_half_done<T: Queue>(&self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| self.drains) else { return Ok(()) };
        let remark = match ledger.store().half_done()? {
            0 => "the ledger is drained: all orders with steps have ended".to_owned(),
            left => format!("{left} orders with steps have not ended"),
        };
        report.announce(remark, None);
        Ok(())
    }

    /// Says which orders come next, those of this run's share first.
    pub(in crate::process) fn coming<T: Queue>(&mut self, page: &mut Page<T>, share: Option<Share>) {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && self.is_shared()) else { return };
        if let Some(share) = share {
            page.put_first(|item| share.has(item));
        }
        let orders: Vec<Order<'_>> = page
            .elements
            .iter()
            .filter_map(|element| match element {
                Element::Item(item) => Some(order(item)),
                Element::Broken { .. } => None,
            })
            .collect();
        ledger.store().coming(&orders);
    }
}
