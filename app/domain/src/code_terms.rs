//! The terms of a code as an administrator types them: what it is called, how much it collects and when it works.

use crate::code::{LARGEST_PAYMENT, Validity};
use crate::{AmountRule, Fen, Millis};

/// Most characters of the name of a code, a store or an organisation.
pub const LONGEST_TITLE: usize = 30;

/// The name of a code, a store or an organisation: what was typed without spaces around it. `None` when it is empty, too long, or
/// holds what is no text.
pub fn title(typed: &str) -> Option<String> {
    let name = typed.trim();
    let is_text = !name.chars().any(char::is_control);
    (is_text && (1..=LONGEST_TITLE).contains(&name.chars().count())).then(|| name.to_owned())
}

/// What is wrong with an amount rule that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountFault {
    /// The fixed amount is none, or more than may be collected.
    Amount,
    /// The least amount is none, or more than may be collected.
    Min,
    /// The largest amount is none, or more than may be collected.
    Max,
    /// The least amount is above the largest.
    Order,
}

/// What is wrong with a time that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidityFault {
    /// The beginning is no moment.
    From,
    /// The end is no moment.
    Until,
    /// It would end before it begins.
    Order,
}

fn amount(typed: &str) -> Option<Fen> {
    Fen::parse_yuan(typed).ok().filter(|amount| amount.is_positive() && *amount <= LARGEST_PAYMENT)
}

impl AmountRule {
    /// The rule that was typed: its word (`free`, `fixed`, `between`) and amounts in yuan, of which only those count that it uses.
    ///
    /// # Errors
    /// The [`AmountFault`] that was found first.
    pub fn typed(rule: &str, fixed: &str, min: &str, max: &str) -> Result<AmountRule, AmountFault> {
        match rule {
            "fixed" => Ok(AmountRule::Fixed { amount_fen: amount(fixed).ok_or(AmountFault::Amount)? }),
            "between" => {
                let min_fen = amount(min).ok_or(AmountFault::Min)?;
                let max_fen = amount(max).ok_or(AmountFault::Max)?;
                if min_fen > max_fen { Err(AmountFault::Order) } else { Ok(AmountRule::Between { min_fen, max_fen }) }
            }
            _ => Ok(AmountRule::Free),
        }
    }

    /// Its word, as it is typed and stored.
    pub const fn word(self) -> &'static str {
        match self {
            AmountRule::Free => "free",
            AmountRule::Fixed { .. } => "fixed",
            AmountRule::Between { .. } => "between",
        }
    }
}

impl Validity {
    /// The time that was typed, as `2026-11-22T14:30` in Shanghai; empty for always and for never.
    ///
    /// # Errors
    /// The [`ValidityFault`] that was found first.
    pub fn typed(from: &str, until: &str) -> Result<Validity, ValidityFault> {
        let from_ms = moment(from).map_err(|()| ValidityFault::From)?;
        let until_ms = moment(until).map_err(|()| ValidityFault::Until)?;
        let is_empty = matches!((from_ms, until_ms), (Some(from), Some(until)) if until <= from);
        if is_empty { Err(ValidityFault::Order) } else { Ok(Validity { from_ms, until_ms }) }
    }
}

/// A moment as [`Validity::typed`] reads it.
pub fn typed_moment(at: Millis) -> String {
    let (hour, minute, _) = at.clock();
    format!("{}T{hour:02}:{minute:02}", at.day())
}

fn moment(typed: &str) -> Result<Option<Millis>, ()> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    // Some browsers send seconds as well.
    let seconds = if typed.len() > 16 { "" } else { ":00" };
    Millis::parse_rfc3339(&format!("{typed}{seconds}+08:00")).map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_rule_is_what_was_typed_or_refused_where_it_is_wrong() {
        let fixed = |fen| Ok(AmountRule::Fixed { amount_fen: Fen::of(fen) });
        let between = |min, max| Ok(AmountRule::Between { min_fen: Fen::of(min), max_fen: Fen::of(max) });
        let table = [
            (("free", "x", "y", "z"), Ok(AmountRule::Free)),
            (("fixed", "12.50", "", ""), fixed(1250)),
            (("fixed", "50000", "", ""), fixed(5_000_000)),
            (("fixed", "50000.01", "", ""), Err(AmountFault::Amount)),
            (("fixed", "0", "", ""), Err(AmountFault::Amount)),
            (("fixed", "", "", ""), Err(AmountFault::Amount)),
            (("between", "", "1", "1"), between(100, 100)),
            (("between", "", "1", "20.5"), between(100, 2050)),
            (("between", "", "2", "1"), Err(AmountFault::Order)),
            (("between", "", "", "1"), Err(AmountFault::Min)),
            (("between", "", "1", "all"), Err(AmountFault::Max)),
        ];
        for ((rule, one, min, max), expected) in table {
            assert_eq!(AmountRule::typed(rule, one, min, max), expected, "{rule} {one} {min} {max}");
        }
    }

    #[test]
    fn a_time_is_typed_in_shanghai_and_read_back() {
        let at = |text: &str| Millis::parse_rfc3339(text);
        let table = [
            ("", "", Ok((None, None))),
            ("2026-11-22T08:00", "", Ok((at("2026-11-22T00:00:00Z"), None))),
            ("", "2026-11-22T08:00:30", Ok((None, at("2026-11-22T00:00:30Z")))),
            ("2026-11-22T08:00", "2026-11-22T08:01", Ok((at("2026-11-22T00:00:00Z"), at("2026-11-22T00:01:00Z")))),
            ("2026-11-22T08:00", "2026-11-22T08:00", Err(ValidityFault::Order)),
            ("tomorrow", "", Err(ValidityFault::From)),
            ("", "2026-02-30T08:00", Err(ValidityFault::Until)),
        ];
        for (from, until, expected) in table {
            let expected = expected.map(|(from_ms, until_ms)| Validity { from_ms, until_ms });
            assert_eq!(Validity::typed(from, until), expected, "{from} {until}");
        }
        let noon = at("2026-11-22T04:00:00Z").unwrap();
        assert_eq!(Validity::typed(&typed_moment(noon), "").unwrap().from_ms, Some(noon));
    }

    #[test]
    fn a_title_is_one_line_of_thirty_characters() {
        let thirty = "码".repeat(30);
        let table = [(" 东门 ", Some("东门")), (thirty.as_str(), Some(thirty.as_str())), ("", None), ("  ", None), ("东\n门", None)];
        for (typed, expected) in table {
            assert_eq!(title(typed).as_deref(), expected, "{typed:?}");
        }
        assert_eq!(title(&"码".repeat(31)), None);
    }
}
