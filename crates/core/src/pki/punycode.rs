//! Punycode, the ASCII form of a label of an internationalised domain name: RFC 3492.

const BASE: u32 = 36;
const DIGIT_MIN: u32 = 1;
const DIGIT_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const BIAS_FIRST: u32 = 72;
const CODE_POINT_FIRST: u32 = 128;

/// The label without its prefix `xn--`, or `None` when it is too long for the algorithm's 32 bits.
pub(super) fn encode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let length = u32::try_from(label.chars().count()).ok()?;
    let (mut handled, mut delta, mut bias) = (basic, 0_u32, BIAS_FIRST);
    let mut from = CODE_POINT_FIRST;
    while handled < length {
        let next = label.chars().map(u32::from).filter(|point| *point >= from).min()?;
        delta = delta.checked_add((next - from).checked_mul(handled.checked_add(1)?)?)?;
        for point in label.chars().map(u32::from) {
            if point < next {
                delta = delta.checked_add(1)?;
            } else if point == next {
                push_number(&mut output, delta, bias)?;
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        from = next.checked_add(1)?;
    }
    Some(output)
}

/// The label that `text`, without its prefix `xn--`, stands for; `None` when it stands for none.
pub(super) fn decode(text: &str) -> Option<String> {
    let (basic, digits) = text.rsplit_once('-').unwrap_or(("", text));
    if !text.is_ascii() {
        return None;
    }
    let mut points: Vec<char> = basic.chars().collect();
    let (mut point, mut index, mut bias) = (CODE_POINT_FIRST, 0_u32, BIAS_FIRST);
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let before = index;
        let mut weight = 1_u32;
        for step in 1_u32.. {
            let digit = value_of(digits.next()?)?;
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(step.checked_mul(BASE)?, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let length = u32::try_from(points.len()).ok()?.checked_add(1)?;
        bias = adapted(index - before, length, before == 0);
        point = point.checked_add(index / length)?;
        index %= length;
        points.insert(usize::try_from(index).ok()?, char::from_u32(point)?);
        index += 1;
    }
    Some(points.into_iter().collect())
}

fn push_number(output: &mut String, number: u32, bias: u32) -> Option<()> {
    let mut rest = number;
    for step in 1_u32.. {
        let threshold = threshold(step.checked_mul(BASE)?, bias);
        if rest < threshold {
            break;
        }
        let range = BASE - threshold;
        output.push(digit_of(threshold + (rest - threshold) % range)?);
        rest = (rest - threshold) / range;
    }
    output.push(digit_of(rest)?);
    Some(())
}

/// Section 6.1.
fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / length;
    let mut rounds = 0;
    while delta > (BASE - DIGIT_MIN) * DIGIT_MAX / 2 {
        delta /= BASE - DIGIT_MIN;
        rounds += BASE;
    }
    rounds + (BASE - DIGIT_MIN + 1) * delta / (delta + SKEW)
}

fn threshold(position: u32, bias: u32) -> u32 {
    position.saturating_sub(bias).clamp(DIGIT_MIN, DIGIT_MAX)
}

fn digit_of(value: u32) -> Option<char> {
    char::from_digit(if value < 26 { value + 10 } else { value - 26 }, 36)
}

fn value_of(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'A'..=b'Z' => Some(u32::from(digit - b'A')),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_samples_of_the_rfc_are_encoded_and_decoded() {
        // RFC 3492 section 7.1, (A), (B), (C), (I), (L), (N) and (R).
        for (label, text) in [
            (
                "\u{644}\u{64A}\u{647}\u{645}\u{627}\u{628}\u{62A}\u{643}\u{644}\u{645}\u{648}\u{634}\u{639}\u{631}\u{628}\u{64A}\u{61F}",
                "egbpdaj6bu4bxfgehfvwxn",
            ),
            (
                "\u{4ED6}\u{4EEC}\u{4E3A}\u{4EC0}\u{4E48}\u{4E0D}\u{8BF4}\u{4E2D}\u{6587}",
                "ihqwcrb4cv8a8dqg056pqjye",
            ),
            (
                "\u{4ED6}\u{5011}\u{7232}\u{4EC0}\u{9EBD}\u{4E0D}\u{8AAA}\u{4E2D}\u{6587}",
                "ihqwctvzc91f659drss3x8bo0yb",
            ),
            (
                "\u{43F}\u{43E}\u{447}\u{435}\u{43C}\u{443}\u{436}\u{435}\u{43E}\u{43D}\u{438}\u{43D}\u{435}\u{433}\u{43E}\u{432}\u{43E}\u{440}\u{44F}\u{442}\u{43F}\u{43E}\u{440}\u{443}\u{441}\u{441}\u{43A}\u{438}",
                "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
            ("3\u{5E74}B\u{7D44}\u{91D1}\u{516B}\u{5148}\u{751F}", "3B-ww4c5e180e575a65lsy2b"),
            (
                "Hello-Another-Way-\u{305D}\u{308C}\u{305E}\u{308C}\u{306E}\u{5834}\u{6240}",
                "Hello-Another-Way--fc4qua05auwb3674vfr0b",
            ),
            ("\u{305D}\u{306E}\u{30B9}\u{30D4}\u{30FC}\u{30C9}\u{3067}", "d9juau41awczczp"),
            ("b\u{fc}cher", "bcher-kva"),
        ] {
            assert_eq!(encode(label).as_deref(), Some(text));
            assert_eq!(decode(text).as_deref(), Some(label));
        }
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        for text in ["\u{fc}", "99999999", "a-\u{fc}", "bcher-kv", "bcher-k!a", "zzzzzzzzzzzz"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(label in "\\PC{1,60}") {
            let text = encode(&label).unwrap();
            prop_assert!(text.is_ascii());
            prop_assert_eq!(decode(&text), Some(label));
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in "[a-zA-Z0-9-]{0,80}|\\PC{0,40}") {
            let _ = decode(&text);
        }
    }
}
