//! What must hold between a payment, its attempts, refunds, transfers and receipt.

use domain::ledger::LedgerAccount;
use domain::payment::{AttemptState, PaymentState};
use domain::refund::{RefundCause, RefundState};
use domain::{AccountId, PaymentId, TenantId};
use uuid::Uuid;

use super::books::Books;
use super::rows::{self, AttemptRow, Folder, PaymentRow, RefundRow, TransferRow};
use super::tokens::Tokens;
use super::{Checked, concerns};
use crate::store::words::of_word;
use crate::store::{Snapshot, StoreError};

/// The checks that go through the payments, with what they found so far.
pub struct Checks {
    transfers: Checked,
    arrivals: Checked,
    refunds: Checked,
    payments: Checked,
    receipts: Checked,
    balances: Checked,
    tokens: Checked,
    concerns: Checked,
}

impl Checks {
    pub fn new() -> Checks {
        Checks {
            transfers: Checked::new("every transfer names two sides, a positive amount and a business event that happened"),
            arrivals: Checked::new("all money that came is booked once, where it belongs, and no other"),
            refunds: Checked::new("every refund is set aside once and finished or released as its state says"),
            payments: Checked::new("every payment's state and sums follow from its attempts and refunds"),
            receipts: Checked::new("every paid payment has one receipt that says the same, and no other payment has one"),
            balances: Checked::new("every account's balance follows from receipts, held money and refunds, and all sum to zero"),
            tokens: Checked::new("every receipt and every debt is found by what is written on it"),
            concerns: Checked::new("of all money that is kept apart, goes back or is stuck its payee is told where it stands"),
        }
    }

    pub async fn check_tenant(&mut self, snapshot: &mut Snapshot, tenant: TenantId) -> Result<(), StoreError> {
        let mut books = Books::default();
        let mut tokens = Tokens::default();
        let mut after = Some(Uuid::nil());
        while let Some(from) = after {
            let (folders, next) = rows::page(snapshot, tenant, from).await?;
            for (id, folder) in &folders {
                self.check_folder(*id, folder, &mut books);
                for receipt in &folder.receipts {
                    tokens.expect(receipt)?;
                    self.tokens.rows_checked += 1;
                }
            }
            after = next;
        }
        self.tokens.rows_checked += tokens.expect_debts(snapshot, tenant).await?;
        let (accounts, wrong) = books.compare(tenant);
        self.balances.rows_checked += accounts;
        self.balances.first_bad = self.balances.first_bad.take().or(wrong);
        let wrong = tokens.compare(snapshot, tenant).await?;
        self.tokens.first_bad = self.tokens.first_bad.take().or(wrong);
        Ok(())
    }

    pub fn finish(self) -> [Checked; 8] {
        [self.transfers, self.arrivals, self.refunds, self.payments, self.receipts, self.balances, self.tokens, self.concerns]
    }

    fn check_folder(&mut self, id: Uuid, folder: &Folder, books: &mut Books) {
        let id = PaymentId::of(id);
        let Some(payment) = &folder.payment else {
            self.payments.note(Some(format!("rows belong to payment {id}, which is not there")));
            return;
        };
        for transfer in &folder.transfers {
            books.book(&transfer.debit, &transfer.credit, transfer.amount_fen);
            self.transfers.note(transfer_fault(transfer, folder));
        }
        for attempt in &folder.attempts {
            self.arrivals.note(arrival_fault(attempt, payment, folder, books));
        }
        for refund in &folder.refunds {
            self.refunds.note(refund_fault(refund, payment, folder, books));
        }
        self.payments.note(payment_fault(payment, folder).map(|why| format!("payment {id} {why}")));
        self.receipts.note(receipt_fault(payment, folder).map(|why| format!("payment {id} {why}")));
        for wrong in concerns::faults(payment, folder) {
            self.concerns.note(wrong.map(|why| format!("payment {id} {why}")));
        }
        for receipt in &folder.receipts {
            let left = receipt.amount_fen - receipt.refunding_fen - receipt.refunded_fen;
            books.derive(&collected(receipt.payee), -left);
        }
    }
}

fn collected(payee: Uuid) -> String {
    LedgerAccount::Collected(AccountId::of(payee)).to_string()
}

/// Two different known sides, a positive amount, and a key that one of the payment's own attempts or refunds explains.
fn transfer_fault(transfer: &TransferRow, folder: &Folder) -> Option<String> {
    let known = |account: &str| match account.strip_prefix("collected:") {
        Some(payee) => folder.payment.as_ref().is_some_and(|payment| AccountId::of(payment.payee).to_string() == payee),
        None => ["clearing", "suspense", "refunds_payable"].contains(&account),
    };
    let refund = |no: &str| folder.refunds.iter().any(|refund| refund.no == no);
    let explained = match transfer.key.split_once(':') {
        Some(("pay", rest)) => {
            let trade = rest.split_once(':').map(|(_, trade)| trade);
            folder.attempts.iter().any(|attempt| attempt.trade.is_some() && attempt.trade.as_deref() == trade)
        }
        Some(("refund-hold" | "refund" | "refund-release", no)) => refund(no),
        _ => false,
    };
    let why = match () {
        () if transfer.amount_fen <= 0 => "moves no positive amount",
        () if transfer.debit == transfer.credit => "has the same account on both sides",
        () if !known(&transfer.debit) || !known(&transfer.credit) => "names an account that is not its payment's",
        () if !explained => "is explained by no attempt and no refund",
        () => return None,
    };
    Some(format!("transfer {} {why}", transfer.key))
}

/// Money that came is booked once, of the right amount and to the right account; an attempt without money has none booked.
fn arrival_fault(attempt: &AttemptRow, payment: &PaymentRow, folder: &Folder, books: &mut Books) -> Option<String> {
    let fault = |why: &str| Some(format!("attempt {} {why}", attempt.no));
    let Ok(state) = of_word::<AttemptState>("attempt.state", &attempt.state) else { return fault("has no known state") };
    let (trade, received) = match (&attempt.trade, attempt.received_fen) {
        (Some(trade), Some(received)) if state.has_money() => (trade, received),
        (None, None) if !state.has_money() => return None,
        _ => return fault("has money that its state does not say, or says money that it has not"),
    };
    let credit = if state == AttemptState::Paid { collected(payment.payee) } else { LedgerAccount::Suspense.to_string() };
    books.derive("clearing", received);
    if state != AttemptState::Paid {
        books.derive(&credit, -received);
    }
    let booked: Vec<_> = folder.transfers.iter().filter(|transfer| is_arrival(&transfer.key, trade)).collect();
    match booked.as_slice() {
        [one] if (one.debit.as_str(), one.credit.as_str(), one.amount_fen) == ("clearing", credit.as_str(), received) => None,
        [_] => fault("is booked with another amount or account"),
        [] => fault("has money that is not booked"),
        _ => fault("is booked more than once"),
    }
}

fn is_arrival(key: &str, trade: &str) -> bool {
    key.strip_prefix("pay:").and_then(|rest| rest.split_once(':')).is_some_and(|(_, booked)| booked == trade)
}

/// Set aside once, then returned or released once, or neither while it is under way; from and to the right accounts.
fn refund_fault(refund: &RefundRow, payment: &PaymentRow, folder: &Folder, books: &mut Books) -> Option<String> {
    let fault = |why: &str| Some(format!("refund {} {why}", refund.no));
    let (Ok(state), Ok(cause)) = (of_word::<RefundState>("", &refund.state), of_word::<RefundCause>("", &refund.cause)) else {
        return fault("has no known state or cause");
    };
    let source = if cause == RefundCause::Merchant { collected(payment.payee) } else { LedgerAccount::Suspense.to_string() };
    match state {
        RefundState::Done => books.derive("clearing", -refund.amount_fen),
        RefundState::GivenUp => {}
        _ => books.derive("refunds_payable", -refund.amount_fen),
    }
    if cause != RefundCause::Merchant && state != RefundState::GivenUp {
        books.derive(&source, refund.amount_fen);
    }
    let of = folder.attempts.iter().find(|attempt| attempt.no == refund.attempt);
    let wanted = if cause == RefundCause::Merchant { "paid" } else { "extra" };
    if of.is_none_or(|attempt| attempt.state != wanted) {
        return fault("returns money of an attempt that has none to return");
    }
    let (is_done, is_released) = (state == RefundState::Done, state == RefundState::GivenUp);
    for (kind, debit, credit, expected) in [
        ("refund-hold", source.as_str(), "refunds_payable", true),
        ("refund", "refunds_payable", "clearing", is_done),
        ("refund-release", "refunds_payable", source.as_str(), is_released),
    ] {
        let key = format!("{kind}:{}", refund.no);
        let booked: Vec<_> = folder.transfers.iter().filter(|transfer| transfer.key == key).collect();
        let right = match booked.as_slice() {
            [one] => expected && (one.debit.as_str(), one.credit.as_str(), one.amount_fen) == (debit, credit, refund.amount_fen),
            [] => !expected,
            _ => false,
        };
        if !right {
            return fault(&format!("is not booked as its state says ({kind})"));
        }
    }
    None
}

/// State and sums of a payment, from its attempts and refunds.
fn payment_fault(payment: &PaymentRow, folder: &Folder) -> Option<&'static str> {
    let Ok(state) = of_word::<PaymentState>("payment.state", &payment.state) else { return Some("has no known state") };
    let paid: Vec<_> = folder.attempts.iter().filter(|attempt| attempt.state == "paid").collect();
    let held = folder.attempts.iter().any(|attempt| attempt.state == "held");
    let asked = || folder.refunds.iter().filter(|refund| refund.cause == "merchant");
    let sum = |wanted: fn(&str) -> bool| -> i64 { asked().filter(|refund| wanted(&refund.state)).map(|refund| refund.amount_fen).sum() };
    Some(match () {
        () if !folder.link => "has no entry in the directory payment_link",
        () if (state == PaymentState::Paid) != (paid.len() == 1) || paid.len() > 1 => {
            "is paid without one paid attempt, or has one without being paid"
        }
        () if paid.iter().any(|attempt| attempt.received_fen != Some(payment.amount_fen)) => "was paid with another amount than it asked",
        () if state == PaymentState::Held && !held => "is held without held money",
        () if payment.paid_at_ms.is_some() != (state == PaymentState::Paid) => "has a moment of payment that its state does not say",
        () if payment.refunded_fen != sum(|state| state == "done") => "has another sum returned than its refunds say",
        () if payment.refunding_fen != sum(|state| state != "done" && state != "given_up") => {
            "has another sum set aside than its refunds say"
        }
        () if payment.refund_count != asked().count() as i64 => "counts its refunds wrongly",
        () if payment.refunded_fen + payment.refunding_fen > payment.amount_fen => "returns more than it collected",
        () => return None,
    })
}

/// One receipt for a paid payment and none for any other, saying what the payment says.
fn receipt_fault(payment: &PaymentRow, folder: &Folder) -> Option<&'static str> {
    let receipt = match (payment.state.as_str(), folder.receipts.as_slice()) {
        ("paid", [one]) => one,
        ("paid", _) => return Some("is paid and has no receipt"),
        (_, []) => return None,
        _ => return Some("has a receipt without being paid"),
    };
    let trade = folder.attempts.iter().find(|attempt| attempt.state == "paid").and_then(|attempt| attempt.trade.as_deref());
    let sums = (receipt.amount_fen, receipt.refunding_fen, receipt.refunded_fen);
    Some(match () {
        () if sums != (payment.amount_fen, payment.refunding_fen, payment.refunded_fen) => "has other sums than its receipt",
        () if (receipt.payee, receipt.code) != (payment.payee, payment.code) => "has another payee or code than its receipt",
        () if receipt.token != payment.receipt_token => "has another link than its receipt",
        () if Some(receipt.paid_at_ms) != payment.paid_at_ms => "has another moment of payment than its receipt",
        () if Some(receipt.trade.as_str()) != trade => "has another transaction number than its receipt",
        () if receipt.answers != payment.answers => "has other answers than its receipt",
        () => return None,
    })
}
