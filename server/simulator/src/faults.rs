//! Faults on request: what goes wrong, at which door, how many times.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::world::lock;

/// Faults that every signed door of the API can have.
const API: &[&str] = &[
    "429",
    "500",
    "500-after",
    "502",
    "slow",
    "wrong-signature",
    "unknown-serial",
    "stale",
    "truncated",
    "unsigned",
    "hang-up",
    "merchant-disabled",
];

/// How placing an order is refused besides, where no other door is.
const ORDERS: &[&str] = &["merchant-restricted", "no-auth", "app-mismatch", "rule-limit", "param-error"];

/// A place at which something can go wrong.
pub(crate) struct Door {
    /// Its name.
    pub name: &'static str,
    /// What can go wrong there, in groups.
    faults: &'static [&'static [&'static str]],
    /// A sentence about it.
    pub about: &'static str,
}

impl Door {
    /// What can go wrong there.
    pub fn faults(&self) -> impl Iterator<Item = &'static str> {
        self.faults.iter().copied().flatten().copied()
    }
}

const fn door(name: &'static str, faults: &'static [&'static [&'static str]], about: &'static str) -> Door {
    Door { name, faults, about }
}

/// Every door.
pub(crate) const DOORS: &[Door] = &[
    door(
        "prepay",
        &[API, ORDERS],
        "POST /v3/pay/transactions/jsapi and /native; refused because receiving is restricted, the product is not opened, the application is not bound to the merchant, a limit is reached, a parameter is wrong",
    ),
    door("query", &[API], "GET /v3/pay/transactions/out-trade-no/{no} and /id/{id}"),
    door("close", &[API], "POST /v3/pay/transactions/out-trade-no/{no}/close"),
    door("refund", &[API, &["not-enough"]], "POST /v3/refund/domestic/refunds; not-enough: 403 NOT_ENOUGH"),
    door("refund-query", &[API], "GET /v3/refund/domestic/refunds/{out_refund_no}"),
    door("certificates", &[API], "GET /v3/certificates"),
    door(
        "bill",
        &[&["429", "500", "502", "slow", "late", "missing", "extra", "wrong-amount"]],
        "the trade bill: not ready yet, first row left out, a foreign row added, first amount changed",
    ),
    door("pay", &[&["amount"]], "the payer's act: the order's paid amount becomes amount_fen"),
    door("refund-result", &[&["abnormal", "closed"]], "how an accepted refund ends"),
    door(
        "notify",
        &[&["drop", "duplicate", "delay", "out-of-order", "signtest", "wrong-signature", "unknown-serial", "stale", "unsigned", "garbled"]],
        "notices: never sent, sent copies times, held back ms, held until the next one of the order, preceded by a probe, and bad ones (repeated correctly by the table)",
    ),
    door("oauth-authorize", &[&["10003", "10004", "10005", "slow"]], "the page that gives out a code"),
    door("oauth-token", &[&["40029", "40125", "40163", "-1", "snapshot", "500", "slow"]], "GET /sns/oauth2/access_token"),
    door("token", &[&["40125", "45009", "-1", "500"]], "GET /cgi-bin/token"),
    door(
        "message",
        &[&[
            "40001",
            "40003",
            "40037",
            "43004",
            "43101",
            "43117",
            "45009",
            "40241",
            "-1",
            "500",
            "500-after",
            "slow",
            "user-block",
            "system-failed",
        ]],
        "account messages, by errcode; 500-after: sent, but the answer is lost; user-block, system-failed: taken, and ends so",
    ),
    door(
        "sms",
        &[&[
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            "LimitExceeded.PhoneNumberOneHourLimit",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.DeliveryFrequencyLimit",
            "FailedOperation.PhoneNumberInBlacklist",
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.ContainSensitiveWord",
            "InternalError.Timeout",
            "AuthFailure.SignatureFailure",
            "RequestLimitExceeded",
            "500",
            "500-after",
            "slow",
        ]],
        "POST / with X-TC-Action SendSms, by the code that comes back; 500-after: sent, but the answer is lost",
    ),
    door("mail", &[&["550", "451", "421", "552"]], "SMTP, RCPT TO: by the recipient's address (only)"),
    door("mail-from", &[&["451", "421"]], "SMTP, MAIL FROM"),
    door("mail-data", &[&["554", "451", "552"]], "SMTP, DATA: by the recipient's address (only)"),
    door("mail-auth", &[&["535", "451"]], "SMTP, AUTH"),
    door("imap", &[&["hang-up"]], "IMAP: the connection ends before a word is said"),
    door("imap-login", &[&["no"]], "IMAP, LOGIN"),
    door("imap-select", &[&["no"]], "IMAP, SELECT"),
    door("imap-fetch", &[&["garbled"]], "IMAP, UID FETCH: an answer that no client understands, by the mail's number (only)"),
];

/// One order for trouble.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// One of [`DOORS`].
    pub door: String,
    /// One of that door's faults.
    pub fault: String,
    /// How often it strikes before it is gone.
    #[serde(default = "once")]
    pub times: u32,
    /// Length of `slow` (real time) and `delay` (clock time).
    #[serde(default)]
    pub ms: Option<i64>,
    /// For `duplicate`.
    #[serde(default)]
    pub copies: Option<u32>,
    /// For `amount`.
    #[serde(default)]
    pub amount_fen: Option<i64>,
    /// Strikes only where the path, the body or the order's number contains this text.
    #[serde(default)]
    pub only: Option<String>,
}

/// The faults that still wait for their victim, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Takes a new fault in; refuses an unknown door or a fault that the door does not know, with a sentence that lists the known ones.
    pub fn add(&self, fault: Fault) -> Result<(), String> {
        let Some(door) = DOORS.iter().find(|door| door.name == fault.door) else {
            let doors: Vec<_> = DOORS.iter().map(|door| door.name).collect();
            return Err(format!("unknown door {:?}; doors: {}", fault.door, doors.join(", ")));
        };
        let known: Vec<_> = door.faults().collect();
        if !known.contains(&fault.fault.as_str()) {
            return Err(format!("the door {} has no fault {:?}; it has: {}", fault.door, fault.fault, known.join(", ")));
        }
        if fault.times == 0 {
            return Err("times must be at least 1".into());
        }
        lock(&self.0).push(fault);
        Ok(())
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// All that still wait.
    pub fn list(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// The next fault for this door, if one waits for this subject; it has then struck once more.
    pub fn strike(&self, door: &str, subject: &[&str]) -> Option<Fault> {
        let mut faults = lock(&self.0);
        let hits =
            |fault: &Fault| fault.door == door && fault.only.as_deref().is_none_or(|only| subject.iter().any(|text| text.contains(only)));
        let index = faults.iter().position(hits)?;
        faults[index].times -= 1;
        if faults[index].times == 0 { Some(faults.remove(index)) } else { Some(faults[index].clone()) }
    }
}

fn once() -> u32 {
    1
}
