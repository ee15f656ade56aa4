//! Finding receipts by what is written on them: names, classes, amounts, tails of numbers (rows E17, I12).
//!
//! A text is cut into tokens when it is stored, a query into tokens when it is asked. Every token of the query is a token of
//! each text that contains the query, so looking up the query's rarest token finds all candidates, and [`matches()`] tells which
//! of them really contain it. Nothing is lost and nothing is guessed: the result is that of a substring search.
//!
//! Tokens are pairs of neighbouring characters, in Chinese and in numbers and Latin words alike, so that `8.50` is found in
//! `128.50` and `三丰` in `张三丰`. A single Chinese character is a token of its own as well, because one character is a whole
//! surname; that costs at most as many tokens again. A query of one other character (`5`, `a`) has no token: it would find
//! nearly everything, and the asker should be asked for more.

use std::collections::BTreeSet;

/// The text as it is compared: full-width letters, digits and marks as ordinary ones, lower-case, and white space, punctuation,
/// symbols of ASCII and control characters left out, except a point between two digits (`128.50` is not `12850`).
pub fn normalised(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(crate::form::half_width_char).flat_map(char::to_lowercase).collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let is_point = |at: usize| chars[at] == '.' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    let kept = chars.iter().enumerate().filter(|(at, c)| !is_left_out(**c) || is_point(*at));
    kept.map(|(_, c)| *c).collect()
}

/// The tokens under which a text is stored: each pair of neighbours, and each single Chinese character.
pub fn tokens(text: &str) -> BTreeSet<String> {
    let chars: Vec<char> = normalised(text).chars().collect();
    let pairs = chars.windows(2).map(|pair| pair.iter().collect());
    pairs.chain(chars.iter().filter(|c| is_chinese(**c)).map(char::to_string)).collect()
}

/// The tokens of which each is found under every text that contains the query; look up the rarest one. Empty when the query is
/// empty or a single character that is not Chinese: then nothing can be looked up.
pub fn query_tokens(query: &str) -> Vec<String> {
    let chars: Vec<char> = normalised(query).chars().collect();
    match chars.as_slice() {
        [one] if is_chinese(*one) => vec![one.to_string()],
        _ => {
            let pairs: BTreeSet<String> = chars.windows(2).map(|pair| pair.iter().collect()).collect();
            pairs.into_iter().collect()
        }
    }
}

/// Whether the text contains the query, both normalised. Only what a person can see as one piece of text should be handed in
/// as one text: the parts of a joined text would run into each other, as white space does not count.
pub fn matches(text: &str, query: &str) -> bool {
    normalised(text).contains(&normalised(query))
}

fn is_left_out(c: char) -> bool {
    let chinese_marks = matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}' | '·' | '•' | '・' | '…' | '—' | '–' | '\u{2018}'..='\u{201F}' | '￥' | '¥');
    let unseen = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    c.is_whitespace() || c.is_control() || c.is_ascii_punctuation() || chinese_marks || unseen
}

/// Ideographs, with the rare ones that names need.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_compared_without_width_case_and_marks() {
        let table = [
            ("张 三（一班）", "张三一班"),
            ("ＡＢＣ-１２３", "abc123"),
            ("¥1,234.50", "1234.50"),
            ("v1.2. 3.", "v1.23"),
            (".5", "5"),
            ("京A·12345", "京a12345"),
            ("a\u{200B}b", "ab"),
            ("〇", "〇"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(normalised(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_has_its_pairs_and_its_chinese_characters() {
        assert_eq!(Vec::from_iter(tokens("张三 A1")), ["a1", "三", "三a", "张", "张三"]);
        assert!(tokens("5").is_empty());
    }

    #[test]
    fn a_query_is_looked_up_or_asked_to_be_longer() {
        let table: [(&str, &[&str]); 7] =
            [("张", &["张"]), ("张三", &["张三"]), ("张三丰", &["三丰", "张三"]), ("aaaa", &["aa"]), ("5", &[]), (" - ", &[]), ("", &[])];
        for (query, expected) in table {
            assert_eq!(query_tokens(query), expected, "{query:?}");
        }
    }

    #[test]
    fn what_is_written_on_a_receipt_is_found_by_any_part_of_it() {
        let table = [
            ("张三丰", "三丰", true),
            ("128.50", "128.50", true),
            ("128.50", "8.5", true),
            ("¥1,234.50", "1234.5", true),
            ("128.50", "12850", false),
            ("0198f0a1b2c3", "A1B2", true),
            ("一班 张三", "班张", true),
            ("张三", "李四", false),
        ];
        for (text, query, expected) in table {
            assert_eq!(matches(text, query), expected, "{text:?} {query:?}");
            let looked_up = query_tokens(query).iter().all(|token| tokens(text).contains(token));
            assert!(looked_up || !expected, "{query:?} is not looked up in {text:?}");
        }
    }

    proptest! {
        /// Looking up any one token of the query and verifying finds exactly what a substring search finds.
        #[test]
        fn the_lookup_finds_what_a_substring_search_finds(
            texts in prop::collection::vec("[张三李四〇12５.aA ，-]{0,8}|\\PC{0,8}", 1..20),
            query in "[张三李四〇12５.aA ，-]{1,5}|\\PC{1,4}",
            rarest in any::<prop::sample::Index>(),
        ) {
            let looked_up = query_tokens(&query);
            prop_assume!(!looked_up.is_empty());
            let token = rarest.get(&looked_up);
            let found: Vec<_> = texts.iter().filter(|text| tokens(text).contains(token) && matches(text, &query)).collect();
            let contained: Vec<_> = texts.iter().filter(|text| normalised(text).contains(&normalised(&query))).collect();
            prop_assert_eq!(found, contained);
        }

        /// Every query of two or more characters can be looked up.
        #[test]
        fn two_characters_are_enough(query in "\\PC{0,6}") {
            let length = normalised(&query).chars().count();
            prop_assert_eq!(query_tokens(&query).is_empty(), length == 0 || (length == 1 && !is_chinese(normalised(&query).chars().next().unwrap())));
        }

        /// Whatever is cut out of a text is found in it, also when the cut runs through an amount.
        #[test]
        fn every_piece_of_a_text_finds_it(text in "[张三0-9., aB]{2,12}", from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
            let kept: Vec<char> = normalised(&text).chars().collect();
            prop_assume!(kept.len() >= 2);
            let (a, b) = (from.index(kept.len()), to.index(kept.len()));
            let piece: String = kept[a.min(b)..=a.max(b)].iter().collect();
            // A piece that begins or ends with a point is typed without it.
            prop_assert!(matches(&text, &piece), "{:?} in {:?}", piece, text);
        }
    }
}
