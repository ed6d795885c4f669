//! What a closure answers.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::models::ParamUpdate;

/// The closure's yes: how the order is approved, and what is stored in its parameters before.
///
/// ```
/// use connect::{Approval, models::ParamUpdate};
///
/// let approval = Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant", "t-42")]);
/// # let _ = approval;
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "an approval approves when the closure returns it"]
pub struct Approval {
    pub(crate) kind: ApprovalKind,
    pub(crate) text: String,
    pub(crate) params: Vec<ParamUpdate>,
    pub(crate) dates: Option<Box<Dates>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApprovalKind {
    Template,
    Tile,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Dates {
    pub(crate) effective: Option<OffsetDateTime>,
    pub(crate) next_billing: Option<OffsetDateTime>,
}

impl Approval {
    /// Approves with one of the product's templates, `TL-…`.
    pub fn template(id: impl Into<String>) -> Self {
        Self { kind: ApprovalKind::Template, text: id.into(), params: Vec::new(), dates: None }
    }

    /// Approves with a text of its own, in markdown. An empty one is an error of its order, and nothing is sent.
    ///
    /// The platform plans to give this up for orders, and no longer documents it for tier configs: prefer
    /// [`template`](Self::template).
    pub fn tile(markdown: impl Into<String>) -> Self {
        Self { kind: ApprovalKind::Tile, text: markdown.into(), params: Vec::new(), dates: None }
    }

    /// Stores these parameter values before the approval, as part of the same plan.
    pub fn with_params(mut self, params: impl IntoIterator<Item = ParamUpdate>) -> Self {
        self.params.extend(params);
        self
    }

    /// The moment from which the order is in effect.
    pub fn with_effective_date(mut self, date: OffsetDateTime) -> Self {
        self.dates.get_or_insert_default().effective = Some(date);
        self
    }

    /// The day of the next bill. Orders only: said of a tier config request, it is an error of that request.
    pub fn with_next_billing_date(mut self, date: OffsetDateTime) -> Self {
        self.dates.get_or_insert_default().next_billing = Some(date);
        self
    }
}

impl Approval {
    /// Refuses an approval that would show the customer nothing, as a refusal without a reason is refused.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] without the id of a template, or without the text of a tile.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.text.trim().is_empty() {
            return Ok(());
        }
        let what = match self.kind {
            ApprovalKind::Template => "the id of a template",
            ApprovalKind::Tile => "a text, which the customer reads",
        };
        Err(Error::input(format!("approve needs {what}: nothing was sent")))
    }
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Approval");
        match self.kind {
            ApprovalKind::Template => out.field("template", &self.text),
            // A tile is written for one customer and may hold a first password.
            ApprovalKind::Tile => {
                out.field("tile", &format_args!("{} characters", self.text.chars().count()))
            }
        };
        out.field("params", &self.params).field("dates", &self.dates).finish()
    }
}

/// The closure's answer where it does not approve.
///
/// Not an error type on purpose: so `?` works in a closure on any error, which leaves the order as it is.
///
/// ```
/// use connect::{Action, Approval, models::Request};
///
/// fn decide(request: &Request) -> Result<Approval, Action> {
///     let quota: u32 = std::fs::read_to_string("/etc/quota")?.trim().parse()?;
///     if request.new_items().count() > quota as usize {
///         return Err(Action::fail("the quota is used up"));
///     }
///     Ok(Approval::template("TL-497-535-242"))
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "an action is carried out when the closure returns it"]
pub enum Action {
    /// Refuse the order for good, with the reason the customer reads.
    Fail(String),
    /// Ask the customer for better values.
    Inquire(Box<Inquiry>),
    /// Leave the order as it is until the next run.
    Skip(Box<Skip>),
    /// Leave the order for a later run: nobody's fault.
    Later(Box<Later>),
    /// Put an inquired order back to pending.
    Pend,
    /// Put the order off until a day. Orders only.
    ///
    /// It is `scheduled` then, so the usual run does not list it. A run with
    /// [`Options::statuses(["scheduled"])`](crate::Options::statuses) does, and answers [`Confirm`](Self::Confirm) or
    /// [`Revoke`](Self::Revoke).
    Schedule(OffsetDateTime),
    /// Withdraw a scheduled order, with the reason. Orders only.
    Revoke(String),
    /// Confirm a scheduled or revoked order. Orders only.
    Confirm,
    /// The closure could not decide: the order stays as it is and is reported as errored.
    Error(anyhow::Error),
}

/// What is asked of a customer.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Inquiry {
    /// Parameters with what is wrong about each.
    pub params: Vec<ParamUpdate>,
    /// Added to the order's conversation.
    pub message: Option<String>,
    /// A template of the kind `inquire`, shown to the customer. Orders only.
    pub template: Option<String>,
}

/// What is said of an order that is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skip {
    /// Text for the order's conversation, where the customer's side reads it.
    pub message: Option<String>,
    /// Text for the report alone.
    pub reason: Option<String>,
}

/// When an order is tried again that waits for something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Later {
    /// Time after which the order is tried again; a run without a ledger tries it again in any case.
    pub after: Duration,
    /// Text for the report.
    pub why: String,
}

impl Action {
    /// Refuses the order for good, with the reason the customer reads. An empty one is an error of its order, and nothing
    /// is sent: no text is made up.
    pub fn fail(reason: impl Into<String>) -> Self {
        Self::Fail(reason.into())
    }

    /// Asks the customer for better values of these parameters; see [`ParamUpdate::error`].
    pub fn inquire(params: impl IntoIterator<Item = ParamUpdate>) -> Self {
        Self::Inquire(Box::new(Inquiry { params: params.into_iter().collect(), ..Inquiry::default() }))
    }

    /// Leaves the order as it is until the next run, and says nothing to anybody.
    ///
    /// [`because`](Self::because) tells the report why, [`with_message`](Self::with_message) the customer.
    pub fn skip() -> Self {
        Self::Skip(Box::default())
    }

    /// Leaves the order for a later run, because it waits for something that is nobody's fault.
    ///
    /// A run with a ledger does not hand the order to the closure before that time has passed, or a week if it is longer.
    /// It costs no attempt. After a week of being put off the order is an error; [`Action::Schedule`] is for a day that is
    /// further off. A run without a ledger hands the order out, and reports it, each time.
    pub fn later(after: Duration, why: impl Into<String>) -> Self {
        Self::Later(Box::new(Later { after, why: why.into() }))
    }

    /// Leaves the order as it is and reports it as errored, where there is no error to pass on with `?`.
    ///
    /// `anyhow::bail!` does not fit a closure that returns an [`Action`]; this does.
    pub fn error(why: impl Into<String>) -> Self {
        Self::Error(anyhow::Error::msg(why.into()))
    }

    /// Adds a message to the order's conversation, where **the customer's side reads it**: of an inquiry or a skip.
    ///
    /// The message of a skip is not posted again while it is the last one there. Where the order has no open conversation,
    /// the report warns of it. Any other action becomes an error by this: nothing is dropped in silence.
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        match &mut self {
            Self::Inquire(inquiry) => inquiry.message = Some(message.into()),
            Self::Skip(skip) => skip.message = Some(message.into()),
            _ => return self.does_not_take("message"),
        }
        self
    }

    /// Tells the report why an order is skipped; the customer does not read it. The report prints such a skip in every run.
    ///
    /// Any other action becomes an error by this: nothing is dropped in silence.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        let Self::Skip(skip) = &mut self else { return self.does_not_take("reason for the report") };
        skip.reason = Some(reason.into());
        self
    }

    /// Shows the customer a template of the kind `inquire`: of an inquiry.
    ///
    /// Any other action becomes an error by this: nothing is dropped in silence.
    pub fn with_template(mut self, id: impl Into<String>) -> Self {
        let Self::Inquire(inquiry) = &mut self else { return self.does_not_take("template") };
        inquiry.template = Some(id.into());
        self
    }

    /// The error of an answer that was given something that it does not take; an error stays itself.
    fn does_not_take(self, what: &str) -> Self {
        match self {
            Self::Error(_) => self,
            _ => Self::Error(anyhow::anyhow!("the closure's answer {} takes no {what}", self.name())),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fail(_) => "fail",
            Self::Inquire(_) => "inquire",
            Self::Skip(_) => "skip",
            Self::Later(_) => "later",
            Self::Pend => "pend",
            Self::Schedule(_) => "schedule",
            Self::Revoke(_) => "revoke",
            Self::Confirm => "confirm",
            Self::Error(_) => "error",
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Action {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stay_small_enough_to_be_returned_by_value() {
        assert!(size_of::<Result<Approval, Action>>() <= 64, "{}", size_of::<Result<Approval, Action>>());
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }

    #[test]
    fn any_error_becomes_an_action() {
        fn io() -> Result<Approval, Action> {
            std::fs::read("/does/not/exist")?;
            Ok(Approval::template("TL-1"))
        }
        fn own() -> Result<Approval, Action> {
            Err(Error::input("no"))?
        }
        fn passed_on() -> Result<Approval, Action> {
            Err(Action::fail("no"))?
        }
        assert!(matches!(io(), Err(Action::Error(error)) if error.is::<std::io::Error>()));
        assert!(matches!(own(), Err(Action::Error(error)) if error.is::<Error>()));
        assert!(matches!(passed_on(), Err(Action::Fail(reason)) if reason == "no"));
    }

    #[test]
    fn what_an_answer_does_not_take_is_an_error() {
        let Action::Inquire(inquiry) = Action::inquire([]).with_message("m").with_template("TL-1") else {
            panic!()
        };
        assert_eq!((inquiry.message.as_deref(), inquiry.template.as_deref()), (Some("m"), Some("TL-1")));
        let Action::Skip(skip) = Action::skip().with_message("m").because("r") else { panic!() };
        assert_eq!((skip.message.as_deref(), skip.reason.as_deref()), (Some("m"), Some("r")));
        for (action, text) in [
            (Action::fail("x").with_message("m"), "the closure's answer fail takes no message"),
            (Action::skip().with_template("TL-1"), "the closure's answer skip takes no template"),
            (Action::inquire([]).because("r"), "the closure's answer inquire takes no reason for the report"),
            (Action::error("ERP is down").with_message("m").because("r"), "ERP is down"),
        ] {
            assert!(matches!(&action, Action::Error(error) if error.to_string() == text), "{action:?}");
        }
    }

    #[test]
    fn a_tile_is_not_printed() {
        let (tile, template) = (Approval::tile("password: hunter2"), Approval::template("TL-1"));
        assert!(format!("{tile:?}").starts_with("Approval { tile: 17 characters"), "{tile:?}");
        assert!(format!("{template:?}").starts_with("Approval { template: \"TL-1\""), "{template:?}");
    }
}
