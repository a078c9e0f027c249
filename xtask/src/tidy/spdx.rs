//! Licence expressions (SPDX 2.3, annex D), with the `/` of old manifests for OR.

/// Whether an expression can be met with the licences of a list.
/// `None` where it is not an expression.
pub fn is_met(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words = spaced.split_whitespace().collect::<Vec<_>>();
    let mut parser = Parser { words: &words, allowed };
    let met = parser.any_of()?;
    parser.words.is_empty().then_some(met)
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl<'a> Parser<'a> {
    fn any_of(&mut self) -> Option<bool> {
        let mut met = self.all_of()?;
        while self.take("OR") {
            met |= self.all_of()?;
        }
        Some(met)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut met = self.licence()?;
        while self.take("AND") {
            met &= self.licence()?;
        }
        Some(met)
    }

    fn licence(&mut self) -> Option<bool> {
        let first = self.next()?;
        if first == "(" {
            let met = self.any_of()?;
            return self.take(")").then_some(met);
        }
        if ["OR", "AND", "WITH", ")"].contains(&first) {
            return None;
        }
        let licence = match self.take("WITH") {
            true => format!("{first} WITH {}", self.next()?),
            false => first.to_owned(),
        };
        Some(self.allowed.contains(&licence))
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.next();
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> Option<bool> {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
        is_met(expression, &allowed.map(str::to_owned))
    }

    #[test]
    fn one_licence_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        assert_eq!(met("MIT"), Some(true));
        assert_eq!(met("GPL-3.0-only"), Some(false));
        assert_eq!(met("GPL-3.0-only OR MIT"), Some(true));
        assert_eq!(met("Unlicense/MIT"), Some(true));
        assert_eq!(met("MIT AND GPL-3.0-only"), Some(false));
        assert_eq!(met("(GPL-3.0-only OR MIT) AND ISC"), Some(true));
        assert_eq!(met("ISC OR MIT AND GPL-3.0-only"), Some(true));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert_eq!(met("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(met("MIT WITH LLVM-exception"), Some(false));
        assert_eq!(met("Apache-2.0"), Some(false));
    }

    #[test]
    fn what_is_no_expression_is_none() {
        for text in ["", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT MIT"] {
            assert_eq!(met(text), None, "{text}");
        }
    }
}
