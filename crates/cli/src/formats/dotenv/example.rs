//! `.env.example`: what a `.env` file sets, without the values.

use super::parse::{Item, items};
use crate::formats::{Name, Problems};

/// Comments with a word of this many characters are left out: it may be a key.
const COMMENT_WORD_CHARS_MAX: usize = 24;
/// A value of at least this many bytes is looked for in the comments.
const VALUE_BYTES_MIN: usize = 4;

/// The names of a `.env` file in its order, with those of its comments that can hold no value: a
/// comment with `=`, with a value of the file or with a long word is left out.
///
/// # Errors
/// Those of reading the file.
pub fn render_example(file: &str, text: &str) -> Result<String, Problems> {
    let items = items(file, text)?;
    let values: Vec<&str> = items
        .iter()
        .filter_map(|item| match item {
            Item::Assignment(assignment) => Some(assignment.value.as_str()),
            Item::Comment(_) | Item::Blank => None,
        })
        .filter(|value| value.len() >= VALUE_BYTES_MIN)
        .collect();
    let mut seen: Vec<&Name> = Vec::new();
    let mut example = String::new();
    for item in &items {
        match item {
            Item::Assignment(assignment) if !seen.contains(&&assignment.name) => {
                seen.push(&assignment.name);
                example.push_str(assignment.name.as_str());
                example.push_str("=\n");
            }
            Item::Comment(comment) if is_harmless(comment, &values) => {
                example.push_str(format!("# {comment}").trim_end());
                example.push('\n');
            }
            Item::Blank if !example.is_empty() && !example.ends_with("\n\n") => example.push('\n'),
            Item::Assignment(_) | Item::Comment(_) | Item::Blank => {}
        }
    }
    let end = example.trim_end().len();
    example.truncate(end);
    if !example.is_empty() {
        example.push('\n');
    }
    Ok(example)
}

fn is_harmless(comment: &str, values: &[&str]) -> bool {
    let words = || comment.split(char::is_whitespace);
    !comment.contains('=')
        && words().all(|word| word.chars().count() < COMMENT_WORD_CHARS_MAX)
        && !values.iter().any(|value| comment.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_the_names_and_harmless_comments_in_order() {
        let text = "\n# The weather service\n#KEY=canary\nWEATHER_KEY=canary-1 # canary\n\n\n\
                    # was: canary-1\nexport B=\"x\ny\"\n# https://user:canary@example.org/path\nB=z\n";
        assert_eq!(
            render_example(".env", text).unwrap(),
            "# The weather service\nWEATHER_KEY=\n\nB=\n"
        );
        assert_eq!(render_example(".env", "").unwrap(), "");
    }

    #[test]
    fn a_broken_file_makes_no_example() {
        assert_eq!(render_example(".env", "canary\n").unwrap_err().len(), 1);
    }
}
