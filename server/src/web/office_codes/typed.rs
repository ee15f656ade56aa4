//! What a form of codes posts: fields of the code and presets together.

use app::admin::{CodeTyped, CodeWrong, TitleWrong};
use domain::code::Validity;
use domain::code_terms::title;
use domain::form::Typed;
use domain::{AmountRule, Code, Millis};
use uuid::Uuid;

use crate::made_codes::CodeTerms;

/// What was posted, as sent.
pub(super) type Pairs = Vec<(String, String)>;

/// What was posted, read.
pub(super) struct Sent {
    /// What was typed of the code itself.
    pub typed: CodeTyped,
    /// What was typed into the form's presets.
    pub presets: Typed,
    /// What was typed of the code, where it can be taken.
    terms: Result<(String, AmountRule, Validity), CodeWrong>,
}

impl Sent {
    /// Reads what was posted `now`, for a code that stands so `before` where there is one.
    pub(super) fn read(pairs: &Pairs, now: Millis, before: Option<&Code>) -> Sent {
        let kept = |name: &str| value(pairs, name).chars().take(60).collect::<String>();
        let typed = CodeTyped {
            name: kept("name"),
            is_plate: value(pairs, "kind") == "plate",
            rule: kept("rule"),
            fixed: kept("fixed"),
            min: kept("min"),
            max: kept("max"),
            from: kept("from"),
            until: kept("until"),
        };
        let name = title(&typed.name);
        let amount = AmountRule::typed(&typed.rule, &typed.fixed, &typed.min, &typed.max, before.map(|code| code.amount));
        let validity = Validity::typed(&typed.from, &typed.until);
        let validity = validity.and_then(|validity| validity.settable(now, before.map(|code| code.validity)));
        let terms = match (name, amount, validity) {
            (Some(name), Ok(amount), Ok(validity)) => Ok((name, amount, validity)),
            (name, amount, validity) => {
                let name = name.is_none().then_some(TitleWrong::Bad);
                Err(CodeWrong { name, amount: amount.err(), validity: validity.err() })
            }
        };
        Sent { typed, presets: Typed::from_pairs(pairs.iter().map(|(name, value)| (name, value.clone()))), terms }
    }

    /// The terms of a code with this form.
    ///
    /// # Errors
    /// What is wrong with what was typed.
    pub(super) fn terms(&self, form: Uuid) -> Result<CodeTerms, CodeWrong> {
        let (name, amount, validity) = self.terms.clone()?;
        Ok(CodeTerms { name, amount, validity, form, typed: self.presets.clone() })
    }
}

/// The first value of a field, or nothing.
pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}
