//! Is everything in place? One cheap read that tells apart what a person would mend differently.

use std::fmt;

use serde::Deserialize;

use crate::connect::Connect;
use crate::error::{Error, Result};
use crate::page::Pages;
use crate::rql::{Query, names};

/// What stands between a configuration and a working program; from [`Connect::check`].
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// No connection, or no answer: the network, a firewall, the host's name.
    Unreachable(Error),
    /// Something answers, but not as Connect does: `apiEndpoint`.
    WrongEndpoint(Error),
    /// Connect answers and refuses the key: `apiKey`.
    WrongKey(Error),
    /// The key works and does not see these of the configured products: `products`.
    ProductsNotVisible(Vec<String>),
    /// Anything else, such as a platform that is down.
    Other(Error),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => {
                write!(
                    f,
                    "the platform cannot be reached; check the network and the host in apiEndpoint: {}",
                    error.with_causes()
                )
            }
            Self::WrongEndpoint(error) => {
                write!(
                    f,
                    "what answers is not the Connect API; check apiEndpoint, which ends in /public/v1: {error}"
                )
            }
            Self::WrongKey(error) => write!(f, "the platform refuses the key; check apiKey: {error}"),
            Self::ProductsNotVisible(ids) => {
                write!(f, "the key does not see {}; check products, and the key's account", ids.join(", "))
            }
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CheckError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::WrongEndpoint(error) | Self::WrongKey(error) | Self::Other(error) => error.source(),
            // The causes stand in the text.
            Self::Unreachable(_) | Self::ProductsNotVisible(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Visible {
    id: String,
}

impl Connect {
    /// Finds out whether this configuration works, by reading which of its products the key can see.
    ///
    /// For a program's `--check`, or the first minute after its set-up:
    ///
    /// ```no_run
    /// # fn main() -> connect::Result<()> {
    /// let connect = connect::Connect::from_file("config.json")?;
    /// match connect.check() {
    ///     Ok(()) => println!("all in place"),
    ///     Err(problem) => eprintln!("{problem}"),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong and what to look at.
    pub fn check(&self) -> Result<(), CheckError> {
        let products = self.config().product_ids();
        let query = match products {
            [] => Query::new().limit(1),
            products => Query::new().in_("id", products),
        };
        let seen = Pages::<Visible>::new(&self.http, &names::PRODUCTS, &query);
        let seen = seen
            .map(|product| product.map(|product| product.id))
            .collect::<Result<Vec<_>>>()
            .map_err(check_error)?;
        let missing: Vec<String> = products.iter().filter(|id| !seen.contains(id)).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(CheckError::ProductsNotVisible(missing)) }
    }
}

fn check_error(error: Error) -> CheckError {
    match (&error, error.status()) {
        (Error::Transport(_), _) => CheckError::Unreachable(error),
        (_, Some(401 | 403)) => CheckError::WrongKey(error),
        (Error::Decode(_), _) | (_, Some(300..=399 | 404 | 405 | 410)) => CheckError::WrongEndpoint(error),
        _ => CheckError::Other(error),
    }
}
