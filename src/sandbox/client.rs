//! The client's side: a configuration that fits. All that the sandbox shares with the client.

use super::Sandbox;
use crate::config::Config;
use crate::connect::Connect;
use crate::error::Result;

impl Sandbox {
    /// A configuration for this sandbox: its address, its key, its own products.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for a key that [`Builder::api_key`](super::Builder::api_key) was given
    /// and no client would take.
    pub fn config(&self) -> Result<Config> {
        let config = Config::new(self.url(), self.api_key())?;
        let products = self.products();
        Ok(if products.is_empty() { config } else { config.products(products) })
    }

    /// A client of this sandbox.
    ///
    /// # Errors
    ///
    /// As [`config`](Self::config).
    pub fn connect(&self) -> Result<Connect> {
        Connect::new(self.config()?)
    }
}
