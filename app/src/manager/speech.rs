//! What is said aloud when money comes, as a list of sound clips, and what waits to be said.
//!
//! A clip is a short name such as `zh/7` or `en/hundred`; the browser fetches `/voice/<name>.mp3`. Amounts are read the way a
//! cashier reads them, so that 1,005 and 1,050 cannot be confused by ear.

use std::collections::VecDeque;

use domain::Fen;

use crate::Locale;

/// The clips of one language, in the order in which a browser should fetch them.
pub fn clips(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::zh => &[
            "on", "arrived", "yuan", "point", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "ten", "hundred", "thousand", "wan", "yi",
            "payments", "total",
        ],
        Locale::en => &[
            "on", "arrived", "yuan", "point", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
            "17", "18", "19", "20", "30", "40", "50", "60", "70", "80", "90", "hundred", "thousand", "million", "and", "payments", "total",
        ],
    }
}

/// One thing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence {
    /// The voice is on: the answer to the tap that allowed it.
    VoiceIsOn,
    /// One payment came.
    Arrived {
        /// How much.
        amount_fen: Fen,
    },
    /// Several payments came while something else was said, or while nobody listened.
    ArrivedSeveral {
        /// How many.
        count: u64,
        /// Their sum.
        sum_fen: Fen,
    },
}

impl Sentence {
    /// The clips to play one after the other.
    pub fn clips(self, locale: Locale) -> Vec<&'static str> {
        match self {
            Sentence::VoiceIsOn => vec!["on"],
            Sentence::Arrived { amount_fen } => [vec!["arrived"], amount(locale, amount_fen)].concat(),
            Sentence::ArrivedSeveral { count, sum_fen } => {
                [vec!["arrived"], whole(locale, count), vec!["payments", "total"], amount(locale, sum_fen)].concat()
            }
        }
    }
}

/// The clips of an amount in yuan: `128.50` is 一百二十八点五元, "one hundred and twenty eight point five yuan".
pub fn amount(locale: Locale, amount: Fen) -> Vec<&'static str> {
    let fen = amount.get().unsigned_abs();
    let mut said = whole(locale, fen / 100);
    said.extend(decimals(fen % 100));
    said.push("yuan");
    said
}

fn whole(locale: Locale, number: u64) -> Vec<&'static str> {
    match locale {
        Locale::zh => chinese(number),
        Locale::en => english(number),
    }
}

/// `.50` is said "point five" and `.05` "point zero five"; nothing is said of `.00`.
fn decimals(fen: u64) -> Vec<&'static str> {
    match (fen / 10, fen % 10) {
        (0, 0) => vec![],
        (tens, 0) => vec!["point", digit(tens)],
        (tens, ones) => vec!["point", digit(tens), digit(ones)],
    }
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn digit(number: u64) -> &'static str {
    DIGITS[(number % 10) as usize]
}

/// Chinese groups by four digits: 千百十, then 万, then 亿.
fn chinese(number: u64) -> Vec<&'static str> {
    if number == 0 {
        return vec!["0"];
    }
    let groups = [(number / 100_000_000, Some("yi")), (number / 10_000 % 10_000, Some("wan")), (number % 10_000, None)];
    let mut said = Vec::new();
    let mut skipped = false;
    for (group, name) in groups {
        if group == 0 {
            skipped = !said.is_empty();
            continue;
        }
        // 一万零五 and 一亿零一万: a zero stands for whatever is missing between what is said.
        if !said.is_empty() && (skipped || group < 1000) {
            said.push("0");
        }
        // 十二 at the beginning, but 一百一十二 and 一万零一十二 further on.
        let begins = said.is_empty();
        said.extend(chinese_group(group, begins));
        said.extend(name);
        skipped = false;
    }
    said
}

/// One to four digits, without zeros in front.
fn chinese_group(group: u64, begins: bool) -> Vec<&'static str> {
    if group >= 10_000 {
        // Above 万亿 no payment exists; what is said is still right.
        return chinese(group);
    }
    let places =
        [(group / 1000, Some("thousand")), (group / 100 % 10, Some("hundred")), (group / 10 % 10, Some("ten")), (group % 10, None)];
    let mut said = Vec::new();
    let mut skipped = false;
    for (number, name) in places {
        if number == 0 {
            skipped = !said.is_empty();
            continue;
        }
        if skipped {
            said.push("0");
        }
        let bare_ten = begins && said.is_empty() && number == 1 && name == Some("ten");
        if !bare_ten {
            said.push(digit(number));
        }
        said.extend(name);
        skipped = false;
    }
    said
}

/// English groups by three digits.
fn english(number: u64) -> Vec<&'static str> {
    if number == 0 {
        return vec!["0"];
    }
    let mut said = Vec::new();
    if number >= 1_000_000 {
        said.extend(english(number / 1_000_000));
        said.push("million");
    }
    let thousands = number / 1000 % 1000;
    if thousands != 0 {
        said.extend(english_group(thousands));
        said.push("thousand");
    }
    let rest = number % 1000;
    if rest > 0 {
        if rest < 100 && !said.is_empty() {
            said.push("and");
        }
        said.extend(english_group(rest));
    }
    said
}

fn english_group(group: u64) -> Vec<&'static str> {
    const TEENS: [&str; 10] = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];
    const TENS: [&str; 10] = ["", "", "20", "30", "40", "50", "60", "70", "80", "90"];
    let mut said = Vec::new();
    if group >= 100 {
        said.extend([digit(group / 100), "hundred"]);
        if !group.is_multiple_of(100) {
            said.push("and");
        }
    }
    match group % 100 {
        0 => {}
        ones @ 1..=9 => said.push(digit(ones)),
        teen @ 10..=19 => said.push(TEENS[(teen - 10) as usize]),
        more => {
            said.push(TENS[(more / 10) as usize]);
            if more % 10 > 0 {
                said.push(digit(more % 10));
            }
        }
    }
    said
}

/// Most sentences that wait to be said; more than that are said as one, so that the voice never lags behind the money.
const MOST_WAITING: usize = 3;

/// What waits to be said, oldest first.
#[derive(Debug, Clone, Default)]
pub struct ToSay {
    waiting: VecDeque<Sentence>,
}

impl ToSay {
    /// Adds a sentence. When too many wait, those that speak of money become one with their number and sum.
    pub fn push(&mut self, sentence: Sentence) {
        self.waiting.push_back(sentence);
        if self.waiting.len() > MOST_WAITING {
            self.merge();
        }
    }

    /// The next sentence.
    pub fn pop(&mut self) -> Option<Sentence> {
        self.waiting.pop_front()
    }

    /// Says nothing of what waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    fn merge(&mut self) {
        let (mut count, mut sum_fen) = (0, Fen::ZERO);
        for sentence in self.waiting.drain(..) {
            let (more, fen) = match sentence {
                Sentence::VoiceIsOn => (0, Fen::ZERO),
                Sentence::Arrived { amount_fen } => (1, amount_fen),
                Sentence::ArrivedSeveral { count, sum_fen } => (count, sum_fen),
            };
            count += more;
            // A sum that fits no integer is not said wrongly: the last one that fits stays.
            sum_fen = sum_fen.plus(fen).unwrap_or(sum_fen);
        }
        self.waiting.push_back(Sentence::ArrivedSeveral { count, sum_fen });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_zh(clips: &[&str]) -> String {
        let words = [
            ("arrived", "收款到账"),
            ("yuan", "元"),
            ("point", "点"),
            ("ten", "十"),
            ("hundred", "百"),
            ("thousand", "千"),
            ("wan", "万"),
            ("yi", "亿"),
            ("payments", "笔"),
            ("total", "共"),
        ];
        let digits = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let word = |clip: &&str| match clip.parse::<usize>() {
            Ok(number) => digits[number],
            Err(_) => words.iter().find(|(name, _)| name == clip).unwrap().1,
        };
        clips.iter().map(word).collect()
    }

    #[test]
    fn chinese_amounts_are_read_as_a_cashier_reads_them() {
        let table = [
            ("0.01", "零点零一元"),
            ("0.05", "零点零五元"),
            ("0.50", "零点五元"),
            ("1.00", "一元"),
            ("2.00", "二元"),
            ("10.00", "十元"),
            ("12.50", "十二点五元"),
            ("20.00", "二十元"),
            ("100.00", "一百元"),
            ("101.00", "一百零一元"),
            ("110.00", "一百一十元"),
            ("112.34", "一百一十二点三四元"),
            ("128.50", "一百二十八点五元"),
            ("128.05", "一百二十八点零五元"),
            ("1000.00", "一千元"),
            ("1005.00", "一千零五元"),
            ("1010.00", "一千零一十元"),
            ("1050.00", "一千零五十元"),
            ("1500.00", "一千五百元"),
            ("2400.00", "二千四百元"),
            ("10000.00", "一万元"),
            ("10005.00", "一万零五元"),
            ("10010.00", "一万零一十元"),
            ("10100.00", "一万零一百元"),
            ("12000.00", "一万二千元"),
            ("50000.00", "五万元"),
            ("100000.00", "十万元"),
            ("110000.00", "十一万元"),
            ("1000000.00", "一百万元"),
            ("1020304.05", "一百零二万零三百零四点零五元"),
            ("20005000.00", "二千万五千元"),
            ("100010000.00", "一亿零一万元"),
            ("100000001.00", "一亿零一元"),
        ];
        for (yuan, expected) in table {
            assert_eq!(read_zh(&amount(Locale::zh, Fen::parse_yuan(yuan).unwrap())), expected, "{yuan}");
        }
    }

    #[test]
    fn english_amounts_are_read_as_a_cashier_reads_them() {
        let table = [
            ("0.01", "0 point 0 1 yuan"),
            ("0.50", "0 point 5 yuan"),
            ("1.00", "1 yuan"),
            ("12.50", "12 point 5 yuan"),
            ("20.00", "20 yuan"),
            ("21.00", "20 1 yuan"),
            ("100.00", "1 hundred yuan"),
            ("101.00", "1 hundred and 1 yuan"),
            ("128.50", "1 hundred and 20 8 point 5 yuan"),
            ("1000.00", "1 thousand yuan"),
            ("1005.00", "1 thousand and 5 yuan"),
            ("1500.00", "1 thousand 5 hundred yuan"),
            ("10010.00", "10 thousand and 10 yuan"),
            ("50000.00", "50 thousand yuan"),
            ("1020304.05", "1 million 20 thousand 3 hundred and 4 point 0 5 yuan"),
        ];
        for (yuan, expected) in table {
            assert_eq!(amount(Locale::en, Fen::parse_yuan(yuan).unwrap()).join(" "), expected, "{yuan}");
        }
    }

    #[test]
    fn every_clip_that_can_be_said_exists() {
        for locale in [Locale::zh, Locale::en] {
            for number in (0..20_000).chain([99_999, 123_456, 7_654_321, 100_010_000]) {
                let several = Sentence::ArrivedSeveral { count: number, sum_fen: Fen::of(number as i64 * 101) };
                for clip in several.clips(locale) {
                    assert!(clips(locale).contains(&clip), "{locale:?} {clip}");
                }
            }
            assert!(clips(locale).contains(&Sentence::VoiceIsOn.clips(locale)[0]));
        }
    }

    #[test]
    fn several_payments_are_said_with_their_number_and_sum() {
        let sentence = Sentence::ArrivedSeveral { count: 12, sum_fen: Fen::of(328_600) };
        assert_eq!(read_zh(&sentence.clips(Locale::zh)), "收款到账十二笔共三千二百八十六元");
    }

    #[test]
    fn a_rush_is_said_as_one_sentence_and_no_payment_is_lost() {
        let mut to_say = ToSay::default();
        for fen in 1..=10 {
            to_say.push(Sentence::Arrived { amount_fen: Fen::of(fen) });
        }
        let (mut count, mut sum) = (0, 0);
        let mut sentences = 0;
        while let Some(sentence) = to_say.pop() {
            sentences += 1;
            match sentence {
                Sentence::Arrived { amount_fen } => (count, sum) = (count + 1, sum + amount_fen.get()),
                Sentence::ArrivedSeveral { count: more, sum_fen } => (count, sum) = (count + more, sum + sum_fen.get()),
                Sentence::VoiceIsOn => {}
            }
        }
        assert!(sentences <= MOST_WAITING);
        assert_eq!((count, sum), (10, 55));
    }
}
