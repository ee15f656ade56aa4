//! Orders and their books: what was ordered, paid and closed, and which answer each state gives (protocol document, 2.5 and 2.6).

use std::collections::HashMap;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{compact_date, rfc3339};
use crate::notices::Notice;
use crate::refunds::{Refund, RefundState};
use crate::refusal::{Refusal, number};
use crate::sign::random_text;

/// A prepay_id and a code_url live two hours.
pub(crate) const PREPAY_LIFE_MS: i64 = 2 * 3_600_000;
/// An unpaid order closes itself after seven days.
pub(crate) const ORDER_LIFE_MS: i64 = 7 * 86_400_000;

/// How the payer reaches the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum TradeType {
    Jsapi,
    Native,
}

/// What an order has come to. A refund does not change it; the answer to a query then says REFUND.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum OrderState {
    NotPay,
    Success,
    Closed,
}

/// A payment that somebody made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Paid {
    pub transaction_id: String,
    pub openid: String,
    pub at_ms: i64,
    /// Normally the order's amount; another one only by fault.
    pub amount_fen: i64,
    pub bank_type: String,
}

/// One order of the merchant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub appid: String,
    pub mchid: String,
    pub out_trade_no: String,
    pub trade_type: TradeType,
    pub description: String,
    pub attach: Option<String>,
    pub notify_url: String,
    pub amount_fen: i64,
    /// The only one who may pay a JSAPI order.
    pub payer_openid: Option<String>,
    pub scene: Option<Value>,
    /// The first request without `time_expire`: a repetition must be equal to it.
    pub request: Value,
    pub created_ms: i64,
    pub expires_ms: Option<i64>,
    pub prepay_id: String,
    pub prepaid_ms: i64,
    pub code_url: Option<String>,
    pub state: OrderState,
    pub closed_ms: Option<i64>,
    pub paid: Option<Paid>,
    pub refunds: Vec<String>,
    pub notices: Vec<String>,
}

/// A first order or its repetition, read and found well formed.
pub(crate) struct Draft {
    pub appid: String,
    pub mchid: String,
    pub out_trade_no: String,
    pub trade_type: TradeType,
    pub description: String,
    pub attach: Option<String>,
    pub notify_url: String,
    pub amount_fen: i64,
    pub payer_openid: Option<String>,
    pub scene: Option<Value>,
    pub request: Value,
    pub expires_ms: Option<i64>,
}

/// Why a payer could not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PayRefusal {
    NoSuchOrder,
    AlreadyPaid,
    Closed,
    Expired,
    OtherPayer,
}

/// Who pays what with which purse.
pub(crate) struct Purse<'a> {
    pub openid: &'a str,
    pub bank_type: &'a str,
    /// Set only when the paid amount shall differ from the order.
    pub amount_fen: Option<i64>,
    /// Pays even an order that is closed or expired, as when the payer was a second faster than the close.
    pub force: bool,
}

/// All orders, refunds and notices of the merchant.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Books {
    pub orders: HashMap<String, Order>,
    /// Order numbers in the order of their arrival.
    pub arrivals: Vec<String>,
    pub by_transaction: HashMap<String, String>,
    pub by_prepay: HashMap<String, String>,
    pub refunds: HashMap<String, Refund>,
    pub refund_arrivals: Vec<String>,
    pub notices: HashMap<String, Notice>,
    /// Notices that wait for the next one of their order, by order.
    #[serde(default)]
    pub held: HashMap<String, Vec<String>>,
    sequence: u64,
}

impl Books {
    /// Orders or repeats; answers the order with a living prepay_id.
    pub fn order(&mut self, draft: Draft, now_ms: i64) -> Result<&Order, Refusal> {
        let no = draft.out_trade_no.clone();
        self.close_when_old(&no, now_ms);
        let Some(known) = self.orders.get(&no) else {
            return Ok(self.first_order(draft, now_ms));
        };
        match known.state {
            OrderState::Success => return Err(Refusal::invalid("该订单已支付", number::ALREADY_PAID_ON_ORDER)),
            OrderState::Closed => {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDER_CLOSED", "订单已关闭，请更换商户订单号", number::ORDER_EXPIRED));
            }
            OrderState::NotPay => {}
        }
        if known.trade_type != draft.trade_type {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED", "商户订单号重复", number::REPEATED_DIFFERENTLY));
        }
        if known.request != draft.request {
            return Err(Refusal::invalid("请求重入时，参数与首次请求时不一致", number::REPEATED_DIFFERENTLY));
        }
        if known.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Err(Refusal::invalid("订单已过期", number::ORDER_EXPIRED));
        }
        if known.prepaid_ms + PREPAY_LIFE_MS <= now_ms {
            self.renew_prepay(&no, now_ms);
        }
        self.orders.get(&no).ok_or_else(Refusal::system)
    }

    /// The order of this number as it stands now.
    pub fn find(&mut self, out_trade_no: &str, now_ms: i64) -> Option<&Order> {
        self.close_when_old(out_trade_no, now_ms);
        self.orders.get(out_trade_no)
    }

    /// Closes an unpaid order; closing twice is as good as once, a paid one cannot be closed.
    pub fn close(&mut self, out_trade_no: &str, now_ms: i64) -> Result<(), Refusal> {
        let order = self.orders.get_mut(out_trade_no).ok_or_else(Refusal::no_such_order)?;
        match order.state {
            OrderState::Success => Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDER_PAID", "该订单已支付", number::ALREADY_PAID)),
            OrderState::Closed => Ok(()),
            OrderState::NotPay => {
                order.state = OrderState::Closed;
                order.closed_ms = Some(now_ms);
                Ok(())
            }
        }
    }

    /// Whether this payer could pay the order now.
    pub fn may_pay(&mut self, out_trade_no: &str, openid: &str, now_ms: i64) -> Result<&Order, PayRefusal> {
        let order = self.find(out_trade_no, now_ms).ok_or(PayRefusal::NoSuchOrder)?;
        match order.state {
            OrderState::Success => return Err(PayRefusal::AlreadyPaid),
            OrderState::Closed => return Err(PayRefusal::Closed),
            OrderState::NotPay => {}
        }
        let expires_ms = order.expires_ms.unwrap_or(i64::MAX).min(order.prepaid_ms + PREPAY_LIFE_MS);
        if expires_ms <= now_ms {
            return Err(PayRefusal::Expired);
        }
        match &order.payer_openid {
            Some(owner) if owner != openid => Err(PayRefusal::OtherPayer),
            _ => Ok(order),
        }
    }

    /// The payer pays. Never twice, whatever is forced.
    pub fn pay(&mut self, out_trade_no: &str, purse: &Purse<'_>, now_ms: i64) -> Result<&Order, PayRefusal> {
        match self.may_pay(out_trade_no, purse.openid, now_ms) {
            Ok(_) => {}
            Err(PayRefusal::Closed | PayRefusal::Expired) if purse.force => {}
            Err(refusal) => return Err(refusal),
        }
        let transaction_id = format!("42000051{}{:012}", compact_date(now_ms), self.next_number());
        let order = self.orders.get_mut(out_trade_no).ok_or(PayRefusal::NoSuchOrder)?;
        order.state = OrderState::Success;
        order.closed_ms = None;
        order.paid = Some(Paid {
            transaction_id: transaction_id.clone(),
            openid: purse.openid.into(),
            at_ms: now_ms,
            amount_fen: purse.amount_fen.unwrap_or(order.amount_fen),
            bank_type: purse.bank_type.into(),
        });
        self.by_transaction.insert(transaction_id, out_trade_no.into());
        self.orders.get(out_trade_no).ok_or(PayRefusal::NoSuchOrder)
    }

    /// A number that this world has not used yet.
    pub fn next_number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Orders newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Order> {
        self.arrivals.iter().rev().filter_map(|no| self.orders.get(no))
    }

    fn first_order(&mut self, draft: Draft, now_ms: i64) -> &Order {
        let no = draft.out_trade_no.clone();
        let code_url = (draft.trade_type == TradeType::Native).then(|| format!("weixin://wxpay/bizpayurl?pr={}zz", random_text(9)));
        let order = Order {
            appid: draft.appid,
            mchid: draft.mchid,
            out_trade_no: draft.out_trade_no,
            trade_type: draft.trade_type,
            description: draft.description,
            attach: draft.attach,
            notify_url: draft.notify_url,
            amount_fen: draft.amount_fen,
            payer_openid: draft.payer_openid,
            scene: draft.scene,
            request: draft.request,
            created_ms: now_ms,
            expires_ms: draft.expires_ms,
            prepay_id: String::new(),
            prepaid_ms: now_ms,
            code_url,
            state: OrderState::NotPay,
            closed_ms: None,
            paid: None,
            refunds: Vec::new(),
            notices: Vec::new(),
        };
        self.arrivals.push(no.clone());
        self.orders.insert(no.clone(), order);
        self.renew_prepay(&no, now_ms);
        &self.orders[&no]
    }

    fn renew_prepay(&mut self, out_trade_no: &str, now_ms: i64) {
        let Some(order) = self.orders.get_mut(out_trade_no) else { return };
        order.prepay_id = format!("wx{}{}", compact_date(now_ms), random_text(26).to_lowercase());
        order.prepaid_ms = now_ms;
        self.by_prepay.insert(order.prepay_id.clone(), out_trade_no.into());
    }

    fn close_when_old(&mut self, out_trade_no: &str, now_ms: i64) {
        if let Some(order) = self.orders.get_mut(out_trade_no)
            && order.state == OrderState::NotPay
            && order.created_ms + ORDER_LIFE_MS <= now_ms
        {
            order.state = OrderState::Closed;
            order.closed_ms = Some(order.created_ms + ORDER_LIFE_MS);
        }
    }
}

impl Order {
    /// The word of the API for what became of the order, and the sentence beside it.
    pub fn trade_state(&self) -> (&'static str, &'static str) {
        match self.state {
            OrderState::NotPay => ("NOTPAY", "订单未支付"),
            OrderState::Closed => ("CLOSED", "订单已关闭"),
            OrderState::Success if self.refunds.is_empty() => ("SUCCESS", "支付成功"),
            OrderState::Success => ("REFUND", "订单发生过退款，退款详情请查询退款单"),
        }
    }

    /// The answer to a query, and what a notice says in its envelope.
    pub fn transaction(&self) -> Value {
        let (state, sentence) = self.trade_state();
        let device = self.scene.as_ref().and_then(|scene| scene["device_id"].as_str()).unwrap_or_default();
        let mut answer = json!({
            "appid": self.appid,
            "mchid": self.mchid,
            "out_trade_no": self.out_trade_no,
            "trade_state": state,
            "trade_state_desc": sentence,
            "amount": { "total": self.amount_fen, "currency": "CNY", "payer_currency": "CNY" },
            "promotion_detail": [],
            "scene_info": { "device_id": device },
        });
        if let Some(attach) = &self.attach {
            answer["attach"] = json!(attach);
        }
        if let Some(paid) = &self.paid {
            answer["transaction_id"] = json!(paid.transaction_id);
            answer["trade_type"] = json!(self.trade_type);
            answer["bank_type"] = json!(paid.bank_type);
            answer["success_time"] = json!(rfc3339(paid.at_ms));
            answer["payer"] = json!({ "openid": paid.openid });
            answer["amount"] = json!({
                "total": paid.amount_fen, "payer_total": paid.amount_fen, "currency": "CNY", "payer_currency": "CNY",
            });
        }
        answer
    }

    /// What has been or is being given back, in fen.
    pub fn refunded_fen(&self, refunds: &HashMap<String, Refund>) -> i64 {
        let counts = |refund: &&Refund| refund.state != RefundState::Closed;
        self.refunds.iter().filter_map(|no| refunds.get(no)).filter(counts).map(|refund| refund.amount_fen).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(no: &str, amount_fen: i64) -> Draft {
        Draft {
            appid: "wx1".into(),
            mchid: "1".into(),
            out_trade_no: no.into(),
            trade_type: TradeType::Jsapi,
            description: "lunch".into(),
            attach: None,
            notify_url: "http://localhost/notify".into(),
            amount_fen,
            payer_openid: Some("o1".into()),
            scene: None,
            request: json!({ "amount": amount_fen }),
            expires_ms: None,
        }
    }

    fn purse(force: bool) -> Purse<'static> {
        Purse { openid: "o1", bank_type: "OTHERS", amount_fen: None, force }
    }

    #[test]
    fn an_equal_repetition_answers_the_same_prepay_id_for_two_hours() {
        let mut books = Books::default();
        let first = books.order(draft("N00001", 5), 0).unwrap().prepay_id.clone();
        assert_eq!(books.order(draft("N00001", 5), PREPAY_LIFE_MS - 1).unwrap().prepay_id, first);
        assert_ne!(books.order(draft("N00001", 5), PREPAY_LIFE_MS).unwrap().prepay_id, first);
        assert_eq!(books.arrivals.len(), 1);
    }

    #[test]
    fn a_number_is_refused_when_it_repeats_differently_or_is_done() {
        let mut books = Books::default();
        books.order(draft("N00001", 5), 0).unwrap();
        assert_eq!(books.order(draft("N00001", 6), 0).unwrap_err().number, number::REPEATED_DIFFERENTLY);
        let native = Draft { trade_type: TradeType::Native, ..draft("N00001", 5) };
        assert_eq!(books.order(native, 0).unwrap_err().code, "OUT_TRADE_NO_USED");
        books.close("N00001", 1).unwrap();
        books.close("N00001", 2).unwrap();
        assert_eq!(books.order(draft("N00001", 5), 3).unwrap_err().code, "ORDER_CLOSED");
        books.order(draft("N00002", 5), 0).unwrap();
        books.pay("N00002", &purse(false), 1).unwrap();
        assert_eq!(books.order(draft("N00002", 5), 2).unwrap_err().number, number::ALREADY_PAID_ON_ORDER);
        assert_eq!(books.close("N00002", 2).unwrap_err().number, number::ALREADY_PAID);
    }

    #[test]
    fn only_the_right_payer_pays_once_and_in_time() {
        let mut books = Books::default();
        books.order(draft("N00001", 5), 0).unwrap();
        for (openid, now_ms, force, expected) in [
            ("o2", 1, false, Some(PayRefusal::OtherPayer)),
            ("o2", 1, true, Some(PayRefusal::OtherPayer)),
            ("o1", PREPAY_LIFE_MS, false, Some(PayRefusal::Expired)),
            ("o1", ORDER_LIFE_MS, false, Some(PayRefusal::Closed)),
            ("o1", ORDER_LIFE_MS, true, None),
            ("o1", ORDER_LIFE_MS, true, Some(PayRefusal::AlreadyPaid)),
        ] {
            let result = books.pay("N00001", &Purse { openid, ..purse(force) }, now_ms).map(|_| ());
            assert_eq!(result.err(), expected, "{openid} {now_ms} {force}");
        }
        assert_eq!(books.orders["N00001"].trade_state().0, "SUCCESS");
    }

    #[test]
    fn an_unpaid_order_closes_itself_after_seven_days() {
        let mut books = Books::default();
        books.order(draft("N00001", 5), 0).unwrap();
        assert_eq!(books.find("N00001", ORDER_LIFE_MS - 1).unwrap().trade_state().0, "NOTPAY");
        assert_eq!(books.find("N00001", ORDER_LIFE_MS).unwrap().trade_state().0, "CLOSED");
    }
}
