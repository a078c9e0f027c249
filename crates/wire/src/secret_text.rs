//! Texts that are secrets: in JSON as they are, and never in a `Debug`.

/// A type around a secret that is text.
macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident($secret:ty)) => {
        $(#[$doc])*
        pub struct $name(pub $secret);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.expose_text().unwrap_or_default())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)
                    .map(|text| Self(<$secret>::from(text)))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

pub(crate) use secret_text;
