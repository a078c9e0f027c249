//! What several checks ask of a syntax tree.

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// Whether an attribute is `#[cfg(test)]`.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let conditions = attribute
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .unwrap_or_default();
        conditions.iter().any(|condition| condition.path().is_ident("test"))
    })
}

/// A path as it is written: `std::fs::File`.
pub fn written(path: &syn::Path) -> String {
    let names = path.segments.iter().map(|segment| segment.ident.to_string());
    names.collect::<Vec<_>>().join("::")
}

/// The words and signs of what a macro is given, literals left out.
pub fn words(tokens: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                words.push("(".to_owned());
                words.extend(self::words(group.stream()));
                words.push(")".to_owned());
            }
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Punct(sign) => words.push(sign.to_string()),
            TokenTree::Literal(_) => {}
        }
    }
    words
}
