//! What a host name is, and how it is written in ASCII.

use super::punycode;

const LABEL_LENGTH_MAX: usize = 63;
const NAME_LENGTH_MAX: usize = 253;
const PUNYCODE_PREFIX: &str = "xn--";

/// The name with its labels in ASCII (RFC 5891), or `None` when a label is empty or longer than 63 bytes, the name
/// longer than 253, or a label that claims to be Punycode is not. One dot at the end is kept. Nothing is mapped,
/// lower-cased or normalised: a name is either what it says or refused.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    let body = name.strip_suffix('.').unwrap_or(name);
    let labels: Option<Vec<String>> = body.split('.').map(label_to_ascii).collect();
    let mut ascii = labels?.join(".");
    if ascii.len() > NAME_LENGTH_MAX {
        return None;
    }
    if body.len() < name.len() {
        ascii.push('.');
    }
    Some(ascii)
}

/// Whether it is labels of ASCII letters, digits and inner hyphens (RFC 952, RFC 1123), with a dot at its end or
/// without, and with `*.` before it or without.
pub(super) fn is_hostname(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

/// Whether it is a label with one wildcard in it: `*`, `*foo`, `foo*` or `f*oo` (RFC 6125, section 6.4.3).
pub(super) fn is_wildcard_label(label: &str) -> bool {
    let part = |text: &str| text.is_empty() || is_label(text);
    label.split_once('*').is_some_and(|(before, after)| part(before) && part(after))
}

fn label_to_ascii(label: &str) -> Option<String> {
    let ascii = match label.split_at_checked(PUNYCODE_PREFIX.len()) {
        Some((prefix, text)) if prefix.eq_ignore_ascii_case(PUNYCODE_PREFIX) => {
            let decoded = punycode::decode(text).filter(|decoded| !decoded.is_ascii())?;
            let encoded = punycode::encode(&decoded)?;
            encoded.eq_ignore_ascii_case(text).then(|| label.to_owned())?
        }
        _ if label.is_ascii() => label.to_owned(),
        _ => format!("{PUNYCODE_PREFIX}{}", punycode::encode(label)?),
    };
    (1..=LABEL_LENGTH_MAX).contains(&ascii.len()).then_some(ascii)
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_that_are_not_ascii_become_punycode() {
        for (name, ascii) in [
            ("example.com", Some("example.com")),
            ("example.com.", Some("example.com.")),
            ("EXAMPLE.com", Some("EXAMPLE.com")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            ("XN--bcher-kva.example", Some("XN--bcher-kva.example")),
            ("xn--example-.com", None),
            ("xn--.com", None),
            ("xn--99999999.com", None),
            ("a..b", None),
            (".a", None),
            ("a..", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(to_ascii(name).as_deref(), ascii, "{name}");
        }
        let label = "a".repeat(63);
        assert_eq!(to_ascii(&label), Some(label.clone()));
        assert_eq!(to_ascii(&format!("{label}a")), None);
        let name = [&*label, &label, &label, &"a".repeat(61)].join(".");
        assert_eq!(to_ascii(&name), Some(name.clone()));
        assert_eq!(to_ascii(&format!("{name}a")), None);
    }

    #[test]
    fn host_names_are_letters_digits_and_hyphens() {
        for name in ["a", "a.b", "a-b.c", "1.2.3.4", "*.a", "a.", "xn--bcher-kva", "A9"] {
            assert!(is_hostname(name), "{name}");
        }
        for name in
            ["", ".", "a..b", "-a", "a-", "a_b", "a b", "a\0b", "**.a", "*", "a.*", "\u{fc}", "a\n"]
        {
            assert!(!is_hostname(name), "{name:?}");
        }
    }

    #[test]
    fn a_wildcard_label_has_one_wildcard() {
        for label in ["*", "*a", "a*", "a*b", "foo-bar*1"] {
            assert!(is_wildcard_label(label), "{label}");
        }
        for label in ["", "a", "**", "a**b", "-*", "*-", "a-*", "*_"] {
            assert!(!is_wildcard_label(label), "{label}");
        }
    }

    proptest! {
        #[test]
        fn the_ascii_form_is_ascii_and_stays_as_it_is(name in "\\PC{0,80}") {
            if let Some(ascii) = to_ascii(&name) {
                prop_assert!(ascii.is_ascii());
                prop_assert_eq!(to_ascii(&ascii), Some(ascii.clone()));
            }
        }
    }
}
