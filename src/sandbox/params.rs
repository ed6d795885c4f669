//! Changes of parameters, and templates filled with their values.

use serde_json::Value;

use super::context::{only, text};
use super::error::{bad_request, errors};
use super::message::HttpResponse;

/// Fields of a parameter that an update may change.
const PARAM_VALUES: [&str; 4] = ["value", "structured_value", "value_error", "structured_error"];
/// Fields of a parameter that an update may repeat without effect, as clients that send whole parameters do.
const PARAM_REST: [&str; 11] = [
    "id",
    "name",
    "title",
    "description",
    "type",
    "scope",
    "phase",
    "constraints",
    "events",
    "value_choices",
    "value_choice",
];

/// Applies changes to parameters, after a check that each parameter exists.
pub(super) fn merge_params(
    params: &mut Value,
    changes: Option<&Value>,
    at: &str,
) -> Result<(), HttpResponse> {
    let Some(changes) = changes else { return Ok(()) };
    let Some(changes) = changes.as_array() else {
        return Err(bad_request(&format!("{at}: Expected a list.")));
    };
    let Value::Array(params) = params else {
        return if changes.is_empty() {
            Ok(())
        } else {
            Err(bad_request(&format!("{at}: there are no parameters.")))
        };
    };
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for change in changes {
        let Some(change) = change.as_object() else {
            return Err(bad_request(&format!("{at}: Expected a dictionary.")));
        };
        let allowed: Vec<_> = PARAM_VALUES.iter().chain(&PARAM_REST).copied().collect();
        only(change, &allowed, &format!("{at}."))?;
        for key in ["value", "value_error"] {
            text(change, key)?;
        }
        let id = text(change, "id")?.unwrap_or_default();
        match params.iter().position(|param| param["id"] == id) {
            Some(place) => found.push((place, change)),
            None => problems.push(format!("{at}: parameter {id} does not exist.")),
        }
    }
    if !problems.is_empty() {
        return Err(errors(400, &problems));
    }
    for (place, change) in found {
        for (key, value) in change.iter().filter(|(key, _)| PARAM_VALUES.contains(&key.as_str())) {
            params[place][key] = value.clone();
        }
    }
    Ok(())
}

/// The body of a template with the values of parameters in place of `{{ id }}`.
pub(super) fn render_body(template: &Value, params: &Value) -> String {
    let body = template["body"].as_str().unwrap_or_default();
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        out.push_str(before);
        let param =
            params.as_array().and_then(|params| params.iter().find(|param| param["id"] == name.trim()));
        out.push_str(param.and_then(|param| param["value"].as_str()).unwrap_or_default());
        rest = after;
    }
    out + rest
}
