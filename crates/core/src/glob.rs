//! Patterns in which `*` stands for any text, as in Vault's lists of names (<https://github.com/ryanuber/go-glob>).

/// Whether the pattern matches the whole text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        // From the tests of https://github.com/ryanuber/go-glob, which Vault uses.
        for pattern in ["*test", "this*", "this*test", "*is *", "*is*a*", "**test**", "**", "*"] {
            assert!(matches(pattern, "this is a test"), "{pattern}");
        }
        for pattern in ["test*", "*is", "*no*", "", "this", "is*test"] {
            assert!(!matches(pattern, "this is a test"), "{pattern}");
        }
        assert!(matches("", ""));
        assert!(matches("*", ""));
        assert!(!matches("a*a", "a"));
        assert!(matches("ftp*.example.com", "ftp1.example.com"));
        assert!(!matches("ftp*.example.com", "ftp1.example.com."));
    }
}
