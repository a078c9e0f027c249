//! Certificate authorities (<https://developer.hashicorp.com/vault/api-docs/secret/pki>). A mount has one issuer.
//!
//! A field that this server does not have is refused by its name, and so is one that nobody knows: it may be meant to
//! restrict a certificate.

mod authority;
mod certificates;
mod roles;

use super::body::Body;
use super::fault::Fault;
use super::route::{Route, Verb};
use serde_json::Value;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "root/generate/{type}", "Make the root", authority::generate),
    Route::new(Verb::Delete, "root", "Remove the root with its key", authority::delete),
    Route::new(Verb::Read, "config/urls", "What certificates say of URLs", authority::read_urls),
    Route::new(Verb::Write, "config/urls", "Set these URLs", authority::write_urls),
    Route::new(Verb::Read, "ca", "The root in DER", authority::issuer_der).open(),
    Route::new(Verb::Read, "ca/pem", "The root in PEM", authority::issuer_pem).open(),
    Route::new(Verb::Read, "ca_chain", "The root in PEM", authority::chain).open(),
    Route::new(Verb::Read, "cert/ca", "The root", authority::issuer).open(),
    Route::new(Verb::Read, "cert/ca/raw", "The root in DER", authority::issuer_der).open(),
    Route::new(Verb::Read, "cert/ca/raw/pem", "The root in PEM", authority::issuer_pem).open(),
    Route::new(Verb::Read, "cert/ca_chain", "The root", authority::issuer_chain).open(),
    Route::new(Verb::Read, "crl", "The revocation list in DER", authority::list_der).open(),
    Route::new(Verb::Read, "crl/pem", "The revocation list in PEM", authority::list_pem).open(),
    Route::new(Verb::Read, "cert/crl", "The revocation list", authority::list).open(),
    Route::new(Verb::Read, "cert/crl/raw", "It in DER", authority::list_der).open(),
    Route::new(Verb::Read, "cert/crl/raw/pem", "It in PEM", authority::list_pem).open(),
    Route::new(Verb::Read, "crl/rotate", "Sign the revocation list anew", authority::rotate_list),
    Route::new(Verb::List, "roles", "The names of all roles", roles::list),
    Route::new(Verb::Read, "roles/{name}", "A role", roles::read),
    Route::new(Verb::Write, "roles/{name}", "Write a role", roles::write),
    Route::new(Verb::Delete, "roles/{name}", "Delete a role", roles::delete),
    Route::new(Verb::Write, "issue/{role}", "A certificate with its key", certificates::issue),
    Route::new(Verb::Write, "sign/{role}", "A certificate for a request", certificates::sign),
    Route::new(Verb::Write, "revoke", "Revoke a certificate", certificates::revoke),
    Route::new(Verb::List, "certs", "All serial numbers", certificates::list),
    Route::new(Verb::Read, "cert/{serial}", "A certificate", certificates::read).open(),
    Route::new(Verb::Read, "cert/{serial}/raw", "It in DER", certificates::read_der).open(),
    Route::new(Verb::Read, "cert/{serial}/raw/pem", "It in PEM", certificates::read_pem).open(),
    Route::new(Verb::Write, "tidy", "Forget what ended", certificates::tidy),
    Route::unsupported(Verb::Write, "config/ca"),
    Route::unsupported(Verb::Read, "config/crl"),
    Route::unsupported(Verb::Write, "config/crl"),
    Route::unsupported(Verb::Read, "config/issuers"),
    Route::unsupported(Verb::Write, "config/issuers"),
    Route::unsupported(Verb::Read, "config/cluster"),
    Route::unsupported(Verb::Write, "config/cluster"),
    Route::unsupported(Verb::Write, "intermediate/{rest..}"),
    Route::unsupported(Verb::Write, "root/sign-intermediate"),
    Route::unsupported(Verb::Write, "root/sign-self-issued"),
    Route::unsupported(Verb::Write, "root/rotate/{type}"),
    Route::unsupported(Verb::Write, "root/replace"),
    Route::unsupported(Verb::Write, "sign-verbatim"),
    Route::unsupported(Verb::Write, "sign-verbatim/{role}"),
    Route::unsupported(Verb::Write, "revoke-with-key"),
    Route::unsupported(Verb::List, "issuers"),
    Route::unsupported(Verb::Read, "issuer/{rest..}"),
    Route::unsupported(Verb::Write, "issuer/{rest..}"),
    Route::unsupported(Verb::Delete, "issuer/{rest..}"),
    Route::unsupported(Verb::List, "keys"),
    Route::unsupported(Verb::Read, "key/{rest..}"),
    Route::unsupported(Verb::Write, "keys/{rest..}"),
    Route::unsupported(Verb::Read, "crl/delta"),
    Route::unsupported(Verb::Read, "crl/delta/pem"),
    Route::unsupported(Verb::Read, "crl/rotate-delta"),
    Route::unsupported(Verb::Read, "ocsp/{rest..}"),
    Route::unsupported(Verb::Write, "ocsp"),
    Route::unsupported(Verb::Read, "tidy-status"),
    Route::unsupported(Verb::Write, "tidy-cancel"),
    Route::unsupported(Verb::Read, "config/auto-tidy"),
    Route::unsupported(Verb::Write, "config/auto-tidy"),
];

/// Bytes of a field's name that an error quotes.
const FIELD_BYTES_MAX: usize = 64;

/// What a path takes of the fields that Vault has there.
struct Fields {
    /// The fields that are read.
    known: &'static [&'static str],
    /// Those that are taken when they say nothing, or what is so here anyway, and else refused.
    unsupported: &'static [(&'static str, &'static [&'static str])],
}

impl Fields {
    fn check(&self, body: &Body) -> Result<(), Fault> {
        for (name, value) in body.members() {
            if self.known.contains(&name.as_str()) {
                continue;
            }
            let found = self.unsupported.iter().find(|(unsupported, _)| unsupported == name);
            let Some((field, taken)) = found else {
                let end = name.floor_char_boundary(FIELD_BYTES_MAX);
                let name = name.get(..end).unwrap_or_default();
                return Err(Fault::invalid(format!("{name:?} is not a field of this path")));
            };
            if !says_nothing(value, taken) {
                return Err(Fault::unsupported(format!("{field} is not supported")));
            }
        }
        Ok(())
    }
}

/// Whether a value is that of a field that was not set, or one of these words.
fn says_nothing(value: &Value, taken: &[&str]) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => {
            number.as_u64() == Some(0) || taken.contains(&number.to_string().as_str())
        }
        Value::String(text) => {
            let text = text.trim();
            matches!(text, "" | "0" | "false") || taken.contains(&text)
        }
        Value::Array(items) => items.iter().all(|item| says_nothing(item, taken)),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: Fields = Fields { known: &["a"], unsupported: &[("b", &["30", "30s"])] };

    fn check(body: &Value) -> Result<(), u16> {
        let body = Body::parse(body.to_string().as_bytes()).expect("an object");
        FIELDS.check(&body).map_err(|fault| fault.status().as_u16())
    }

    #[test]
    fn what_is_not_supported_is_taken_only_when_it_says_nothing() {
        for value in [json!(false), json!("false"), json!(""), json!([]), json!([""]), json!(0)] {
            assert_eq!(check(&json!({ "a": 1, "b": value })), Ok(()), "{value}");
        }
        for value in [json!("30s"), json!(30), json!(null), json!({})] {
            assert_eq!(check(&json!({ "b": value })), Ok(()), "{value}");
        }
        for value in [json!(true), json!("true"), json!(["x"]), json!(31), json!({ "c": 1 })] {
            assert_eq!(check(&json!({ "b": value })), Err(501), "{value}");
        }
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused_and_named() {
        assert_eq!(check(&json!({ "alowed_domains": "x" })), Err(400));
        assert_eq!(check(&json!({ "ä".repeat(500): "x" })), Err(400));
    }
}
