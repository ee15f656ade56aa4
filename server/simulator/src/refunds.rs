//! Refunds: asked for once per number, decided later, within the limits of the protocol document, 2.7.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{compact_date, rfc3339};
use crate::orders::{Books, OrderState};
use crate::refusal::{Refusal, number};

/// A payment can be given back for one year.
const REFUND_WINDOW_MS: i64 = 365 * 86_400_000;
/// In at most this many parts.
const MAX_PARTS: usize = 50;

/// What a refund has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RefundState {
    Processing,
    Success,
    Abnormal,
    Closed,
}

/// One refund.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub refund_id: String,
    pub out_refund_no: String,
    pub out_trade_no: String,
    pub transaction_id: String,
    pub amount_fen: i64,
    pub reason: Option<String>,
    pub notify_url: Option<String>,
    pub funds_account: String,
    pub created_ms: i64,
    /// When it will be decided.
    pub due_ms: i64,
    /// What it will then be.
    pub ends_as: RefundState,
    pub state: RefundState,
    pub done_ms: Option<i64>,
}

/// A refund that is asked for, read and found well formed.
pub(crate) struct RefundDraft {
    pub transaction_id: Option<String>,
    pub out_trade_no: Option<String>,
    pub out_refund_no: String,
    pub amount_fen: i64,
    pub total_fen: i64,
    pub reason: Option<String>,
    pub notify_url: Option<String>,
    pub funds_account: Option<String>,
}

impl Books {
    /// Accepts a refund or answers the known one of the same number. `delay_ms` tells how long a payment from this bank takes.
    pub fn refund(
        &mut self,
        draft: RefundDraft,
        ends_as: RefundState,
        delay_ms: impl Fn(&str) -> i64,
        now_ms: i64,
    ) -> Result<(Refund, bool), Refusal> {
        let out_trade_no = self.refunded_order(&draft)?;
        if let Some(known) = self.refunds.get(&draft.out_refund_no) {
            if known.out_trade_no != out_trade_no || known.amount_fen != draft.amount_fen {
                return Err(Refusal::invalid("商户退款单号重复，且参数与首次请求时不一致", number::REPEATED_DIFFERENTLY));
            }
            return Ok((known.clone(), false));
        }
        let order = self.orders.get(&out_trade_no).ok_or_else(no_order_to_refund)?;
        let Some(paid) = order.paid.clone().filter(|_| order.state == OrderState::Success) else {
            return Err(Refusal::invalid("订单未支付，不能退款", number::BAD_PARAMETER));
        };
        if draft.total_fen != paid.amount_fen {
            return Err(Refusal::invalid("订单金额或退款金额与之前请求不一致，请核实后再试", number::BAD_PARAMETER));
        }
        if order.refunded_fen(&self.refunds) + draft.amount_fen > paid.amount_fen {
            return Err(Refusal::invalid("累计退款金额大于支付金额", number::OUT_OF_RANGE));
        }
        if order.refunds.len() >= MAX_PARTS {
            return Err(Refusal::invalid("退款次数超过50次", number::OUT_OF_RANGE));
        }
        if paid.at_ms + REFUND_WINDOW_MS < now_ms {
            return Err(Refusal::invalid("订单已经超过可退款的最大期限", number::ORDER_EXPIRED));
        }
        let refund = Refund {
            refund_id: format!("50300051{}{:012}", compact_date(now_ms), self.next_number()),
            out_refund_no: draft.out_refund_no.clone(),
            out_trade_no: out_trade_no.clone(),
            transaction_id: paid.transaction_id,
            amount_fen: draft.amount_fen,
            reason: draft.reason,
            notify_url: draft.notify_url,
            funds_account: draft.funds_account.unwrap_or_else(|| "AVAILABLE".into()),
            created_ms: now_ms,
            due_ms: now_ms + delay_ms(&paid.bank_type),
            ends_as,
            state: RefundState::Processing,
            done_ms: None,
        };
        self.refunds.insert(draft.out_refund_no.clone(), refund.clone());
        self.refund_arrivals.push(draft.out_refund_no.clone());
        if let Some(order) = self.orders.get_mut(&out_trade_no) {
            order.refunds.push(draft.out_refund_no);
        }
        Ok((refund, true))
    }

    /// Decides the refund when its time has come; answers it when this call was the one that decided.
    pub fn finish_refund(&mut self, out_refund_no: &str, now_ms: i64) -> Option<Refund> {
        let refund = self.refunds.get_mut(out_refund_no)?;
        if refund.state != RefundState::Processing || refund.due_ms > now_ms {
            return None;
        }
        refund.state = refund.ends_as;
        refund.done_ms = Some(refund.due_ms);
        Some(refund.clone())
    }

    /// The merchant sends an abnormal refund another way: it is under way again and will succeed.
    pub fn retry_abnormal(&mut self, refund_id: &str, out_refund_no: &str, delay_ms: i64, now_ms: i64) -> Result<Refund, Refusal> {
        let refund = self
            .refunds
            .get_mut(out_refund_no)
            .filter(|refund| refund.refund_id == refund_id)
            .ok_or_else(|| Refusal::nothing_there("退款单不存在"))?;
        if refund.state != RefundState::Abnormal {
            return Err(Refusal::invalid("退款单状态不是退款异常", number::BAD_PARAMETER));
        }
        refund.state = RefundState::Processing;
        refund.ends_as = RefundState::Success;
        refund.due_ms = now_ms + delay_ms;
        refund.done_ms = None;
        Ok(refund.clone())
    }

    fn refunded_order(&self, draft: &RefundDraft) -> Result<String, Refusal> {
        let by_transaction = match &draft.transaction_id {
            Some(id) => Some(self.by_transaction.get(id).cloned().ok_or_else(no_order_to_refund)?),
            None => None,
        };
        match (by_transaction, &draft.out_trade_no) {
            (Some(no), Some(given)) if no != *given => {
                Err(Refusal::invalid("微信支付订单号与商户订单号不一致", number::MERCHANT_ORDER_MISMATCH))
            }
            (Some(no), _) => Ok(no),
            (None, Some(given)) if self.orders.contains_key(given) => Ok(given.clone()),
            (None, Some(_)) => Err(no_order_to_refund()),
            (None, None) => Err(Refusal::field("/transaction_id", &Value::Null, "与商户订单号须至少填一个", number::BAD_PARAMETER)),
        }
    }
}

impl Refund {
    /// The answer of the refund API, whose field is `status`.
    pub fn answer(&self, total_fen: i64, bank_type: &str) -> Value {
        let mut answer = json!({
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": received_account(bank_type),
            "create_time": rfc3339(self.created_ms),
            "status": self.state,
            "funds_account": self.funds_account,
            "promotion_detail": [],
            "amount": {
                "total": total_fen, "refund": self.amount_fen, "from": [], "payer_total": total_fen, "payer_refund": self.amount_fen,
                "settlement_refund": self.amount_fen, "settlement_total": total_fen, "discount_refund": 0, "currency": "CNY", "refund_fee": 0,
            },
        });
        if let (RefundState::Success, Some(done_ms)) = (self.state, self.done_ms) {
            answer["success_time"] = json!(rfc3339(done_ms));
        }
        answer
    }

    /// What the notice says in its envelope; here the field is `refund_status`.
    pub fn notice(&self, mchid: &str, total_fen: i64, bank_type: &str) -> Value {
        let mut text = json!({
            "mchid": mchid,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "refund_status": self.state,
            "user_received_account": received_account(bank_type),
            "amount": { "total": total_fen, "refund": self.amount_fen, "payer_total": total_fen, "payer_refund": self.amount_fen },
        });
        if let (RefundState::Success, Some(done_ms)) = (self.state, self.done_ms) {
            text["success_time"] = json!(rfc3339(done_ms));
        }
        text
    }
}

/// 403 NOT_ENOUGH, when the merchant's own balance is too small.
pub(crate) fn not_enough() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起", number::BAD_PARAMETER)
}

/// Whether a payment came from the wallet's change and not from a card.
pub(crate) fn is_change(bank_type: &str) -> bool {
    bank_type == "OTHERS"
}

fn received_account(bank_type: &str) -> &'static str {
    if is_change(bank_type) { "支付用户零钱" } else { "招商银行借记卡0403" }
}

fn no_order_to_refund() -> Refusal {
    Refusal::nothing_there("订单不存在")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::{Draft, Purse, TradeType};

    fn paid_books(amount_fen: i64) -> Books {
        let mut books = Books::default();
        let draft = Draft {
            appid: "wx1".into(),
            mchid: "1".into(),
            out_trade_no: "N00001".into(),
            trade_type: TradeType::Native,
            description: "lunch".into(),
            attach: None,
            notify_url: "http://localhost/notify".into(),
            amount_fen,
            payer_openid: None,
            scene: None,
            request: Value::Null,
            expires_ms: None,
        };
        books.order(draft, 0).unwrap();
        books.pay("N00001", &Purse { openid: "o1", bank_type: "OTHERS", amount_fen: None, force: false }, 0).unwrap();
        books
    }

    fn ask(no: &str, amount_fen: i64, total_fen: i64) -> RefundDraft {
        RefundDraft {
            transaction_id: None,
            out_trade_no: Some("N00001".into()),
            out_refund_no: no.into(),
            amount_fen,
            total_fen,
            reason: None,
            notify_url: None,
            funds_account: None,
        }
    }

    fn refund(books: &mut Books, draft: RefundDraft, now_ms: i64) -> Result<(Refund, bool), Refusal> {
        books.refund(draft, RefundState::Success, |_| 10, now_ms)
    }

    #[test]
    fn the_same_refund_number_gives_back_once() {
        let mut books = paid_books(100);
        let (first, new) = refund(&mut books, ask("R1", 60, 100), 1).unwrap();
        assert!(new);
        let (again, new) = refund(&mut books, ask("R1", 60, 100), 2).unwrap();
        assert!(!new);
        assert_eq!(first.refund_id, again.refund_id);
        assert_eq!(refund(&mut books, ask("R1", 61, 100), 3).unwrap_err().number, number::REPEATED_DIFFERENTLY);
    }

    #[test]
    fn no_more_is_given_back_than_was_paid() {
        let mut books = paid_books(100);
        refund(&mut books, ask("R1", 60, 100), 1).unwrap();
        assert_eq!(refund(&mut books, ask("R2", 41, 100), 1).unwrap_err().code, "INVALID_REQUEST");
        refund(&mut books, ask("R3", 40, 100), 1).unwrap();
        assert_eq!(refund(&mut books, ask("R4", 10, 99), 1).unwrap_err().code, "INVALID_REQUEST");
    }

    #[test]
    fn a_closed_refund_frees_its_amount_for_a_new_number() {
        let mut books = paid_books(100);
        books.refund(ask("R1", 100, 100), RefundState::Closed, |_| 10, 1).unwrap();
        assert!(refund(&mut books, ask("R2", 100, 100), 2).is_err());
        assert_eq!(books.finish_refund("R1", 11).unwrap().state, RefundState::Closed);
        assert!(refund(&mut books, ask("R2", 100, 100), 12).is_ok());
    }

    #[test]
    fn at_most_fifty_parts_and_one_year() {
        let mut books = paid_books(100);
        for part in 0..50 {
            refund(&mut books, ask(&format!("R{part}"), 1, 100), 1).unwrap();
        }
        assert!(refund(&mut books, ask("R50", 1, 100), 1).is_err());
        let mut books = paid_books(100);
        assert!(refund(&mut books, ask("R1", 1, 100), REFUND_WINDOW_MS + 1).is_err());
        assert!(refund(&mut books, ask("R1", 1, 100), REFUND_WINDOW_MS).is_ok());
    }

    #[test]
    fn a_refund_is_decided_once_and_not_before_its_time() {
        let mut books = paid_books(100);
        refund(&mut books, ask("R1", 60, 100), 5).unwrap();
        assert!(books.finish_refund("R1", 14).is_none());
        assert_eq!(books.finish_refund("R1", 15).unwrap().state, RefundState::Success);
        assert!(books.finish_refund("R1", 16).is_none());
        assert_eq!(books.orders["N00001"].trade_state().0, "REFUND");
    }
}
