//! Reconciliation files, up and down: what the provider billed, record by record.

use std::fs::File;
use std::path::Path;

use super::Usage;
use super::multipart::{Multipart, XLSX};
use crate::error::{Error, Result};
use crate::http::segment;
use crate::models::{Reconciliation, UsageFile};
use crate::process::Queue as _;
use crate::text::path as shown;

const LIST: &str = "/usage/reconciliations";

impl Usage<'_> {
    /// Uploads the reconciliation file of a usage file, and gives the usage file back.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a file that cannot be read, before any call, and the platform's refusal. A lost answer is not
    /// sent again: look at [`UsageFile::reconciliation_file_uri`].
    pub fn reconcile(self, file_id: &str, path: impl AsRef<Path>) -> Result<UsageFile> {
        self.send(&format!("{}/reconciliation", UsageFile::path(file_id)?), path.as_ref())
    }

    /// Uploads a reconciliation file, for whichever usage its records name.
    ///
    /// # Errors
    ///
    /// As [`reconcile`](Self::reconcile); what was lost stands in the list `/usage/reconciliations`, if it arrived.
    pub fn upload_reconciliation(self, path: impl AsRef<Path>) -> Result<Reconciliation> {
        self.send(LIST, path.as_ref())
    }

    /// A reconciliation file as it was uploaded.
    pub fn uploaded_reconciliation(self, id: &str) -> Result<Vec<u8>> {
        self.http.get(&format!("{LIST}/{}/uploadedfile", segment(id)?))?.bytes()
    }

    /// A reconciliation file as the platform processed it.
    pub fn processed_reconciliation(self, id: &str) -> Result<Vec<u8>> {
        self.http.get(&format!("{LIST}/{}/processedfile", segment(id)?))?.bytes()
    }

    fn send<T: serde::de::DeserializeOwned>(self, target: &str, path: &Path) -> Result<T> {
        let unread =
            |error| Error::input(format!("{} cannot be read: {error}: nothing was sent", shown(path)));
        let name = path.file_name().map_or("reconciliation.xlsx".into(), |name| name.to_string_lossy());
        let form = || {
            let file = File::open(path).map_err(unread)?;
            let length = file.metadata().map_err(unread)?.len();
            let body = Multipart::new("recon_file", &name, XLSX, file, length);
            Ok((body.content_type(), body.len(), body))
        };
        self.http.upload(target, form)?.read()
    }
}
