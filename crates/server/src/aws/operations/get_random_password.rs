//! `GetRandomPassword`.

use crate::aws::parts::TextShown;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{ExcludeCharacters, PasswordLength, truth};

/// A random password.
pub struct GetRandomPassword;

structure! {
    /// What it reads.
    Request("GetRandomPasswordRequest") {
        length: optional PasswordLength = "PasswordLength",
        exclude: optional ExcludeCharacters = "ExcludeCharacters",
        no_numbers: optional truth::ExcludeNumbers = "ExcludeNumbers",
        no_punctuation: optional truth::ExcludePunctuation = "ExcludePunctuation",
        no_uppercase: optional truth::ExcludeUppercase = "ExcludeUppercase",
        no_lowercase: optional truth::ExcludeLowercase = "ExcludeLowercase",
        space: optional truth::IncludeSpace = "IncludeSpace",
        each_type: optional truth::RequireEachIncludedType = "RequireEachIncludedType",
    }
}

answer! {
    /// What it answers.
    Answer {
        password: always TextShown = "RandomPassword",
    }
}

impl Operation for GetRandomPassword {
    const NAME: &'static str = "GetRandomPassword";
    const ABOUT: &'static str = "A random password";
    type Request = Request;
    type Answer = Answer;
}
