//! `GetRandomPassword`.

use strongroom_core::aws::random_password::PasswordRules;
use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Answer, Fault> {
        let standard = PasswordRules::default();
        let length = request.length.and_then(|length| usize::try_from(length.0).ok());
        let rules = PasswordRules {
            length: length.unwrap_or(standard.length),
            exclude_characters: request.exclude.map(|exclude| exclude.0).unwrap_or_default(),
            exclude_numbers: request.no_numbers.is_some_and(|no| no.0),
            exclude_punctuation: request.no_punctuation.is_some_and(|no| no.0),
            exclude_uppercase: request.no_uppercase.is_some_and(|no| no.0),
            exclude_lowercase: request.no_lowercase.is_some_and(|no| no.0),
            include_space: request.space.is_some_and(|space| space.0),
            require_each_included_type: request
                .each_type
                .map_or(standard.require_each_included_type, |each| each.0),
        };
        let password = call.ask(&engine::GetRandomPassword { rules })?;
        Ok(Answer { password: TextShown(password).into() })
    }
}
