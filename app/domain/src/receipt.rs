//! Receipts: what the merchant keeps of a paid payment and the payer can show.

use serde::{Deserialize, Serialize};

use crate::form::Answer;
use crate::{Fen, Millis, PaymentId};

/// How a receipt reads in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// Collected.
    Collected,
    /// A refund is under way.
    Refunding,
    /// Partly returned.
    PartlyRefunded,
    /// Returned in full.
    Refunded,
}

impl ReceiptState {
    /// The state that follows from the amounts. What is still under way is said first, because it is not settled yet.
    pub fn of(amount: Fen, refunding: Fen, refunded: Fen) -> ReceiptState {
        match () {
            _ if refunding.is_positive() => ReceiptState::Refunding,
            _ if refunded >= amount => ReceiptState::Refunded,
            _ if refunded.is_positive() => ReceiptState::PartlyRefunded,
            _ => ReceiptState::Collected,
        }
    }
}

/// A receipt as its merchant and its payer see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The payment that it stands for; people read out its last eight digits.
    pub payment: PaymentId,
    /// What was collected.
    pub amount_fen: Fen,
    /// Being returned.
    pub refunding_fen: Fen,
    /// Returned.
    pub refunded_fen: Fen,
    /// When the money came.
    pub paid_at_ms: Millis,
    /// The code's name at that time.
    pub code_name: String,
    /// Who collected.
    pub payee_name: String,
    /// What the payer had filled in, with the labels that they saw (I12).
    pub answers: Vec<Answer>,
    /// The channel's transaction number.
    pub transaction: Option<String>,
}

impl Receipt {
    /// How it reads in a list.
    pub fn state(&self) -> ReceiptState {
        ReceiptState::of(self.amount_fen, self.refunding_fen, self.refunded_fen)
    }

    /// What is left of it when everything that is being returned has arrived.
    pub fn kept(&self) -> Fen {
        self.amount_fen.minus(self.refunded_fen).and_then(|left| left.minus(self.refunding_fen)).unwrap_or(Fen::ZERO)
    }

    /// The receipt as its payer has it and passes it on, see [`Answer::passed_on`].
    #[must_use]
    pub fn passed_on(self) -> Receipt {
        Receipt { answers: self.answers.into_iter().map(Answer::passed_on).collect(), ..self }
    }

    /// The receipt as a screen may show it, see [`Answer::masked`].
    #[must_use]
    pub fn masked(self) -> Receipt {
        Receipt { answers: self.answers.into_iter().map(Answer::masked).collect(), ..self }
    }

    /// What names it in a list: the payer's first answer that speaks for itself, or nothing.
    pub fn title(&self) -> Option<&str> {
        self.answers.iter().find_map(Answer::in_passing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::AnswerValue;

    #[test]
    fn a_receipt_is_named_by_the_first_answer_that_speaks_for_itself() {
        let answer = |text: &str, value| Answer { value, ..Answer::plain("key", "label", text) };
        let name = answer("张三", AnswerValue::Plain);
        let table = [
            (vec![], None),
            (vec![name.clone()], Some("张三")),
            (vec![answer("是", AnswerValue::Yes), answer("否", AnswerValue::No), name.clone()], Some("张三")),
            (vec![answer("照片", AnswerValue::Photo { id: "p".into() })], None),
            (vec![answer("11010519491231002X", AnswerValue::IdNumber), name.clone()], Some("张三")),
            (vec![answer("", AnswerValue::Plain), name], Some("张三")),
        ];
        for (answers, expected) in table {
            let receipt = Receipt {
                payment: "0196f3a2b1c47d8e9f001122a7d84c21".parse().unwrap(),
                amount_fen: Fen::of(1),
                refunding_fen: Fen::ZERO,
                refunded_fen: Fen::ZERO,
                paid_at_ms: Millis::of(0),
                code_name: String::new(),
                payee_name: String::new(),
                answers,
                transaction: None,
            };
            assert_eq!(receipt.title(), expected);
        }
    }

    #[test]
    fn whoever_is_given_the_receipt_of_a_debt_does_not_read_who_owes() {
        let value = AnswerValue::Debtor { shown: "张*明".into(), about: "秋季学费".into() };
        let debtor = Answer { value, ..Answer::plain("debtor", "应缴人", "张小明 · S2026001") };
        assert_eq!(debtor.clone().masked().text, "张小明 · S2026001");
        assert_eq!(debtor.written().collect::<Vec<_>>(), ["张小明 · S2026001", "秋季学费"]);
        let given = debtor.passed_on();
        assert_eq!(given, Answer::plain("debtor", "应缴人", "张*明"));
        let number = Answer { value: AnswerValue::IdNumber, ..Answer::plain("id", "身份证号", "11010519491231002X") };
        assert_eq!(number.passed_on().text, "**************002X");
    }

    #[test]
    fn a_screen_shows_the_last_four_places_of_an_identity_number_and_everything_else_whole() {
        let answer = |text: &str, value| Answer { value, ..Answer::plain("key", "label", text) }.masked().text;
        let table = [
            ("11010519491231002X", AnswerValue::IdNumber, "**************002X"),
            ("**************002X", AnswerValue::IdNumber, "**************002X"),
            ("02X", AnswerValue::IdNumber, "02X"),
            ("11010519491231002X", AnswerValue::Plain, "11010519491231002X"),
            ("13900000000", AnswerValue::Plain, "13900000000"),
        ];
        for (text, value, expected) in table {
            assert_eq!(answer(text, value.clone()), expected, "{value:?}");
        }
    }

    #[test]
    fn a_receipt_says_what_is_not_settled_before_what_is() {
        use ReceiptState::*;
        let table = [
            ((100, 0, 0), Collected),
            ((100, 1, 0), Refunding),
            ((100, 1, 99), Refunding),
            ((100, 0, 1), PartlyRefunded),
            ((100, 0, 100), Refunded),
        ];
        for ((amount, refunding, refunded), expected) in table {
            assert_eq!(ReceiptState::of(Fen::of(amount), Fen::of(refunding), Fen::of(refunded)), expected);
        }
    }
}
