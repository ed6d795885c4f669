//! When refusals that have nothing to do with the orders end a run: each further closure would make things for nothing.

use std::time::Duration;

use crate::error::{ApiError, Error};

/// So many different orders in a row.
const ORDERS: u32 = 5;

/// The last refusals of deciding calls and updates.
#[derive(Debug, Default)]
pub(super) struct Storm {
    status: u16,
    orders: u32,
    cause: Option<Box<ApiError>>,
}

impl Storm {
    /// Counts what the calls of one order's plan came to. `patience` is the longest pause that is waited for.
    pub(super) fn count(&mut self, error: Option<&Error>, patience: Duration) {
        let Some(Error::Api(error)) = error else {
            *self = Self::default();
            return;
        };
        let impatient = matches!(error.status, 429 | 503) && error.retry_after > Some(patience);
        let general = matches!(error.status, 401 | 403 | 429 | 502 | 503 | 504);
        self.orders = match general {
            true if self.status == error.status => self.orders + 1,
            true => 1,
            false => 0,
        };
        self.status = error.status;
        if impatient || self.orders >= ORDERS {
            self.cause = Some(error.clone());
        }
    }

    /// The refusal that ends the run.
    pub(super) fn cause(&mut self) -> Option<Error> {
        self.cause.take().map(Error::Api)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn refused(status: u16, retry_after: Option<u64>) -> Error {
        let mut error = ApiError::new("POST", "/requests/PR-1/approve", status, b"");
        error.retry_after = retry_after.map(Duration::from_secs);
        Error::Api(Box::new(error))
    }

    /// After how many orders a run ends.
    fn ends_after(errors: &[Option<Error>]) -> Option<usize> {
        let mut storm = Storm::default();
        errors.iter().position(|error| {
            storm.count(error.as_ref(), PATIENCE);
            storm.cause().is_some()
        })
    }

    #[test]
    fn the_same_refusal_of_five_orders_in_a_row_ends_the_run() {
        for status in [401, 403, 429, 502, 503, 504] {
            let errors: Vec<_> = (0..9).map(|_| Some(refused(status, None))).collect();
            assert_eq!(ends_after(&errors), Some(4), "{status}");
        }
        for status in [400, 404, 409, 500, 501] {
            let errors: Vec<_> = (0..9).map(|_| Some(refused(status, None))).collect();
            assert_eq!(ends_after(&errors), None, "{status}");
        }
    }

    #[test]
    fn a_success_or_another_refusal_begins_the_count_anew() {
        let mut errors: Vec<_> = (0..8).map(|_| Some(refused(403, None))).collect();
        errors[4] = None;
        assert_eq!(ends_after(&errors), None);
        errors[4] = Some(refused(429, None));
        assert_eq!(ends_after(&errors), None);
    }

    #[test]
    fn a_wait_beyond_patience_ends_the_run_at_once() {
        assert_eq!(ends_after(&[Some(refused(429, Some(3600)))]), Some(0));
        assert_eq!(ends_after(&[Some(refused(503, Some(31)))]), Some(0));
        assert_eq!(ends_after(&[Some(refused(429, Some(30)))]), None);
        assert_eq!(ends_after(&[Some(refused(400, Some(3600)))]), None);
    }
}
