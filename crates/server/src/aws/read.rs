//! A request's body, read once into its type.

use super::constraint::{Allowed, At, Checks, Shape};
use super::fault::Fault;
use super::shapes::SecretId;

/// How deep the JSON of a request may be nested; the deepest of the service model has 4 levels.
pub const DEPTH_MAX: usize = 32;
/// What AWS says of a name with other characters.
pub const INVALID_NAME: &str = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
                                following: -/_+=.@!";

/// A body as a request: one JSON object (RFC 8259), whose unknown members are passed over, as AWS does. An empty one is
/// an empty object. `null` is absence, and a member that the request knows may stand once.
///
/// # Errors
/// `SerializationException` for what is no such object, `ValidationException` with everything that breaks a rule of the
/// service model.
pub fn read<S: Shape>(body: &[u8], allowed: Allowed) -> Result<S, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::serialization(NOT_JSON))?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    if depth_of(text) > DEPTH_MAX {
        let message = format!("The request is nested more than {DEPTH_MAX} deep");
        return Err(Fault::serialization(message));
    }
    let raw = serde_json::from_str::<S::Raw>(text).map_err(|error| unread(&error))?;
    let mut checks = Checks::new(allowed);
    match S::check(raw, &At::Request, &mut checks) {
        Some(request) if checks.are_met() => Ok(request),
        _ => Err(Fault::validation(checks.text())),
    }
}

/// That a secret's id is a name that there can be, or an ARN.
pub fn check_id(id: &SecretId) -> Result<(), Fault> {
    let name = match id.0.strip_prefix("arn:") {
        // What stands in an ARN beside the name is for whoever reads ARNs.
        Some(arn) => arn.rsplit(':').next().unwrap_or_default(),
        None => id.0.as_str(),
    };
    check_name(name)
}

/// That a name has the characters of a name.
pub fn check_name(name: &str) -> Result<(), Fault> {
    let also = b"-/_+=.@!";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
    match !name.is_empty() && name.bytes().all(fits) {
        true => Ok(()),
        false => Err(Fault::validation(INVALID_NAME)),
    }
}

const NOT_JSON: &str = "The request is not one JSON object";

/// serde's words where they are ours, which quote nothing.
fn unread(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said);
    Fault::serialization(if error.is_data() { said } else { NOT_JSON })
}

/// How many lists and objects stand in each other, at most. It counts brackets outside texts: what is no JSON has some
/// depth as well.
fn depth_of(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
