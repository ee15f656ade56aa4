//! An amount in the capital numerals that Chinese receipts carry beside the digits, because they cannot be altered with a stroke.

use crate::Fen;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["仟", "佰", "拾", ""];
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

/// The amount in words, e.g. `壹佰零柒元伍角叁分`; amounts below zero have none and read as zero.
pub fn capitals(amount: Fen) -> String {
    let fen = amount.get().max(0).unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut words = String::new();
    if yuan > 0 {
        words += &whole(yuan);
        words.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => words += "零元整",
        (0, 0) => words.push('整'),
        (jiao, 0) => words += &format!("{}角整", digit(jiao)),
        (0, fen) if yuan > 0 => words += &format!("零{}分", digit(fen)),
        (0, fen) => words += &format!("{}分", digit(fen)),
        (jiao, fen) => words += &format!("{}角{}分", digit(jiao), digit(fen)),
    }
    words
}

/// A whole number above zero. Zeros between other digits are read once, zeros at the end of a group of four not at all.
fn whole(number: u64) -> String {
    let groups: Vec<u64> = std::iter::successors(Some(number), |rest| Some(rest / 10_000)).take_while(|rest| *rest > 0).collect();
    let mut words = String::new();
    let mut is_zero_due = false;
    for (place, rest) in groups.iter().enumerate().rev() {
        let group = rest % 10_000;
        if group == 0 {
            is_zero_due = true;
            continue;
        }
        if !words.is_empty() && (is_zero_due || group < 1_000) {
            words.push('零');
        }
        words += &four(group);
        words += GROUPS.get(place).copied().unwrap_or_default();
        is_zero_due = false;
    }
    words
}

fn four(group: u64) -> String {
    let mut words = String::new();
    let mut is_zero_due = false;
    for (index, place) in PLACES.iter().enumerate() {
        let value = group / 10_u64.pow(3 - u32::try_from(index).unwrap_or(3)) % 10;
        if value == 0 {
            is_zero_due = !words.is_empty();
            continue;
        }
        if is_zero_due {
            words.push('零');
            is_zero_due = false;
        }
        words.push(digit(value));
        words += place;
    }
    words
}

fn digit(value: u64) -> char {
    usize::try_from(value).ok().and_then(|value| DIGITS.get(value)).copied().unwrap_or('零')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_a_cashier_writes_them() {
        let table = [
            (0, "零元整"),
            (1, "壹分"),
            (50, "伍角整"),
            (53, "伍角叁分"),
            (100, "壹元整"),
            (105, "壹元零伍分"),
            (1_000, "壹拾元整"),
            (1_250, "壹拾贰元伍角整"),
            (10_753, "壹佰零柒元伍角叁分"),
            (100_100, "壹仟零壹元整"),
            (101_000, "壹仟零壹拾元整"),
            (110_000, "壹仟壹佰元整"),
            (1_000_000, "壹万元整"),
            (1_000_100, "壹万零壹元整"),
            (1_010_000, "壹万零壹佰元整"),
            (1_100_000, "壹万壹仟元整"),
            (10_001_000, "壹拾万零壹拾元整"),
            (5_000_000, "伍万元整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (10_001_000_000, "壹亿零壹万元整"),
            (12_345_678_901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
            (-1, "零元整"),
        ];
        for (fen, expected) in table {
            assert_eq!(capitals(Fen::of(fen)), expected, "{fen}");
        }
    }
}
