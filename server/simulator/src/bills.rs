//! Bills: the day as the platform's books have it, in yuan and with back-ticks (protocol document, 2.9).

use std::collections::HashMap;

use crate::clock::{bill_time, china_midnight};
use crate::orders::{Books, Order, Paid};
use crate::refunds::{Refund, RefundState, is_change};

const DAY_MS: i64 = 86_400_000;

/// The part of the trade bill that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BillKind {
    All,
    Success,
    Refund,
}

/// Differences that a reconciliation shall find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Missing,
    Extra,
    WrongAmount,
}

/// One line of the trade bill before it is written.
#[derive(Clone, Debug)]
struct Line {
    at_ms: i64,
    appid: String,
    mchid: String,
    device: String,
    transaction_id: String,
    out_trade_no: String,
    openid: String,
    trade_type: &'static str,
    bank_type: String,
    description: String,
    attach: String,
    paid_fen: i64,
    refund: Option<Refund>,
}

/// Written bills behind their short-lived addresses.
#[derive(Default)]
pub(crate) struct Shelf(HashMap<String, (i64, &'static str, Vec<u8>)>);

impl Shelf {
    /// Keeps a file under its token until a moment; files that are past theirs go.
    pub fn keep(&mut self, token: String, until_ms: i64, kind: &'static str, bytes: Vec<u8>) {
        let newest = self.0.values().map(|file| file.0).max().unwrap_or(until_ms).max(until_ms);
        self.0.retain(|_, file| file.0 + DAY_MS > newest);
        self.0.insert(token, (until_ms, kind, bytes));
    }

    /// The file of a token that is still good, with its content type.
    pub fn take(&self, token: &str, now_ms: i64) -> Option<(&'static str, Vec<u8>)> {
        self.0.get(token).filter(|file| file.0 > now_ms).map(|(_, kind, bytes)| (*kind, bytes.clone()))
    }
}

/// The day in China, as milliseconds; `None` when the text is no day.
pub(crate) fn day(date: &str) -> Option<std::ops::Range<i64>> {
    china_midnight(date).map(|from_ms| from_ms..from_ms + DAY_MS)
}

/// When the bill of a day can be fetched: at ten the next morning.
pub(crate) fn ready_ms(day: &std::ops::Range<i64>) -> i64 {
    day.end + 10 * 3_600_000
}

/// The trade bill of one day, with a byte-order mark and CRLF as WeChat Pay writes it.
pub(crate) fn trade_bill(books: &Books, day: &std::ops::Range<i64>, kind: BillKind, flaw: Option<Flaw>) -> String {
    let mut lines = lines(books, day, kind);
    match (flaw, lines.first().cloned()) {
        (Some(Flaw::Missing), Some(_)) => drop(lines.remove(0)),
        (Some(Flaw::WrongAmount), _) => lines.iter_mut().take(1).for_each(|line| line.paid_fen += 1),
        (Some(Flaw::Extra), first) => lines.push(foreign_line(first, day.start)),
        _ => {}
    }
    let mut text = format!("\u{feff}{}\r\n", columns(kind).join(","));
    for line in &lines {
        text.push_str(&row(&line.fields(kind)));
    }
    let refunded = |pick: fn(&Refund) -> i64| lines.iter().filter_map(|line| line.refund.as_ref()).map(pick).sum::<i64>();
    let paid: i64 = lines.iter().filter(|line| line.refund.is_none()).map(|line| line.paid_fen).sum();
    let fees: i64 = lines.iter().map(Line::fee_fen).sum();
    text.push_str("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n");
    text.push_str(&row(&[
        lines.len().to_string(),
        yuan(paid),
        yuan(refunded(|refund| refund.amount_fen)),
        yuan(0),
        fee(fees),
        yuan(paid),
        yuan(refunded(|refund| refund.amount_fen)),
    ]));
    text
}

/// The fund-flow bill of one day: every payment in, every refund out, with the balance after it.
pub(crate) fn fund_flow_bill(books: &Books, day: &std::ops::Range<i64>) -> String {
    let mut text = String::from(
        "\u{feff}记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\r\n",
    );
    let (mut balance, mut income, mut spending) = (0, (0, 0), (0, 0));
    for line in all_lines(books, i64::MIN..day.end) {
        let refund = line.refund.as_ref();
        let amount = refund.map_or(line.paid_fen, |refund| -refund.amount_fen);
        balance += amount;
        if !day.contains(&line.at_ms) {
            continue;
        }
        let (name, direction, sum) = if amount < 0 { ("退款", "支出", &mut spending) } else { ("交易", "收入", &mut income) };
        *sum = (sum.0 + 1, sum.1 + amount.abs());
        let id = refund.map_or(&line.transaction_id, |refund| &refund.refund_id);
        let proof = refund.map_or(&line.out_trade_no, |refund| &refund.out_refund_no);
        text.push_str(&row(&[
            bill_time(line.at_ms),
            id.clone(),
            id.clone(),
            name.into(),
            name.into(),
            direction.into(),
            yuan(amount.abs()),
            yuan(balance),
            "system".into(),
            String::new(),
            proof.clone(),
        ]));
    }
    text.push_str("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n");
    let total = income.0 + spending.0;
    text.push_str(&row(&[total.to_string(), income.0.to_string(), yuan(income.1), spending.0.to_string(), yuan(spending.1)]));
    text
}

fn lines(books: &Books, day: &std::ops::Range<i64>, kind: BillKind) -> Vec<Line> {
    let wanted = |line: &Line| match kind {
        BillKind::All => true,
        BillKind::Success => line.refund.is_none(),
        BillKind::Refund => line.refund.is_some(),
    };
    all_lines(books, day.clone()).into_iter().filter(wanted).collect()
}

fn all_lines(books: &Books, within: std::ops::Range<i64>) -> Vec<Line> {
    let mut lines = Vec::new();
    for order in books.arrivals.iter().filter_map(|no| books.orders.get(no)) {
        let Some(paid) = &order.paid else { continue };
        if within.contains(&paid.at_ms) {
            lines.push(Line::of(order, paid, paid.at_ms, None));
        }
        for refund in order.refunds.iter().filter_map(|no| books.refunds.get(no)) {
            if let (RefundState::Success, Some(done_ms)) = (refund.state, refund.done_ms)
                && within.contains(&done_ms)
            {
                lines.push(Line::of(order, paid, done_ms, Some(refund.clone())));
            }
        }
    }
    lines.sort_by_key(|line| line.at_ms);
    lines
}

/// A payment that the merchant has never heard of.
fn foreign_line(like: Option<Line>, at_ms: i64) -> Line {
    let (appid, mchid) = like.map_or_else(Default::default, |line| (line.appid, line.mchid));
    Line {
        at_ms,
        appid,
        mchid,
        device: String::new(),
        transaction_id: "4200005199999999999999999999".into(),
        out_trade_no: "FOREIGN0000000000000000000000001".into(),
        openid: "oForeignForeignForeignForeig".into(),
        trade_type: "JSAPI",
        bank_type: "OTHERS".into(),
        description: "foreign".into(),
        attach: String::new(),
        paid_fen: 100,
        refund: None,
    }
}

impl Line {
    fn of(order: &Order, paid: &Paid, at_ms: i64, refund: Option<Refund>) -> Self {
        let device = order.scene.as_ref().and_then(|scene| scene["device_id"].as_str()).unwrap_or_default();
        Self {
            at_ms,
            appid: order.appid.clone(),
            mchid: order.mchid.clone(),
            device: device.into(),
            transaction_id: paid.transaction_id.clone(),
            out_trade_no: order.out_trade_no.clone(),
            openid: paid.openid.clone(),
            trade_type: if order.code_url.is_some() { "NATIVE" } else { "JSAPI" },
            bank_type: paid.bank_type.clone(),
            description: order.description.clone(),
            attach: order.attach.clone().unwrap_or_default(),
            paid_fen: paid.amount_fen,
            refund,
        }
    }

    /// 0.60 per cent, rounded to fen; given back with a refund.
    fn fee_fen(&self) -> i64 {
        let of = |amount_fen: i64| (amount_fen * 6 + 500) / 1000;
        self.refund.as_ref().map_or_else(|| of(self.paid_fen), |refund| -of(refund.amount_fen))
    }

    fn fields(&self, kind: BillKind) -> Vec<String> {
        let refund = self.refund.as_ref();
        let mut fields = vec![
            bill_time(self.at_ms),
            self.appid.clone(),
            self.mchid.clone(),
            "0".into(),
            self.device.clone(),
            self.transaction_id.clone(),
            self.out_trade_no.clone(),
            self.openid.clone(),
            self.trade_type.into(),
            if refund.is_some() { "REFUND" } else { "SUCCESS" }.into(),
            self.bank_type.clone(),
            "CNY".into(),
            yuan(if refund.is_some() { 0 } else { self.paid_fen }),
            yuan(0),
        ];
        if kind == BillKind::Refund {
            fields.push(refund.map_or_else(String::new, |refund| bill_time(refund.created_ms)));
            fields.push(bill_time(self.at_ms));
        }
        if kind != BillKind::Success {
            fields.extend([
                refund.map_or_else(|| "0".into(), |refund| refund.refund_id.clone()),
                refund.map_or_else(|| "0".into(), |refund| refund.out_refund_no.clone()),
                yuan(refund.map_or(0, |refund| refund.amount_fen)),
                yuan(0),
                refund.map_or_else(String::new, |_| if is_change(&self.bank_type) { "BALANCE" } else { "ORIGINAL" }.into()),
                refund.map_or_else(String::new, |_| "SUCCESS".into()),
            ]);
        }
        fields.extend([self.description.clone(), self.attach.clone(), fee(self.fee_fen()), "0.60%".into()]);
        fields.push(yuan(if refund.is_some() { 0 } else { self.paid_fen }));
        if kind != BillKind::Success {
            fields.push(yuan(refund.map_or(0, |refund| refund.amount_fen)));
        }
        fields.push(String::new());
        fields
    }
}

fn columns(kind: BillKind) -> Vec<&'static str> {
    let mut columns = vec![
        "交易时间",
        "公众账号ID",
        "商户号",
        "特约商户号",
        "设备号",
        "微信订单号",
        "商户订单号",
        "用户标识",
        "交易类型",
        "交易状态",
        "付款银行",
        "货币种类",
        "应结订单金额",
        "代金券金额",
    ];
    if kind == BillKind::Refund {
        columns.extend(["退款申请时间", "退款成功时间"]);
    }
    if kind != BillKind::Success {
        columns.extend(["微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态"]);
    }
    columns.extend(["商品名称", "商户数据包", "手续费", "费率", "订单金额"]);
    if kind != BillKind::Success {
        columns.push("申请退款金额");
    }
    columns.push("费率备注");
    columns
}

/// Every field begins with a back-tick, so that spreadsheets leave long numbers alone. Commas inside a field become blanks.
fn row(fields: &[String]) -> String {
    let cells: Vec<_> = fields.iter().map(|field| format!("`{}", field.replace([',', '\r', '\n', '`'], " "))).collect();
    format!("{}\r\n", cells.join(","))
}

fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

/// Fees are written with five decimals.
fn fee(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_as_many_fields_as_its_header() {
        for (kind, expected) in [(BillKind::All, 27), (BillKind::Success, 20), (BillKind::Refund, 29)] {
            let line = foreign_line(None, 0);
            assert_eq!(columns(kind).len(), expected);
            assert_eq!(line.fields(kind).len(), expected);
        }
    }

    #[test]
    fn amounts_are_written_in_yuan() {
        for (fen, expected) in [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (-7, "-0.07")] {
            assert_eq!(yuan(fen), expected);
        }
        assert_eq!(fee(8), "0.08000");
    }
}
