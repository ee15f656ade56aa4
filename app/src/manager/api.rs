//! What the manager's first screens ask the server for, and what the live stream tells them.

use domain::code::AmountRule;
use domain::{CodeId, Fen, Millis, PaymentId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::Refusal;
use crate::concerns::ConcernCount;
use crate::receipts::ReceiptRow;

/// The screen with the code: everything that it shows before the first arrival (rows E8, E10).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Desk {
    /// The organisation that collects.
    pub merchant_name: String,
    /// The manager who is signed in.
    pub manager_name: String,
    /// What the manager calls the code.
    pub code_name: String,
    /// What the code answers itself, as the payer sees it (row E13).
    pub presets: Vec<Preset>,
    /// The token in the code's address. A refresh replaces exactly this one, so that the same request twice refreshes once.
    pub token: String,
    /// How much the code collects.
    pub amount: AmountRule,
    /// What keeps customers from paying by it, or is not as it was left: a sentence in the reader's language, or empty.
    pub hindrance: String,
    /// What refreshes of the manager's codes left behind and still works, the newest first (row E11, idea I7).
    pub old: Vec<OldCode>,
    /// The last refresh, if there was one.
    pub refreshed: Option<Refreshed>,
    /// The last change of the manager's codes: an answer with a later one is newer.
    pub changed_at_ms: Millis,
    /// What the code says when it is scanned.
    pub pay_url: String,
    /// The code as a picture, `data:image/png;base64,...`: WeChat's long press recognises only pictures.
    pub qr_png_data_uri: String,
    /// The manager's newest receipts of today, newest first, at most five.
    pub latest: Vec<ReceiptRow>,
    /// Today so far.
    pub today: Today,
}

/// An answer that a code gives itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// What is asked.
    pub label: String,
    /// The answer.
    pub text: String,
}

/// A code that a manager may show (row E13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCode {
    /// The code.
    pub code: CodeId,
    /// What the manager calls it.
    pub name: String,
    /// What it answers itself.
    pub presets: Vec<Preset>,
    /// How much it collects.
    pub amount: AmountRule,
    /// Why it cannot be paid now, in the reader's language; empty when it can.
    pub not_now: String,
    /// Whether it is the one that is shown.
    pub is_shown: bool,
}

impl OwnCode {
    /// Whether every word of `words` stands in its name or in what it answers; capitals are not told apart.
    pub fn is_found_by(&self, words: &str) -> bool {
        let text = self.said().to_lowercase();
        words.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
    }

    /// Its name and what it answers, line by line.
    pub fn said(&self) -> String {
        let answers = self.presets.iter().map(|preset| preset.text.as_str());
        std::iter::once(self.name.as_str()).chain(answers).collect::<Vec<_>>().join("\n")
    }
}

/// A code that was replaced by a refresh and still works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldCode {
    /// The token in its address.
    pub token: String,
    /// What people tell it apart by, in the reader's language: the end of its address, and the code's name where that is not the one
    /// that is shown.
    pub name: String,
    /// When it was replaced.
    pub replaced_at_ms: Millis,
    /// The first moment at which it no longer works.
    pub ends_at_ms: Millis,
}

/// The last four characters of a token.
pub fn tail(token: &str) -> String {
    let count = token.chars().count();
    token.chars().skip(count.saturating_sub(4)).collect()
}

/// A refresh, and what it brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// When.
    pub at_ms: Millis,
    /// What an administrator had changed since the refresh before: a sentence in the reader's language.
    pub brought: String,
}

/// A code looks different: the JSON of a `code` event of `GET /m/live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChanged {
    /// The last change of the manager's codes, see [`Desk::changed_at_ms`].
    pub changed_at_ms: Millis,
}

/// The manager's day so far, and the point from which the live stream continues it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Today {
    /// When the figures were read, by the server's clock. The live stream is opened with `?after=<as_of_ms>-<32 zeros>`.
    pub as_of_ms: Millis,
    /// Payments collected today (Asia/Shanghai) through the manager's codes.
    pub count: u64,
    /// Their sum.
    pub sum_fen: Fen,
    /// The payments of the 60 s before `as_of_ms`, at most 2,000: a stream may repeat these, and they are no news.
    pub recent: Vec<PaymentId>,
}

/// Money has come: the JSON of one `arrival` event of `GET /m/live`, whose id is `<at_ms>-<payment>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The payment.
    pub payment: PaymentId,
    /// How much came.
    pub amount_fen: Fen,
    /// The payer's first answer, or empty when the code asks nothing.
    pub title: String,
    /// When it became a receipt.
    pub at_ms: Millis,
    /// Payments that were made on that day: this one too, unless it was made just before midnight.
    pub count_today: u64,
    /// Their sum.
    pub sum_today_fen: Fen,
}

/// The session is over: the JSON of the `bye` event of `GET /m/live`, after which nothing comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// When and with what the account signed in elsewhere, as a sentence in the reader's language; `None` when the session ended otherwise.
    pub elsewhere: Option<String>,
}

/// The stream lives: the JSON of one `beat` event of `GET /m/live`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// From when the figures are, by the server's clock.
    pub as_of_ms: Millis,
    /// How much there is to look at; `None` when that could not be counted.
    #[serde(default)]
    pub concerns: Option<ConcernCount>,
    /// As [`Desk::hindrance`]; `None` when that could not be found out.
    #[serde(default)]
    pub hindrance: Option<String>,
}

/// What the manager's screens may ask for. The caller is always the signed-in one, never a parameter from the page.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Collecting: Send + Sync {
    /// The screen with the code.
    async fn desk(&self, caller: &domain::Caller) -> Result<Desk, Refusal>;

    /// Replaces the token that the caller sees by a new one; the old one works for three hours more. A token that was replaced
    /// before stays as it is. Refuses `NotFound` for a token that is not the caller's, `NotAllowed` for a printed code.
    async fn refresh(&self, caller: &domain::Caller, seen: &str) -> Result<Desk, Refusal>;

    /// The codes that the caller may show, oldest first.
    async fn codes(&self, caller: &domain::Caller) -> Result<Vec<OwnCode>, Refusal>;

    /// Shows another code from now on. Refuses `NotFound` for one that is not the caller's, is printed or is switched off.
    async fn choose(&self, caller: &domain::Caller, code: CodeId) -> Result<Desk, Refusal>;

    /// Ends an old token at once; one that has ended stays as it is. Refuses `NotFound` for one that is shown or not the caller's.
    async fn cut(&self, caller: &domain::Caller, token: &str) -> Result<Desk, Refusal>;

    /// Today so far: what every other screen of the manager starts the live stream from.
    async fn today(&self, caller: &domain::Caller) -> Result<Today, Refusal>;
}

/// The screen with the code.
///
/// # Errors
/// [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "manager/desk", prefix = "/api", input = Json)]
pub async fn load_desk() -> Result<Desk, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.desk(&crate::seam::caller()?).await
}

/// Refreshes the code, and answers the screen as it is then.
///
/// # Errors
/// [`Refusal::NotFound`] for a token that is not the caller's, [`Refusal::NotAllowed`] for a printed code.
#[server(endpoint = "manager/refresh", prefix = "/api", input = Json)]
pub async fn refresh_code(
    /// The token that the caller sees.
    seen: String,
) -> Result<Desk, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.refresh(&crate::seam::caller()?, &seen).await
}

/// The codes that the caller may show, oldest first.
///
/// # Errors
/// [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "manager/codes", prefix = "/api", input = Json)]
pub async fn load_codes() -> Result<Vec<OwnCode>, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.codes(&crate::seam::caller()?).await
}

/// Shows another code from now on, and answers the screen as it is then.
///
/// # Errors
/// [`Refusal::NotFound`] for a code that the caller cannot show.
#[server(endpoint = "manager/choose", prefix = "/api", input = Json)]
pub async fn choose_code(
    /// The code.
    code: CodeId,
) -> Result<Desk, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.choose(&crate::seam::caller()?, code).await
}

/// Ends an old code at once, and answers the screen as it is then.
///
/// # Errors
/// [`Refusal::NotFound`] for a token that is shown or not the caller's.
#[server(endpoint = "manager/cut", prefix = "/api", input = Json)]
pub async fn cut_code(
    /// The old token.
    token: String,
) -> Result<Desk, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.cut(&crate::seam::caller()?, &token).await
}

/// Today so far.
///
/// # Errors
/// [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "manager/today", prefix = "/api", input = Json)]
pub async fn load_today() -> Result<Today, Refusal> {
    crate::seam::backend::<dyn Collecting>()?.today(&crate::seam::caller()?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_its_name_and_by_what_it_answers() {
        let preset = |text: &str| Preset { label: "客户".to_owned(), text: text.to_owned() };
        let code = OwnCode {
            code: CodeId::of(uuid::Uuid::nil()),
            name: "恒达物业专用 A".to_owned(),
            presets: vec![preset("三年一班"), preset("Hengda")],
            amount: AmountRule::Free,
            not_now: String::new(),
            is_shown: false,
        };
        let table = [
            ("", true),
            ("物业", true),
            ("一班", true),
            ("hengDA", true),
            ("恒达  一班", true),
            ("恒达 二班", false),
            ("客户", false),
            ("用三", false),
        ];
        for (words, expected) in table {
            assert_eq!(code.is_found_by(words), expected, "{words}");
        }
    }
}
