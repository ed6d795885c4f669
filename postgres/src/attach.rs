//! A run takes the ledger: the server is looked at, the schema made, and whose it is noted.

use std::cell::RefMut;
use std::time::Duration;

use connect::ledger::{Attached, Identity};
use connect::{LedgerError, LedgerErrorKind, OffsetDateTime, Result};

use crate::rows::{get, one, some_text, text, time};
use crate::{Live, Postgres, schema};

/// A connection that is no older and was not used is not asked whether it is there.
const JUST_NOW: Duration = Duration::from_secs(1);

impl Postgres {
    /// Connects anew where the last run lost its connection.
    fn revive(&self) -> Result<()> {
        let is_new = self.live().clock.0.elapsed() < JUST_NOW && !self.live().attached;
        if is_new || self.live().session.rows("SELECT 1", Vec::new()).is_ok() {
            return Ok(());
        }
        let live = Live::connect(&self.settings)?;
        self.live.replace(live);
        self.ahead.take();
        self.hands.take();
        Ok(())
    }

    /// # Errors
    ///
    /// [`LedgerErrorKind::OtherJob`] and [`LedgerErrorKind::OtherEndpoint`].
    fn check_identity(live: &Live, identity: &Identity<'_>, endpoint: Option<&str>) -> Result<()> {
        if let Some(job) = live.job.as_deref().filter(|job| *job != identity.job) {
            let text = format!(
                "this ledger was opened for the job {job:?} and not for {:?}: open one for each job",
                identity.job
            );
            return Err(LedgerError::new(LedgerErrorKind::OtherJob, text).into());
        }
        match (endpoint, identity.endpoint) {
            (Some(found), Some(wanted)) if found != wanted => {
                let text = format!(
                    "the ledger of the job {:?} is of endpoint {found:?} and not of {wanted:?}: give this one a name of its own \
                     with Ledger::job, or a schema",
                    identity.job
                );
                Err(LedgerError::new(LedgerErrorKind::OtherEndpoint, text).into())
            }
            _ => Ok(()),
        }
    }

    /// Looks at the job without writing.
    pub(crate) fn attach_reader(&self, identity: &Identity<'_>, now: OffsetDateTime) -> Result<Attached> {
        let mut live = self.live.borrow_mut();
        let (mut born, mut endpoint) = (now, None);
        if live.found.is_made {
            let sql = "SELECT (SELECT value::timestamptz FROM meta WHERE job = $1 AND name = 'born') AS born,
                (SELECT value FROM meta WHERE job = $1 AND name = 'endpoint') AS endpoint";
            if let Some(row) = live.session.rows(sql, vec![text(identity.job)])?.first() {
                born = get::<Option<OffsetDateTime>>(row, "born")?.unwrap_or(now);
                endpoint = get::<Option<String>>(row, "endpoint")?;
            }
        }
        Self::check_identity(&live, identity, endpoint.as_deref())?;
        live.job = Some(identity.job.to_owned());
        live.attached = false;
        Ok(Attached::Ready { made: false, born, in_hand: None })
    }

    pub(crate) fn attach_writer(&self, identity: &Identity<'_>, now: OffsetDateTime) -> Result<Attached> {
        self.revive()?;
        let mut live: RefMut<'_, Live> = self.live.borrow_mut();
        Self::check_identity(&live, identity, None)?;
        if !live.attached {
            live.found.check()?;
            if !live.found.is_made {
                schema::make(&live.session, &self.settings.schema)?;
                live.found.is_made = true;
            }
            live.warnings = live.found.warnings();
        }
        let values = vec![
            text(identity.job),
            some_text(identity.endpoint),
            some_text(live.found.timeline.as_deref()),
            time(now),
        ];
        let rows = live.session.rows("SELECT * FROM attach_job($1, $2, $3, $4)", values)?;
        let row = one(&rows)?;
        Self::check_identity(&live, identity, get(row, "endpoint")?)?;
        let (made, born) = (get(row, "made")?, get(row, "born")?);
        if get(row, "moved")? {
            live.warnings.push(
                "another server has taken over from the PostgreSQL of the last run, and may lack what was written last: each \
                 step of an older order asks its look-up before it begins"
                    .into(),
            );
        }
        live.job = Some(identity.job.to_owned());
        live.attached = true;
        Ok(Attached::Ready { made, born, in_hand: None })
    }
}
