//! What a payer reads of money that did not simply arrive: the same as its payee, in the payer's words.

use domain::concern::{Concern, ConcernKind, ConcernState};

use crate::i18n::*;
use crate::ui::{fill, yuan};

/// The sentence of one concern; `None` for what is not the payer's: a refund says itself on the receipt, and what a channel
/// contradicts changes nothing.
pub(super) fn apart(locale: Locale, concern: &Concern) -> Option<String> {
    use ConcernKind::{Contradiction, PaidAfterClose, PaidTwice, Refund, WrongAmount};
    use ConcernState::{Blocked, GivenUp, Held, Noted, Returned, Returning, Stuck};
    let template = match (concern.kind, concern.state) {
        (Refund | Contradiction, _) | (_, Noted) => return None,
        (_, Held) => td_string!(locale, pay.apart_held),
        // While the channel does not take it yet, it is asked again: for the payer it is on its way.
        (_, Stuck | GivenUp) => td_string!(locale, pay.apart_stuck),
        (PaidTwice, Returning | Blocked) => td_string!(locale, pay.apart_twice_returning),
        (PaidTwice, Returned) => td_string!(locale, pay.apart_twice_returned),
        (PaidAfterClose, Returning | Blocked) => td_string!(locale, pay.returning_text),
        (PaidAfterClose, Returned) => td_string!(locale, pay.returned_text),
        (WrongAmount, Returning | Blocked) => td_string!(locale, pay.apart_returning),
        (WrongAmount, Returned) => td_string!(locale, pay.apart_returned),
    };
    Some(fill(template, &[("amount", &yuan(concern.amount_fen))]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Fen, PaymentId};

    #[test]
    fn a_payer_reads_what_became_of_their_money() {
        use ConcernKind::*;
        use ConcernState::*;
        let table = [
            (PaidTwice, Returning, "正在自动原路退回"),
            (PaidTwice, Returned, "已退回"),
            (PaidTwice, GivenUp, "收款方正在处理，钱不会丢"),
            (PaidAfterClose, Returning, "退回"),
            (PaidAfterClose, Returned, "退回"),
            (WrongAmount, Held, "请不要重复付款"),
            (WrongAmount, Returning, "正在原路退回"),
            (WrongAmount, Returned, "已原路退回"),
            (WrongAmount, Stuck, "收款方正在处理，钱不会丢"),
            (Refund, Stuck, ""),
            (Contradiction, Noted, ""),
        ];
        let payment: PaymentId = "0196f3a2b1c47d8e9f001122a7d84c21".parse().unwrap();
        for (kind, state, expected) in table {
            let concern = Concern { payment, subject: String::new(), kind, state, amount_fen: Fen::of(300), why: None };
            let told = apart(Locale::zh, &concern).unwrap_or_default();
            assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{kind:?} {state:?}: {told}");
        }
    }
}
