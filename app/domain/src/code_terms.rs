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
    /// A fixed amount was typed, and another rule was chosen.
    UnusedFixed,
    /// A least amount was typed, and another rule than a range was chosen.
    UnusedMin,
    /// A largest amount was typed, and another rule than a range was chosen.
    UnusedMax,
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
    /// Its end has passed.
    Past,
}

fn amount(typed: &str) -> Option<Fen> {
    Fen::parse_yuan(typed).ok().filter(|amount| amount.is_positive() && *amount <= LARGEST_PAYMENT)
}

/// An amount that was typed though the rule does not use it. What the code says `before` was not typed: it stood there.
fn unused(rule: &str, [fixed, min, max]: [&str; 3], before: Option<AmountRule>) -> Option<AmountFault> {
    let (fixed_before, min_before, max_before) = match before {
        Some(AmountRule::Fixed { amount_fen }) => (Some(amount_fen), None, None),
        Some(AmountRule::Between { min_fen, max_fen }) => (None, Some(min_fen), Some(max_fen)),
        Some(AmountRule::Free) | None => (None, None, None),
    };
    let is_typed = |text: &str, before: Option<Fen>| !text.trim().is_empty() && (before.is_none() || amount(text) != before);
    match () {
        _ if rule != "fixed" && is_typed(fixed, fixed_before) => Some(AmountFault::UnusedFixed),
        _ if rule != "between" && is_typed(min, min_before) => Some(AmountFault::UnusedMin),
        _ if rule != "between" && is_typed(max, max_before) => Some(AmountFault::UnusedMax),
        _ => None,
    }
}

impl AmountRule {
    /// The rule that was typed: its word (`free`, `fixed`, `between`) and amounts in yuan. An amount that it does not use is refused:
    /// whoever typed it believes that it counts. Only what the code says `before` may stay, so that its rule can be changed in one step.
    ///
    /// # Errors
    /// The [`AmountFault`] that was found first.
    pub fn typed(rule: &str, fixed: &str, min: &str, max: &str, before: Option<AmountRule>) -> Result<AmountRule, AmountFault> {
        if let Some(fault) = unused(rule, [fixed, min, max], before) {
            return Err(fault);
        }
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

    /// This time, where it may be set `now`: a code that is over from the beginning collects nothing. One that was over `before` may keep
    /// its end while something else of it is changed.
    ///
    /// # Errors
    /// [`ValidityFault::Past`].
    pub fn settable(self, now: Millis, before: Option<Validity>) -> Result<Validity, ValidityFault> {
        // It is shown and typed in minutes, and what is kept may be finer.
        let kept = before.and_then(|before| before.until_ms).map(typed_moment);
        let is_over = self.until_ms.is_some_and(|until| until <= now && Some(typed_moment(until)) != kept);
        if is_over { Err(ValidityFault::Past) } else { Ok(self) }
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
            (("free", "", " ", ""), Ok(AmountRule::Free)),
            (("free", "x", "y", "z"), Err(AmountFault::UnusedFixed)),
            (("free", "30", "", ""), Err(AmountFault::UnusedFixed)),
            (("", "30", "", ""), Err(AmountFault::UnusedFixed)),
            (("free", "", "1", "2"), Err(AmountFault::UnusedMin)),
            (("free", "", "", "2"), Err(AmountFault::UnusedMax)),
            (("fixed", "", "1", "2"), Err(AmountFault::UnusedMin)),
            (("fixed", "30", "", "2"), Err(AmountFault::UnusedMax)),
            (("between", "30", "1", "2"), Err(AmountFault::UnusedFixed)),
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
            assert_eq!(AmountRule::typed(rule, one, min, max, None), expected, "{rule} {one} {min} {max}");
        }
    }

    #[test]
    fn an_amount_that_the_code_has_now_is_no_contradiction_when_another_rule_is_chosen() {
        let [fixed, range] =
            [AmountRule::Fixed { amount_fen: Fen::of(3000) }, AmountRule::Between { min_fen: Fen::of(100), max_fen: Fen::of(2000) }];
        let table = [
            (fixed, ("free", "30.00", "", ""), Ok(AmountRule::Free)),
            (fixed, ("free", "31", "", ""), Err(AmountFault::UnusedFixed)),
            (fixed, ("free", "thirty", "", ""), Err(AmountFault::UnusedFixed)),
            (fixed, ("between", "30.00", "1", "20"), Ok(range)),
            (fixed, ("free", "30.00", "1", ""), Err(AmountFault::UnusedMin)),
            (range, ("free", "", "1.00", "20.00"), Ok(AmountRule::Free)),
            (range, ("fixed", "30", "1.00", "20.00"), Ok(fixed)),
            (range, ("fixed", "30", "1.00", "21"), Err(AmountFault::UnusedMax)),
            (AmountRule::Free, ("free", "30", "", ""), Err(AmountFault::UnusedFixed)),
        ];
        for (before, (rule, one, min, max), expected) in table {
            assert_eq!(AmountRule::typed(rule, one, min, max, Some(before)), expected, "{before:?} {rule} {one} {min} {max}");
        }
    }

    #[test]
    fn a_time_that_is_over_is_not_set_but_may_be_kept() {
        let at = |text: &str| Millis::parse_rfc3339(text);
        let until = |until_ms| Validity { from_ms: None, until_ms };
        let now = at("2026-11-22T08:00:00Z").unwrap();
        let (past, past_finer, earlier) = (at("2026-11-21T08:00:00Z"), at("2026-11-21T08:00:30Z"), at("2026-11-20T08:00:00Z"));
        let table = [
            (None, None, true),
            (at("2026-11-22T08:01:00Z"), None, true),
            (Some(now), None, false),
            (past, None, false),
            (past, Some(until(None)), false),
            (past, Some(until(earlier)), false),
            (past, Some(until(past)), true),
            (past, Some(until(past_finer)), true),
        ];
        for (until_ms, before, may) in table {
            let expected = if may { Ok(until(until_ms)) } else { Err(ValidityFault::Past) };
            assert_eq!(until(until_ms).settable(now, before), expected, "{until_ms:?} {before:?}");
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
