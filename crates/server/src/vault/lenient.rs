//! Values as Vault's clients write them: `vault write key=value` sends every value as a text.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// `true`, `"true"`, `1`: what Go's `ParseBool` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth(pub bool);

/// A whole number, or a text of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Whole(pub i64);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Truths;
        impl Visitor<'_> for Truths {
            type Value = Truth;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Truth, E> {
                Ok(Truth(truth))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Truth, E> {
                match number {
                    0 | 1 => Ok(Truth(number == 1)),
                    _ => Err(E::custom("expected true or false")),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Truth, E> {
                match text {
                    "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Truth(false)),
                    text if super::route::is_true(text) => Ok(Truth(true)),
                    _ => Err(E::custom("expected true or false")),
                }
            }
        }
        deserializer.deserialize_any(Truths)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wholes;
        impl Visitor<'_> for Wholes {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
                i64::try_from(number).map(Whole).map_err(|_| E::custom("the number is too large"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                match text {
                    "" => Ok(Whole(0)),
                    text => {
                        text.parse().map(Whole).map_err(|_| E::custom("expected a whole number"))
                    }
                }
            }
        }
        deserializer.deserialize_any(Wholes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    #[test]
    fn truths_and_numbers_are_read_from_texts_as_well() {
        let truth = |value: Value| from_value::<Truth>(value).ok().map(|truth| truth.0);
        for value in [json!(true), json!("true"), json!("T"), json!(1), json!("1")] {
            assert_eq!(truth(value.clone()), Some(true), "{value}");
        }
        for value in [json!(false), json!("False"), json!(0), json!("")] {
            assert_eq!(truth(value.clone()), Some(false), "{value}");
        }
        for value in [json!("yes"), json!(2), json!(-1), json!([]), json!(1.0)] {
            assert_eq!(truth(value.clone()), None, "{value}");
        }
        let whole = |value: Value| from_value::<Whole>(value).ok().map(|whole| whole.0);
        for (value, number) in [(json!(3), 3), (json!("-3"), -3), (json!(""), 0)] {
            assert_eq!(whole(value), Some(number));
        }
        for value in [json!("3.0"), json!(3.5), json!("x"), json!(u64::MAX), json!(true)] {
            assert_eq!(whole(value.clone()), None, "{value}");
        }
    }

    #[test]
    fn an_error_does_not_quote_the_value() {
        for value in [json!("canary"), json!(["canary"])] {
            let truth = from_value::<Truth>(value.clone()).map(|_| ()).expect_err("is refused");
            let whole = from_value::<Whole>(value).map(|_| ()).expect_err("is refused");
            assert!(!super::super::body::plain(&truth).contains("canary"));
            assert!(!super::super::body::plain(&whole).contains("canary"));
        }
    }
}
