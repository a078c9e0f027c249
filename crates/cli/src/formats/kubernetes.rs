//! A Kubernetes Secret (`v1`, `Opaque`), for `kubectl apply -f -`.

use std::io::{self, Write};

use data_encoding::BASE64;

use super::{Entry, ExportError, ExportOptions, Exporter, Value};

/// Bytes of all values of a Secret (`MaxSecretSize` in the Kubernetes API).
pub(super) const SECRET_BYTES_MAX: usize = 1024 * 1024;
/// Characters of a key of a Secret.
const KEY_CHARS_MAX: usize = 253;
/// Characters of a DNS-1123 subdomain.
const SUBDOMAIN_CHARS_MAX: usize = 253;
/// Characters of a DNS-1123 label.
const LABEL_CHARS_MAX: usize = 63;

/// The format.
pub(super) struct Kubernetes;

impl Exporter for Kubernetes {
    fn name(&self) -> &'static str {
        "k8s"
    }

    fn about(&self) -> &'static str {
        "a Kubernetes Secret manifest"
    }

    fn check(&self, entries: &[Entry], options: &ExportOptions) -> Result<(), ExportError> {
        let refuse = |message: String, hint: &str| {
            Err(ExportError::Refused { message, hint: hint.to_owned() })
        };
        if !check_subdomain(&options.object_name) {
            return refuse(
                "the name of the Secret is not a DNS-1123 subdomain".to_owned(),
                "use lower-case letters, digits, `-` and `.`, as in --name weather-secrets",
            );
        }
        if options.namespace.as_deref().is_some_and(|namespace| !check_label(namespace)) {
            return refuse(
                "the namespace is not a DNS-1123 label".to_owned(),
                "use at most 63 lower-case letters, digits and `-`, as in --namespace production",
            );
        }
        if let Some(Entry { name, .. }) =
            entries.iter().find(|entry| entry.name.as_str().len() > KEY_CHARS_MAX)
        {
            return refuse(
                format!("{name} is longer than {KEY_CHARS_MAX} characters, the limit of a key"),
                "leave it out with --except, or give it a shorter name",
            );
        }
        let bytes: usize = entries.iter().map(|entry| entry.value.len()).sum();
        if bytes > SECRET_BYTES_MAX {
            return refuse(
                format!("the values are {bytes} bytes long; a Secret holds {SECRET_BYTES_MAX}"),
                "export them in parts with --only",
            );
        }
        Ok(())
    }

    fn write(
        &self,
        entries: &[Entry],
        options: &ExportOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // Names and values are quoted: `no` and `1234` would not be text.
        writeln!(out, "apiVersion: v1\nkind: Secret\nmetadata:")?;
        writeln!(out, "  name: \"{}\"", options.object_name)?;
        if let Some(namespace) = &options.namespace {
            writeln!(out, "  namespace: \"{namespace}\"")?;
        }
        writeln!(out, "type: Opaque\ndata:{}", if entries.is_empty() { " {}" } else { "" })?;
        for Entry { name, value } in entries {
            let encoded = Value::new(BASE64.encode(value.as_bytes()));
            writeln!(out, "  \"{name}\": \"{}\"", encoded.as_str())?;
        }
        Ok(())
    }
}

/// Whether it is a DNS-1123 subdomain: labels joined by dots.
pub fn check_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN_CHARS_MAX && name.split('.').all(is_label_text)
}

/// Whether it is a DNS-1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
pub fn check_label(name: &str) -> bool {
    name.len() <= LABEL_CHARS_MAX && is_label_text(name)
}

fn is_label_text(label: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty()
        && label.bytes().all(inside)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entries, refusal_with, unicode_entries, write_with};
    use super::*;

    fn options(name: &str, namespace: Option<&str>) -> ExportOptions {
        ExportOptions { object_name: name.into(), namespace: namespace.map(Into::into) }
    }

    #[test]
    fn the_manifest_is_what_kubectl_expects() {
        let all = entries(&[("NO", "1"), ("B", "a\nb")]);
        assert_eq!(
            write_with(&Kubernetes, &all, &options("weather", Some("prod"))),
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"weather\"\n  namespace: \"prod\"\n\
             type: Opaque\ndata:\n  \"NO\": \"MQ==\"\n  \"B\": \"YQpi\"\n"
        );
        assert!(write_with(&Kubernetes, &[], &options("w", None)).ends_with("data: {}\n"));
    }

    #[test]
    fn a_yaml_parser_reads_every_value_back() {
        let all = unicode_entries();
        let text = write_with(&Kubernetes, &all, &options("weather.api", None));
        let manifest: serde_norway::Value = serde_norway::from_str(&text).unwrap();
        for Entry { name, value } in &all {
            let encoded = manifest["data"][name.as_str()].as_str().unwrap();
            assert_eq!(BASE64.decode(encoded.as_bytes()).unwrap(), value.as_bytes());
        }
    }

    #[test]
    fn names_are_checked_up_to_their_limits() {
        for good in ["a", "a.b-c.9", &"a".repeat(253)] {
            assert!(check_subdomain(good), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a\n", &"a".repeat(254)] {
            assert!(!check_subdomain(bad), "{bad}");
            let refusal = refusal_with(&Kubernetes, &[], &options(bad, None));
            assert_eq!(refusal, "the name of the Secret is not a DNS-1123 subdomain");
        }
        assert!(check_label(&"a".repeat(63)));
        for bad in ["", "a.b", &"a".repeat(64)] {
            let refusal = refusal_with(&Kubernetes, &[], &options("a", Some(bad)));
            assert_eq!(refusal, "the namespace is not a DNS-1123 label");
        }
    }

    #[test]
    fn a_secret_is_written_up_to_its_size_and_refused_past_it() {
        let name = options("a", None);
        let largest = "x".repeat(SECRET_BYTES_MAX);
        assert!(Kubernetes.check(&entries(&[("A", &largest)]), &name).is_ok());
        let refusal = refusal_with(&Kubernetes, &entries(&[("A", &largest), ("B", "x")]), &name);
        assert_eq!(refusal, "the values are 1048577 bytes long; a Secret holds 1048576");
        let long = "A".repeat(254);
        assert!(
            refusal_with(&Kubernetes, &entries(&[(&long, "x")]), &name).contains("longer than 253")
        );
    }
}
