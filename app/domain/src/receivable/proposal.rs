//! Whether a payment that came another way may be a debtor's: by what its payer filled in.

use serde::{Deserialize, Serialize};

use super::Debtor;
use crate::form::Answer;
use crate::search::{matches, normalised};

/// What was found in the answers, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposed {
    /// The debtor's number.
    Reference,
    /// Their phone.
    Phone,
    /// Their name.
    Name,
}

/// A number that is shorter is found in too many answers to mean anything.
const LEAST_CHARS: usize = 3;

impl Proposed {
    /// What is looked for, the surest first.
    pub fn words(debtor: &Debtor) -> Vec<String> {
        let reference = Some(debtor.reference.clone()).filter(|text| normalised(text).chars().count() >= LEAST_CHARS);
        let phone = debtor.phone.as_ref().map(|phone| phone.as_str().to_owned());
        let name = Some(debtor.name.clone()).filter(|text| normalised(text).chars().count() >= 2);
        [reference, phone, name].into_iter().flatten().collect()
    }
}

/// By what a payment with these answers may be the debtor's; `None` when nothing says so. A name must be the whole answer, because
/// many a name is part of another one.
pub fn proposal(debtor: &Debtor, answers: &[Answer]) -> Option<Proposed> {
    let says = |text: &str| answers.iter().any(|answer| matches(&answer.text, text));
    let is = |text: &str| answers.iter().any(|answer| normalised(&answer.text) == normalised(text));
    if normalised(&debtor.reference).chars().count() >= LEAST_CHARS && says(&debtor.reference) {
        return Some(Proposed::Reference);
    }
    if debtor.phone.as_ref().is_some_and(|phone| says(phone.as_str())) {
        return Some(Proposed::Phone);
    }
    (normalised(&debtor.name).chars().count() >= 2 && is(&debtor.name)).then_some(Proposed::Name)
}
