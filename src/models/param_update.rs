//! Updates of parameters, as sent to the platform.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Param;

/// An update of one parameter. Fields that are `None` are not sent and stay unchanged on the platform.
///
/// A later version may add fields, so a literal should end in `..ParamUpdate::default()`. `Debug` never shows
/// the value, because only the platform knows which parameters are passwords.
///
/// ```
/// use connect::models::ParamUpdate;
/// # fn main() -> serde_json::Result<()> {
/// let update = ParamUpdate::value("seat_no", "17");
/// assert_eq!(serde_json::to_string(&update)?, r#"{"id":"seat_no","value":"17"}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Serialize)]
pub struct ParamUpdate {
    /// Id of the parameter to update.
    pub id: String,
    /// New value of the parameter; an empty text clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// New value of a parameter of type checkbox, address, phone or object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_value: Option<Value>,
    /// Error message about the value; an empty text clears an earlier message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_error: Option<String>,
    /// Error about the value, as `{"message": {"id", "external_id", "value"}, "context"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_error: Option<Value>,
}

impl ParamUpdate {
    /// Creates an update that sets the value.
    pub fn value(id: impl Into<String>, value: impl Into<String>) -> Self {
        Self { id: id.into(), value: Some(value.into()), ..Self::default() }
    }

    /// Creates an update that sets the value of a parameter of type checkbox, address, phone or object.
    pub fn structured(id: impl Into<String>, value: Value) -> Self {
        Self { id: id.into(), structured_value: Some(value), ..Self::default() }
    }

    /// Creates an update that sets the error message and leaves the value unchanged.
    pub fn error(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self { id: id.into(), value_error: Some(message.into()), ..Self::default() }
    }

    /// Adds an error message about the value to the update.
    #[must_use]
    pub fn with_error(mut self, message: impl Into<String>) -> Self {
        self.value_error = Some(message.into());
        self
    }
}

/// Copies the present fields of a parameter that an update may have.
impl From<&Param> for ParamUpdate {
    fn from(param: &Param) -> Self {
        Self {
            id: param.id.clone(),
            value: param.value.clone(),
            structured_value: param.structured_value.clone(),
            value_error: param.error().map(str::to_owned),
            structured_error: param.structured_error.clone(),
        }
    }
}

impl fmt::Debug for ParamUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParamUpdate")
            .field("id", &self.id)
            .field("value", &self.value.as_ref().map(|_| "***"))
            .field("structured_value", &self.structured_value.as_ref().map(|_| "***"))
            .field("value_error", &self.value_error)
            .field("structured_error", &self.structured_error.as_ref().map(|_| "***"))
            .finish()
    }
}
