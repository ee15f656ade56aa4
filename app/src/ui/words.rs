//! Putting values into sentences of the message files.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use domain::Fen;

/// The sentence `template` with every `{name}` replaced by its value. The result is plain text: whoever puts it on a page escapes it.
///
/// The placeholders have single braces, because `load_locales!` makes interpolated strings for views only. A test holds the
/// placeholders of both languages equal.
pub fn fill(template: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        debug_assert!(value.is_some(), "no value for {{{name}}} in {template:?}");
        if let Some((_, value)) = value {
            // Writing into a String cannot fail.
            let _ = write!(text, "{value}");
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// Text as it may stand in markup, between tags or within the quotes of an attribute.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// `¥1,234.50`: an amount where it stands alone.
pub fn yuan(amount: Fen) -> String {
    format!("¥{amount}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_names_stood() {
        let table =
            [("最多 {max}", "最多 ¥5,000.00"), ("{max}", "¥5,000.00"), ("{n} of {max}!", "2 of ¥5,000.00!"), ("nothing", "nothing")];
        for (template, expected) in table {
            assert_eq!(fill(template, &[("n", &2), ("max", &yuan(Fen::of(500_000)))]), expected);
        }
    }

    #[test]
    fn escaped_text_ends_neither_an_element_nor_an_attribute() {
        let table = [("青禾 & Co", "青禾 &amp; Co"), ("\"><script>", "&quot;&gt;&lt;script&gt;"), ("plain", "plain")];
        for (text, expected) in table {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(fill("{a}{b}", &[("a", &"{b}"), ("b", &"x")]), "{b}x");
    }
}
