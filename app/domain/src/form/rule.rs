//! What a line of text must look like: format, not truth (row E22). Each reader answers the text in its one kept form, or
//! `None`. Full-width letters and digits mean the ordinary ones, because Chinese keyboards type them.

use crate::Day;
use crate::account::Phone;

/// `１２３` and `123`: digits only.
pub(super) fn digits(typed: &str) -> Option<String> {
    let text = half_width(typed);
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// A mainland mobile number, eleven digits.
pub(super) fn phone(typed: &str) -> Option<String> {
    Phone::parse(typed).map(|phone| phone.as_str().to_owned())
}

/// An e-mail address as most mail servers take it: one `@`, a dotted name of ASCII letters, digits and hyphens after it.
pub(super) fn email(typed: &str) -> Option<String> {
    let text = half_width(typed);
    let (local, host) = text.split_once('@')?;
    let dotted = |part: &str| !part.split('.').any(str::is_empty);
    let local_fits = (1..=64).contains(&local.len()) && dotted(local) && local.bytes().all(is_local_byte);
    let label_fits = |label: &str| {
        let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inside && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    let top = host.rsplit('.').next()?;
    let host_fits = host.contains('.') && dotted(host) && host.split('.').all(label_fits);
    let top_fits = top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit());
    (local_fits && host_fits && top_fits && text.len() <= 254).then_some(text)
}

fn is_local_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b)
}

/// An identity number: region, a day that exists, sequence, check digit by GB 11643 (ISO 7064 MOD 11-2).
pub(super) fn id_number(typed: &str) -> Option<String> {
    let text = compact(typed);
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 18 && bytes[..17].iter().all(u8::is_ascii_digit) && matches!(bytes[17], b'0'..=b'9' | b'X');
    if !shaped || bytes[0] == b'0' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0_u32, |sum, b| sum * 10 + u32::from(b - b'0'));
    Day::from_ymd(number(6..10) as i32, number(10..12), number(12..14))?;
    // Position i, counted from 0 on the left, weighs 2^(17 - i) mod 11; a right number sums up to 1.
    let sum = bytes.iter().fold(0_u32, |sum, b| sum * 2 + if *b == b'X' { 10 } else { u32::from(b - b'0') });
    (sum % 11 == 1).then_some(text)
}

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// Marks at the end of a plate: learner, police, trailer, Hong Kong, Macau, consulate, trial, oversized.
const END_MARKS: &str = "学警挂港澳领试超";

/// A number plate: ordinary ones, new-energy ones with one place more, embassies (使) and armed police (WJ). Dots, hyphens and
/// spaces between the parts are left out.
pub(super) fn plate(typed: &str) -> Option<String> {
    let text: String = compact(typed).chars().filter(|c| !matches!(c, '·' | '•' | '.' | '・')).collect();
    let chars: Vec<char> = text.chars().collect();
    let digits = |chars: &[char]| chars.iter().all(char::is_ascii_digit);
    let known = match chars.as_slice() {
        ['使', rest @ ..] => rest.len() == 6 && digits(rest),
        ['W', 'J', province, rest @ .., last] if PROVINCES.contains(*province) => rest.len() == 4 && digits(rest) && is_serial(*last),
        ['W', 'J', rest @ .., last] => rest.len() == 4 && digits(rest) && is_serial(*last),
        [province, city, rest @ ..] if PROVINCES.contains(*province) && city.is_ascii_uppercase() => match rest.len() {
            5 => rest[..4].iter().all(|c| is_serial(*c)) && (is_serial(rest[4]) || END_MARKS.contains(rest[4])),
            6 => is_new_energy(rest),
            _ => false,
        },
        _ => false,
    };
    known.then_some(text)
}

/// GA 36: a small car has its letter first (then a letter or digit and four digits), a large one last.
fn is_new_energy(rest: &[char]) -> bool {
    let energy = |c: char| matches!(c, 'A'..='H' | 'J' | 'K');
    let digits = |chars: &[char]| chars.iter().all(char::is_ascii_digit);
    let small = energy(rest[0]) && is_serial(rest[1]) && digits(&rest[2..]);
    let large = digits(&rest[..5]) && energy(rest[5]);
    small || large
}

/// Plates leave I and O out, because they look like 1 and 0.
fn is_serial(c: char) -> bool {
    c.is_ascii_digit() || (c.is_ascii_uppercase() && c != 'I' && c != 'O')
}

/// A taxpayer's number: 15, 18 or 20 capital letters and digits.
pub(super) fn tax_no(typed: &str) -> Option<String> {
    let text = compact(typed);
    let shaped = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (shaped && matches!(text.len(), 15 | 18 | 20)).then_some(text)
}

/// Degrees with a decimal point, as millionths of a degree; further decimals (10 cm and less) are cut off.
pub(super) fn degrees_e6(typed: &str, most: i32) -> Option<i32> {
    let text = half_width(typed.trim());
    let (sign, text) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || whole.len() > 3 || !digits(part) {
        return None;
    }
    let padded = format!("{part:0<6}");
    let degrees_e6 = whole.parse::<i32>().ok()? * 1_000_000 + padded[..6].parse::<i32>().ok()?;
    (degrees_e6 <= most * 1_000_000).then_some(sign * degrees_e6)
}

/// Full-width ASCII as ordinary ASCII; everything else as it is.
pub(super) fn half_width(text: &str) -> String {
    text.chars().map(half_width_char).collect()
}

/// As [`half_width`], for one character.
pub(crate) fn half_width_char(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Half-width capitals without the spaces and hyphens that people put between groups.
fn compact(typed: &str) -> String {
    half_width(typed).chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_table(reads: fn(&str) -> Option<String>, table: &[(&str, Option<&str>)]) {
        for (typed, expected) in table {
            assert_eq!(reads(typed).as_deref(), *expected, "{typed:?}");
        }
    }

    #[test]
    fn digits_are_digits_in_either_width() {
        assert_table(digits, &[("0123", Some("0123")), ("０１２", Some("012")), ("12a", None), ("٣", None), ("-1", None), ("", None)]);
    }

    #[test]
    fn an_address_has_one_at_and_a_dotted_host() {
        let table = [
            ("li.ming@example.com", Some("li.ming@example.com")),
            ("a+b@x-y.co", Some("a+b@x-y.co")),
            ("a＠example．com", Some("a@example.com")),
            ("123456@qq.com", Some("123456@qq.com")),
            ("a@localhost", None),
            ("a@@example.com", None),
            ("a@b@example.com", None),
            ("@example.com", None),
            (".a@example.com", None),
            ("a..b@example.com", None),
            ("a@example..com", None),
            ("a@-example.com", None),
            ("a@example-.com", None),
            ("a@example.c", None),
            ("a@127.0.0.1", None),
            ("a b@example.com", None),
            ("张@example.com", None),
            ("a@例子.com", None),
        ];
        assert_table(email, &table);
        assert_eq!(email(&format!("{}@example.com", "a".repeat(65))), None);
    }

    #[test]
    fn an_identity_number_has_a_day_and_a_check_digit() {
        let table = [
            ("11010519491231002X", Some("11010519491231002X")),
            ("11010519491231002x", Some("11010519491231002X")),
            ("110105 19491231 002x", Some("11010519491231002X")),
            ("１１０１０５１９４９１２３１００２Ｘ", Some("11010519491231002X")),
            ("440524188001010014", Some("440524188001010014")),
            ("110105194912310021", None),
            ("11010519491231003X", None),
            ("11010519490231002X", None),
            ("1101051949123100X2", None),
            ("110105491231002", None),
            ("", None),
        ];
        assert_table(id_number, &table);
    }

    #[test]
    fn every_single_wrong_digit_of_an_identity_number_is_seen() {
        let right = "11010519491231002X";
        for at in 0..17 {
            for digit in '0'..='9' {
                let wrong: String = right.chars().enumerate().map(|(i, c)| if i == at { digit } else { c }).collect();
                assert_eq!(id_number(&wrong).is_some(), wrong == right, "{wrong}");
            }
        }
    }

    #[test]
    fn plates_are_known_by_their_parts() {
        let table = [
            ("京A12345", Some("京A12345")),
            ("京A·12345", Some("京A12345")),
            ("沪a-b12c3", Some("沪AB12C3")),
            ("粤Ｂ１２３４５", Some("粤B12345")),
            ("粤Z1234港", Some("粤Z1234港")),
            ("川A1234学", Some("川A1234学")),
            ("京AD12345", Some("京AD12345")),
            ("京ADA1234", Some("京ADA1234")),
            ("京A12345F", Some("京A12345F")),
            ("使123456", Some("使123456")),
            ("WJ京12345", Some("WJ京12345")),
            ("WJ1234X", Some("WJ1234X")),
            ("京A1234", None),
            ("京A123456", None),
            ("京A1234O", None),
            ("京AI2345", None),
            ("京112345", None),
            ("京AZ12345", None),
            ("京A学1234", None),
            ("日A12345", None),
            ("A12345", None),
            ("", None),
        ];
        assert_table(plate, &table);
    }

    #[test]
    fn a_tax_number_has_one_of_three_lengths() {
        let table = [
            ("91310000MA1FL0AB2X", Some("91310000MA1FL0AB2X")),
            ("91310000 ma1fl0ab2x", Some("91310000MA1FL0AB2X")),
            ("123456789012345", Some("123456789012345")),
            ("12345678901234567890", Some("12345678901234567890")),
            ("1234567890123456", None),
            ("91310000MA1FL0AB2？", None),
            ("", None),
        ];
        assert_table(tax_no, &table);
    }

    #[test]
    fn degrees_stay_on_the_globe() {
        let table = [
            ("31.2304", 90, Some(31_230_400)),
            ("-0.0000019", 90, Some(-1)),
            ("90", 90, Some(90_000_000)),
            ("90.000001", 90, None),
            ("-180.0", 180, Some(-180_000_000)),
            ("1e2", 180, None),
            ("NaN", 180, None),
            ("", 180, None),
            (".5", 180, None),
            ("999999999999", 180, None),
        ];
        for (typed, most, expected) in table {
            assert_eq!(degrees_e6(typed, most), expected, "{typed:?}");
        }
    }
}
