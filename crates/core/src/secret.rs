//! Types for what must not be seen: no content in `Debug`, no `Display`, no `Clone`, equality in constant time,
//! zeroized when dropped, and one way out, [`SecretValue::expose`].

macro_rules! secret_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(zeroize::Zeroizing<Vec<u8>>);

        impl $name {
            /// Take ownership of the bytes. They are zeroized where they are when this is dropped.
            #[must_use]
            pub fn new(bytes: Vec<u8>) -> Self {
                Self(zeroize::Zeroizing::new(bytes))
            }

            /// The bytes. Every use is a place to look at when asking where a secret may go.
            #[must_use]
            pub fn expose(&self) -> &[u8] {
                &self.0
            }

            /// The bytes as text, or `None` when they are not UTF-8.
            #[must_use]
            pub fn expose_text(&self) -> Option<&str> {
                std::str::from_utf8(&self.0).ok()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        /// Takes the same time for all contents of one length.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
            }
        }

        impl Eq for $name {}

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text.into_bytes())
            }
        }

        impl From<zeroize::Zeroizing<String>> for $name {
            fn from(mut text: zeroize::Zeroizing<String>) -> Self {
                Self::new(std::mem::take(&mut *text).into_bytes())
            }
        }
    };
}

pub(crate) use secret_bytes;

secret_bytes! {
    /// What a version of a secret holds.
    SecretValue
}
secret_bytes! {
    /// What a person remembers, from which the key that wraps the root key is derived.
    Passphrase
}
secret_bytes! {
    /// One of the shares that together give the key that wraps the root key.
    UnsealShare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let value = SecretValue::new(b"canary".to_vec());
        assert_eq!(format!("{value:?}"), "SecretValue(..)");
        assert_eq!(
            format!("{:?}", Some(Passphrase::new(b"canary".to_vec()))),
            "Some(Passphrase(..))"
        );
    }

    #[test]
    fn equality_compares_content_and_length() {
        let value = |bytes: &[u8]| SecretValue::new(bytes.to_vec());
        assert_eq!(value(b"abc"), value(b"abc"));
        assert_ne!(value(b"abc"), value(b"abd"));
        assert_ne!(value(b"abc"), value(b"ab"));
    }

    #[test]
    fn text_is_given_only_for_utf_8() {
        assert_eq!(SecretValue::new("pâte".into()).expose_text(), Some("pâte"));
        assert_eq!(SecretValue::new(vec![0xff]).expose_text(), None);
    }
}
