//! `GetRandomPassword`
//! (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>).

use zeroize::Zeroizing;

use super::draw::Draws;
use crate::random::Random;

/// The length when none is asked for, in characters.
pub const PASSWORD_CHARS_DEFAULT: usize = 32;
/// The longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 4_096;
/// The longest list of characters to leave out.
pub const EXCLUDED_CHARS_MAX: usize = 4_096;

const UPPERCASE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWERCASE: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &[u8] = b"0123456789";
const PUNCTUATION: &[u8] = br##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;

/// What a password is to be like. [`Default`] is AWS's: 32 characters, every type at least once, no space.
#[derive(Clone, Debug)]
pub struct PasswordRules {
    /// How many characters, 1 to [`PASSWORD_CHARS_MAX`].
    pub length: usize,
    /// Characters to leave out, at most [`EXCLUDED_CHARS_MAX`].
    pub exclude_characters: String,
    /// No digits.
    pub exclude_numbers: bool,
    /// None of ``!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~``.
    pub exclude_punctuation: bool,
    /// No `A` to `Z`.
    pub exclude_uppercase: bool,
    /// No `a` to `z`.
    pub exclude_lowercase: bool,
    /// A space is a character like the others; none is promised.
    pub include_space: bool,
    /// At least one of each type that is not left out.
    pub require_each_included_type: bool,
}

/// Why there is no such password: `InvalidParameterException`. `Display` is the message that AWS sends; those of
/// `Length` and `Excluded` are not known from AWS itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The length is 0 or more than [`PASSWORD_CHARS_MAX`].
    #[error("Password length must be between 1 and {PASSWORD_CHARS_MAX}.")]
    Length,
    /// The list of characters to leave out is longer than [`EXCLUDED_CHARS_MAX`].
    #[error("ExcludeCharacters can't be longer than {EXCLUDED_CHARS_MAX} characters.")]
    Excluded,
    /// Fewer characters than types that must be in it.
    #[error("Password length is too short based on the required types.")]
    TooShort,
    /// A type that must be in it has no character left.
    #[error("All characters of the desired type have been excluded.")]
    TypeExcluded,
    /// No character is left.
    #[error("All characters have been excluded from selection.")]
    AllExcluded,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            length: PASSWORD_CHARS_DEFAULT,
            exclude_characters: String::new(),
            exclude_numbers: false,
            exclude_punctuation: false,
            exclude_uppercase: false,
            exclude_lowercase: false,
            include_space: false,
            require_each_included_type: true,
        }
    }
}

impl PasswordRules {
    /// A password of this kind. One character of each type that must be in it is drawn, the others from all that are
    /// allowed, and their order is drawn too, each choice as likely as the others.
    ///
    /// # Errors
    /// [`PasswordError`]
    pub fn generate(&self, random: &dyn Random) -> Result<Zeroizing<String>, PasswordError> {
        if self.length == 0 || self.length > PASSWORD_CHARS_MAX {
            return Err(PasswordError::Length);
        }
        if self.exclude_characters.chars().count() > EXCLUDED_CHARS_MAX {
            return Err(PasswordError::Excluded);
        }
        let types = self.types();
        let mut pool: Vec<u8> = types.concat();
        if self.include_space && !self.exclude_characters.contains(' ') {
            pool.push(b' ');
        }
        if pool.is_empty() {
            return Err(PasswordError::AllExcluded);
        }
        let required: &[Vec<u8>] = if self.require_each_included_type { &types } else { &[] };
        if required.iter().any(Vec::is_empty) {
            return Err(PasswordError::TypeExcluded);
        }
        if self.length < required.len() {
            return Err(PasswordError::TooShort);
        }
        let mut draws = Draws::new(random);
        let mut password = Zeroizing::new(Vec::<u8>::with_capacity(self.length));
        for of_type in required {
            password.extend(draws.pick(of_type));
        }
        while password.len() < self.length {
            password.extend(draws.pick(&pool));
        }
        draws.shuffle(&mut password);
        let mut text = Zeroizing::new(String::with_capacity(self.length));
        text.extend(password.iter().map(|byte| char::from(*byte)));
        Ok(text)
    }

    /// The characters of each type that is not left out as a whole.
    fn types(&self) -> Vec<Vec<u8>> {
        let excluded = |byte: &u8| self.exclude_characters.contains(char::from(*byte));
        [
            (self.exclude_uppercase, UPPERCASE),
            (self.exclude_lowercase, LOWERCASE),
            (self.exclude_numbers, NUMBERS),
            (self.exclude_punctuation, PUNCTUATION),
        ]
        .into_iter()
        .filter(|(left_out, _)| !left_out)
        .map(|(_, characters)| characters.iter().copied().filter(|byte| !excluded(byte)).collect())
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::draw::tests::Seeded;
    use super::*;

    fn generate(rules: &PasswordRules) -> Result<String, PasswordError> {
        rules.generate(&Seeded::new(3)).map(|password| password.to_string())
    }

    #[test]
    fn the_default_is_thirty_two_characters_of_every_type() {
        let password = generate(&PasswordRules::default()).unwrap();
        assert_eq!(password.len(), 32);
        for characters in [UPPERCASE, LOWERCASE, NUMBERS, PUNCTUATION] {
            assert!(password.bytes().any(|byte| characters.contains(&byte)), "{password}");
        }
        assert_eq!(PUNCTUATION.len(), 32);
    }

    #[test]
    fn the_length_has_edges() {
        for (length, expected) in [
            (0, Err(PasswordError::Length)),
            (3, Err(PasswordError::TooShort)),
            (4, Ok(4)),
            (PASSWORD_CHARS_MAX, Ok(PASSWORD_CHARS_MAX)),
            (PASSWORD_CHARS_MAX + 1, Err(PasswordError::Length)),
        ] {
            let rules = PasswordRules { length, ..PasswordRules::default() };
            assert_eq!(generate(&rules).map(|password| password.len()), expected, "{length}");
        }
        let rules =
            PasswordRules { length: 1, require_each_included_type: false, ..Default::default() };
        assert_eq!(generate(&rules).unwrap().len(), 1);
    }

    #[test]
    fn a_type_that_must_be_in_it_needs_a_character() {
        let mut rules = PasswordRules {
            exclude_characters: "0123456789".to_owned(),
            ..PasswordRules::default()
        };
        assert_eq!(generate(&rules), Err(PasswordError::TypeExcluded));
        rules.require_each_included_type = false;
        assert!(!generate(&rules).unwrap().bytes().any(|byte| byte.is_ascii_digit()));
        rules.require_each_included_type = true;
        rules.exclude_numbers = true;
        assert!(generate(&rules).is_ok());
    }

    #[test]
    fn some_character_must_be_left() {
        let mut rules = PasswordRules {
            exclude_numbers: true,
            exclude_punctuation: true,
            exclude_uppercase: true,
            exclude_lowercase: true,
            ..PasswordRules::default()
        };
        assert_eq!(generate(&rules), Err(PasswordError::AllExcluded));
        rules.include_space = true;
        assert_eq!(generate(&rules).unwrap(), " ".repeat(32));
        rules.exclude_characters = " ".to_owned();
        assert_eq!(generate(&rules), Err(PasswordError::AllExcluded));
    }

    #[test]
    fn the_list_of_characters_to_leave_out_has_a_limit() {
        for (count, good) in [(EXCLUDED_CHARS_MAX, true), (EXCLUDED_CHARS_MAX + 1, false)] {
            let exclude_characters = "é".repeat(count);
            let rules = PasswordRules { exclude_characters, ..PasswordRules::default() };
            assert_eq!(generate(&rules).is_ok(), good);
        }
    }

    #[test]
    fn every_place_holds_every_type() {
        let random = Seeded::new(5);
        let rules = PasswordRules { length: 4, ..PasswordRules::default() };
        let mut digits_first = 0_u32;
        for _ in 0..4_000 {
            let password = rules.generate(&random).unwrap();
            digits_first += u32::from(password.as_bytes()[0].is_ascii_digit());
        }
        assert!(digits_first.abs_diff(1_000) < 150, "{digits_first}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_password_holds_what_it_must_and_nothing_else(
            seed in any::<u64>(),
            length in 1..64_usize,
            exclude_characters in "[ -~é]{0,40}",
            flags in any::<[bool; 6]>(),
        ) {
            let rules = PasswordRules {
                length,
                exclude_characters,
                exclude_numbers: flags[0],
                exclude_punctuation: flags[1],
                exclude_uppercase: flags[2],
                exclude_lowercase: flags[3],
                include_space: flags[4],
                require_each_included_type: flags[5],
            };
            let Ok(password) = rules.generate(&Seeded::new(seed)) else { return Ok(()) };
            prop_assert_eq!(password.chars().count(), length);
            let has = |characters: &[u8]| password.bytes().any(|byte| characters.contains(&byte));
            for (excluded, characters) in
                [(flags[0], NUMBERS), (flags[1], PUNCTUATION), (flags[2], UPPERCASE), (flags[3], LOWERCASE)]
            {
                prop_assert!(!excluded || !has(characters));
                prop_assert!(excluded || !flags[5] || has(characters));
            }
            prop_assert!(flags[4] || !has(b" "));
            prop_assert!(!password.chars().any(|c| rules.exclude_characters.contains(c)));
        }
    }
}
