//! What a mistyped word probably was.

const DIFFERENCE_MAX: usize = 2;
/// A longer word is no slip of the fingers.
const WORD_CHARS_MAX: usize = 64;

/// The known word that differs in at most two letters, and in less than half of its own; the nearest first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() > WORD_CHARS_MAX {
        return None;
    }
    known
        .into_iter()
        .map(|known| (distance(&letters, &known.chars().collect::<Vec<_>>()), known))
        .filter(|(distance, known)| {
            *distance <= DIFFERENCE_MAX && *distance * 2 < known.chars().count()
        })
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein's distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            *cell = replaced.min(diagonal + 1).min(before + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["required", "description", "default"];
        assert_eq!(nearest("requird", known), Some("required"));
        assert_eq!(nearest("defualt", known), Some("default"));
        assert_eq!(nearest("pattern", known), None);
        assert_eq!(nearest("", ["ab"]), None);
        assert_eq!(nearest("ad", ["ab"]), None);
    }

    #[test]
    fn the_distance_is_levenshteins() {
        let distance = |left: &str, right: &str| {
            distance(&left.chars().collect::<Vec<_>>(), &right.chars().collect::<Vec<_>>())
        };
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
