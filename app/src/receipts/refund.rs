//! Returning money of a receipt: what to return and why, then what the payer will see and when, and one confirmation
//! (rows B85, E17, idea I3). A plain screen; the preview is a link, so that only the confirmation changes anything.

use domain::fen::YuanError;
use domain::receipt::Receipt;
use domain::refund::RefundRefusal;
use domain::refund_right::{NoRight, RefundRight, ReturnName};
use domain::{Fen, Millis};
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::pay::promised;
use crate::receipts::Reader;
use crate::ui::parts::Bar;
use crate::ui::{fill, yuan};

/// Longest reason, in characters (wechat-pay 2.7).
pub const MOST_REASON_CHARS: usize = 80;

/// What somebody filled in, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefundTyped {
    /// The number of the form; the same number is the same refund.
    pub number: String,
    /// `whole` or `part`; nothing before the form was sent.
    pub what: String,
    /// Yuan.
    pub amount: String,
    /// The key of a reason, `other` for words of one's own.
    pub reason: String,
    /// Those words.
    pub words: String,
    /// Whether the form says that it was sent: with nothing chosen in it, nothing else does.
    pub is_marked: bool,
}

/// What somebody asks for, after the form's own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundAsked {
    /// How much.
    pub amount_fen: Fen,
    /// What the payer reads as reason.
    pub reason: String,
}

/// What is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundWrong {
    /// Neither the whole nor a part was chosen.
    Part,
    /// The whole was chosen, and an amount typed that is another one.
    WholeOrPart {
        /// The whole.
        left_fen: Fen,
    },
    /// The amount cannot be read, or is nothing.
    Amount(YuanError),
    /// More than is left.
    MoreThanLeft {
        /// What is left.
        left_fen: Fen,
    },
    /// More than the role may.
    AboveLimit {
        /// What it may.
        most_fen: Fen,
    },
    /// No reason was chosen.
    Reason,
    /// Words of one's own were chosen and not written.
    Words,
    /// More words than the channel takes.
    WordsTooLong,
    /// A form of the same number was sent before, with another amount or another reason.
    SentBefore(RefundAsked),
}

/// Why there is no form at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundBar {
    /// The caller has no right to it.
    NotAllowed,
    /// The caller returned what they may.
    AboveLimit {
        /// What is left beyond that.
        left_fen: Fen,
    },
    /// Everything went back.
    NothingLeft,
    /// The payment's own rules refuse.
    Rule(RefundRefusal),
    /// A form of the same number was sent before and asked for this, after which no other can be asked for.
    SentBefore(RefundAsked),
}

/// The receipt whose money goes back.
#[derive(Debug, Clone, Copy)]
pub struct RefundOf<'a> {
    /// The receipt.
    pub receipt: &'a Receipt,
    /// When the screen is shown: by which name people know the return.
    pub now: Millis,
    /// Who asks.
    pub reader: Reader,
}

/// What the screen shows.
#[derive(Debug, Clone)]
pub enum RefundScreen<'a> {
    /// What and why.
    Form {
        /// What the caller may return.
        right: RefundRight,
        /// What was typed.
        typed: &'a RefundTyped,
        /// What is wrong with it, from its top.
        wrong: Vec<RefundWrong>,
    },
    /// What the payer will see; one confirmation.
    Preview {
        /// What was typed, to be sent with the confirmation.
        typed: &'a RefundTyped,
        /// What is asked for.
        asked: &'a RefundAsked,
    },
    /// Why not.
    Barred(RefundBar),
}

impl RefundTyped {
    /// Reads the fields of a form or a query; what is unknown is passed over, and nothing is longer than it can be.
    pub fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> RefundTyped {
        let mut typed = RefundTyped::default();
        for (name, value) in pairs {
            let value: String = value.chars().take(4 * MOST_REASON_CHARS).collect();
            match name {
                "number" => typed.number = value,
                "what" => typed.what = value,
                "amount" => typed.amount = value,
                "reason" => typed.reason = value,
                "words" => typed.words = value,
                "sent" => typed.is_marked = true,
                _ => {}
            }
        }
        typed
    }

    /// Whether the form was sent at all: a link may fill in an amount, and a reason is chosen by a person.
    pub fn is_sent(&self) -> bool {
        self.is_marked || !self.reason.is_empty()
    }

    /// What is asked for, within `right`. A chosen reason is told to the payer in the words that `locale` has for it.
    ///
    /// # Errors
    /// Everything that is wrong, from the top of the form.
    pub fn check(&self, locale: Locale, right: RefundRight) -> Result<RefundAsked, Vec<RefundWrong>> {
        match (self.amount(right), self.reason(locale)) {
            (Ok(amount_fen), Ok(reason)) => Ok(RefundAsked { amount_fen, reason }),
            (amount, reason) => Err(amount.err().into_iter().chain(reason.err()).collect()),
        }
    }

    /// Whether a part is meant: it was chosen, or an amount was typed and nothing chosen.
    fn is_part(&self) -> bool {
        self.what == "part" || (self.what.is_empty() && !self.amount.trim().is_empty())
    }

    fn amount(&self, right: RefundRight) -> Result<Fen, RefundWrong> {
        let amount_fen = match self.what.as_str() {
            // Whoever typed an amount believes that it counts, and what has gone back cannot be had again.
            "whole" if !self.amount.trim().is_empty() && Fen::parse_yuan(&self.amount) != Ok(right.left_fen) => {
                return Err(RefundWrong::WholeOrPart { left_fen: right.left_fen });
            }
            "whole" => right.left_fen,
            _ if self.is_part() => Fen::parse_yuan(&self.amount).map_err(RefundWrong::Amount)?,
            _ => return Err(RefundWrong::Part),
        };
        if !amount_fen.is_positive() {
            return Err(RefundWrong::Amount(YuanError::Empty));
        }
        if let Err(NoRight::AboveLimit { most_fen }) = right.covers(amount_fen) {
            return Err(RefundWrong::AboveLimit { most_fen });
        }
        if amount_fen > right.left_fen {
            return Err(RefundWrong::MoreThanLeft { left_fen: right.left_fen });
        }
        Ok(amount_fen)
    }

    fn reason(&self, locale: Locale) -> Result<String, RefundWrong> {
        if let Some((_, words)) = reasons(locale).into_iter().find(|(key, _)| *key == self.reason) {
            return Ok(words.to_owned());
        }
        if self.reason != "other" {
            return Err(RefundWrong::Reason);
        }
        let words = self.words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>().join(" ");
        match words.chars().count() {
            0 => Err(RefundWrong::Words),
            1..=MOST_REASON_CHARS => Ok(words),
            _ => Err(RefundWrong::WordsTooLong),
        }
    }
}

impl From<RefundRefusal> for RefundBar {
    fn from(refusal: RefundRefusal) -> RefundBar {
        RefundBar::Rule(refusal)
    }
}

/// The reasons to choose from, by key.
fn reasons(locale: Locale) -> [(&'static str, &'static str); 4] {
    [
        ("amount", td_string!(locale, refunding.why_amount)),
        ("twice", td_string!(locale, refunding.why_twice)),
        ("cancelled", td_string!(locale, refunding.why_cancelled)),
        ("short", td_string!(locale, refunding.why_short)),
    ]
}

/// Whether two reasons say the same: in the same words, or the same of the reasons to choose from in two languages.
pub fn is_same_reason(one: &str, other: &str) -> bool {
    let key = |words: &str| {
        let all = [Locale::zh, Locale::en].into_iter().flat_map(reasons);
        all.into_iter().find(|(_, said)| *said == words).map(|(key, _)| key)
    };
    one == other || key(one).is_some_and(|chosen| key(other) == Some(chosen))
}

/// The title of the window and of the screen.
pub fn refund_title(locale: Locale, of: RefundOf<'_>) -> &'static str {
    match ReturnName::at(of.receipt.paid_at_ms, of.now) {
        ReturnName::Withdrawal => td_string!(locale, refunding.withdraw_title),
        ReturnName::Refund => td_string!(locale, refunding.refund_title),
    }
}

/// The manager's screen.
pub fn refund_screen(locale: Locale, of: RefundOf<'_>, screen: RefundScreen<'_>) -> AnyView {
    let title = refund_title(locale, of);
    view! {
        <Bar title back=Some(("/m/receipts", td_string!(locale, receipts.list)))/>
        <main id="main" class="one" tabindex="-1">{refund_parts(locale, of, screen)}</main>
    }
    .into_any()
}

/// What stands on the screen. Its form asks for the preview by GET and the preview's posts to the same address.
pub fn refund_parts(locale: Locale, of: RefundOf<'_>, screen: RefundScreen<'_>) -> AnyView {
    let inner = match screen {
        RefundScreen::Form { right, typed, wrong } => form(locale, of, right, typed, &wrong),
        RefundScreen::Preview { typed, asked } => preview(locale, of, typed, asked),
        RefundScreen::Barred(bar) => barred(locale, of, bar),
    };
    view! {
        {inner}
        <a class="button button-quiet" href=of.reader.receipt(of.receipt.payment)>{td_string!(locale, refunding.cancel)}</a>
    }
    .into_any()
}

fn about(locale: Locale, of: RefundOf<'_>) -> String {
    let Receipt { amount_fen, paid_at_ms, payment, .. } = of.receipt;
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("amount", &yuan(*amount_fen)), ("time", &paid_at_ms.text()), ("tail", &payment.tail())];
    fill(td_string!(locale, refunding.of), &values)
}

fn form(locale: Locale, of: RefundOf<'_>, right: RefundRight, typed: &RefundTyped, wrong: &[RefundWrong]) -> AnyView {
    let lead = match ReturnName::at(of.receipt.paid_at_ms, of.now) {
        ReturnName::Withdrawal => td_string!(locale, refunding.withdraw_lead),
        ReturnName::Refund => td_string!(locale, refunding.refund_lead),
    };
    let RefundRight { left_fen, most_fen } = right;
    let limit =
        (most_fen < left_fen).then(|| fill(td_string!(locale, refunding.limit), &[("most", &yuan(most_fen)), ("left", &yuan(left_fen))]));
    let at = |field: &'static str| wrong.iter().find(|wrong| field_of(wrong) == field).map(|wrong| sentence(locale, wrong));
    let why = |field: &'static str| at(field).map(|sentence| view! { <p class="field-why" id=format!("{field}-why")>{sentence}</p> });
    let is_wrong = |field: &'static str| at(field).map(|_| "true");
    let described = |field: &'static str| at(field).map(|_| format!("{field}-why"));
    // What concerns the whole form is said above it.
    let before = at("form").map(|_| see_before(locale, of));
    let top = at("form").or_else(|| (!wrong.is_empty()).then(|| td_string!(locale, refunding.check_again).to_owned()));
    let is_part = typed.is_part() || limit.is_some();
    let whole = limit.is_none().then(|| {
        let words = match left_fen == of.receipt.amount_fen {
            true => td_string!(locale, refunding.whole),
            false => td_string!(locale, refunding.whole_rest),
        };
        let words = fill(words, &[("amount", &yuan(left_fen))]);
        radio("what", "whole", words, typed.what == "whole")
    });
    let mut choices: Vec<AnyView> =
        reasons(locale).into_iter().map(|(key, words)| radio("reason", key, words.to_owned(), typed.reason == key)).collect();
    choices.push(radio("reason", "other", td_string!(locale, refunding.why_other).to_owned(), typed.reason == "other"));
    view! {
        <section class="card">
            <p>{about(locale, of)}</p>
            <p class="quiet">{lead}</p>
        </section>
        {top.map(|words| view! { <p class="note note-bad" role="alert">{words}</p> })}
        {before}
        {limit.map(|words| view! { <p class="note note-warn">{words}</p> })}
        <form class="ask-form" method="get" action=of.reader.refund(of.receipt.payment) autocomplete="off">
            <input type="hidden" name="number" value=typed.number.clone()/>
            <input type="hidden" name="sent" value="1"/>
            <fieldset class="card" aria-invalid=is_wrong("what") aria-describedby=described("what")>
                <legend>{td_string!(locale, refunding.how_much)}</legend>
                {why("what")}
                {whole}
                {radio("what", "part", td_string!(locale, refunding.part).to_owned(), is_part)}
                <label for="amount">{td_string!(locale, refunding.amount)}</label>
                <input id="amount" name="amount" inputmode="decimal" maxlength="16" value=typed.amount.clone()
                    aria-invalid=is_wrong("amount") aria-describedby=described("amount").unwrap_or_else(|| "amount-most".to_owned())/>
                {why("amount")}
                <p class="quiet" id="amount-most">{fill(td_string!(locale, refunding.most), &[("amount", &yuan(most_fen))])}</p>
            </fieldset>
            <fieldset class="card" aria-invalid=is_wrong("reason") aria-describedby=described("reason")>
                <legend>{td_string!(locale, refunding.why)}</legend>
                {why("reason")}
                {choices}
                <label for="words">{td_string!(locale, refunding.words)}</label>
                <input id="words" name="words" maxlength="80" value=typed.words.clone() aria-invalid=is_wrong("words") aria-describedby=described("words")/>
                {why("words")}
            </fieldset>
            <button class="button" type="submit">{td_string!(locale, refunding.next)}</button>
        </form>
    }
    .into_any()
}

/// The way to what a form of the same number asked for: the receipt says where it stands.
fn see_before(locale: Locale, of: RefundOf<'_>) -> AnyView {
    let href = of.reader.receipt(of.receipt.payment);
    view! { <p><a class="quiet-link" href=href>{td_string!(locale, refunding.sent_before_see)}</a></p> }.into_any()
}

fn radio(name: &'static str, value: &'static str, words: String, is_chosen: bool) -> AnyView {
    view! {
        <label class="choice">
            <input type="radio" name=name value=value checked=is_chosen/>
            <span>{words}</span>
        </label>
    }
    .into_any()
}

fn preview(locale: Locale, of: RefundOf<'_>, typed: &RefundTyped, asked: &RefundAsked) -> AnyView {
    let amount = yuan(asked.amount_fen);
    let confirm = match ReturnName::at(of.receipt.paid_at_ms, of.now) {
        ReturnName::Withdrawal => td_string!(locale, refunding.withdraw_do),
        ReturnName::Refund => td_string!(locale, refunding.refund_do),
    };
    // The confirmation is about the sum that was read here, whatever happens to the receipt meanwhile.
    let hidden = [
        ("number", typed.number.clone()),
        ("what", "part".to_owned()),
        ("amount", asked.amount_fen.yuan()),
        ("reason", typed.reason.clone()),
        ("words", typed.words.clone()),
    ];
    // It is also where the confirmation is sent: whoever gets no answer to that is led back by its own address, number and all.
    let back = format!("{}?{}", of.reader.refund(of.receipt.payment), typed.query());
    let hidden = hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <section class="card amounts">
            <h2>{td_string!(locale, refunding.preview_title)}</h2>
            <p class="money">{amount.clone()}</p>
            <p class="quiet">{about(locale, of)}</p>
        </section>
        <section class="card" aria-labelledby="payer-sees">
            <h2 id="payer-sees">{td_string!(locale, refunding.payer_sees)}</h2>
            <p class="quiet">{td_string!(locale, refunding.payer_receipt)}</p>
            <dl class="quoted pairs">
                <div>
                    <dt>{td_string!(locale, pay.refund_under_way)}</dt>
                    <dd>
                        <strong>{amount.clone()}</strong>
                        <span class="long">{asked.reason.clone()}</span>
                        <span class="long">{promised(locale, of.now)}</span>
                    </dd>
                </div>
            </dl>
            <p class="quiet">{td_string!(locale, refunding.payer_notice)}</p>
        </section>
        <section class="card" aria-labelledby="arrives">
            <h2 id="arrives">{td_string!(locale, refunding.when)}</h2>
            <ul class="facts"><li>{td_string!(locale, refunding.when_balance)}</li><li>{td_string!(locale, refunding.when_card)}</li></ul>
            <h2>{td_string!(locale, refunding.after)}</h2>
            <ul class="facts">
                <li>{fill(td_string!(locale, refunding.after_aside), &[("amount", &amount)])}</li>
                <li>{td_string!(locale, refunding.after_state)}</li>
            </ul>
        </section>
        <form method="post" action=back.clone()>
            {hidden}
            <button class="button" type="submit">{fill(confirm, &[("amount", &amount)])}</button>
        </form>
        <a class="button button-quiet" href=back>{td_string!(locale, refunding.change)}</a>
    }
    .into_any()
}

impl RefundTyped {
    /// The fields as a query that shows the form again, filled in, without going on to the preview.
    pub fn query(&self) -> String {
        let fields =
            [("number", &self.number), ("what", &self.what), ("amount", &self.amount), ("reason", &self.reason), ("words", &self.words)];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).append_pair("change", "yes").finish()
    }
}

fn barred(locale: Locale, of: RefundOf<'_>, bar: RefundBar) -> AnyView {
    let number = of.receipt.payment;
    let before = matches!(bar, RefundBar::SentBefore(_)).then(|| see_before(locale, of));
    let (what, how) = match bar {
        RefundBar::NotAllowed => {
            let how = fill(td_string!(locale, refunding.not_allowed_how), &[("number", &number)]);
            (td_string!(locale, refunding.not_allowed), how)
        }
        RefundBar::AboveLimit { left_fen } => {
            let how = fill(td_string!(locale, refunding.above_limit_how), &[("left", &yuan(left_fen)), ("number", &number)]);
            (td_string!(locale, refunding.above_limit), how)
        }
        RefundBar::Rule(RefundRefusal::TooLate) => {
            (td_string!(locale, refunding.too_late), td_string!(locale, refunding.too_late_how).to_owned())
        }
        RefundBar::Rule(RefundRefusal::TooMany) => {
            (td_string!(locale, refunding.too_many), td_string!(locale, refunding.too_many_how).to_owned())
        }
        RefundBar::NothingLeft | RefundBar::Rule(RefundRefusal::MoreThanLeft { .. }) => {
            (td_string!(locale, refunding.nothing_left), td_string!(locale, refunding.nothing_left_how).to_owned())
        }
        RefundBar::SentBefore(before) => (td_string!(locale, refunding.sent_before_title), said_before(locale, &before)),
        RefundBar::Rule(_) => (td_string!(locale, refunding.not_paid), td_string!(locale, refunding.not_paid_how).to_owned()),
    };
    view! {
        <section class="card">
            <h2>{what}</h2>
            <p>{how}</p>
            <p class="quiet">{about(locale, of)}</p>
            {before}
        </section>
    }
    .into_any()
}

/// The field at which a fault is shown; what concerns the whole form has none.
fn field_of(wrong: &RefundWrong) -> &'static str {
    match wrong {
        RefundWrong::Part | RefundWrong::WholeOrPart { .. } => "what",
        RefundWrong::Amount(_) | RefundWrong::MoreThanLeft { .. } | RefundWrong::AboveLimit { .. } => "amount",
        RefundWrong::Reason => "reason",
        RefundWrong::Words | RefundWrong::WordsTooLong => "words",
        RefundWrong::SentBefore(_) => "form",
    }
}

fn sentence(locale: Locale, wrong: &RefundWrong) -> String {
    let with = |template, amount| fill(template, &[("amount", &yuan(amount))]);
    let words = match wrong {
        RefundWrong::Part => td_string!(locale, refunding.wrong_part),
        RefundWrong::WholeOrPart { left_fen } => return with(td_string!(locale, refunding.wrong_whole), *left_fen),
        RefundWrong::Amount(YuanError::TooManyDecimals) => td_string!(locale, refunding.wrong_decimals),
        RefundWrong::Amount(_) => td_string!(locale, refunding.wrong_amount),
        RefundWrong::MoreThanLeft { left_fen } => return with(td_string!(locale, refunding.wrong_left), *left_fen),
        RefundWrong::AboveLimit { most_fen } => return with(td_string!(locale, refunding.wrong_limit), *most_fen),
        RefundWrong::Reason => td_string!(locale, refunding.wrong_reason),
        RefundWrong::Words => td_string!(locale, refunding.wrong_words),
        RefundWrong::WordsTooLong => td_string!(locale, refunding.wrong_words_long),
        RefundWrong::SentBefore(before) => return said_before(locale, before),
    };
    words.to_owned()
}

/// What a form of the same number asked for.
fn said_before(locale: Locale, before: &RefundAsked) -> String {
    fill(td_string!(locale, refunding.sent_before), &[("amount", &yuan(before.amount_fen)), ("reason", &before.reason)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(what: &str, amount: &str, reason: &str, words: &str) -> RefundTyped {
        RefundTyped::of_pairs([("what", what), ("amount", amount), ("reason", reason), ("words", words), ("else", "x")])
    }

    #[test]
    fn a_form_is_read_from_the_top_and_every_fault_is_named() {
        use RefundWrong::*;
        let right = RefundRight { left_fen: Fen::of(1000), most_fen: Fen::of(600) };
        let long = "长".repeat(MOST_REASON_CHARS + 1);
        let fits = "长".repeat(MOST_REASON_CHARS);
        let asked = |fen, reason: &str| Ok(RefundAsked { amount_fen: Fen::of(fen), reason: reason.to_owned() });
        let wrong = |wrong: RefundWrong| Err(vec![wrong]);
        let table = [
            (typed("", "", "", ""), Err(vec![Part, Reason])),
            (typed("part", "zwei", "other", ""), Err(vec![Amount(YuanError::NotANumber), Words])),
            (typed("", " ", "twice", ""), wrong(Part)),
            (typed("", "1.5", "twice", ""), asked(150, "重复付款")),
            (typed("", "1.5", "", ""), wrong(Reason)),
            (typed("both", "1", "twice", ""), wrong(Part)),
            (typed("part", "", "twice", ""), wrong(Amount(YuanError::Empty))),
            (typed("part", "0", "twice", ""), wrong(Amount(YuanError::Empty))),
            (typed("part", "1.234", "twice", ""), wrong(Amount(YuanError::TooManyDecimals))),
            (typed("part", "zwei", "twice", ""), wrong(Amount(YuanError::NotANumber))),
            (typed("part", "6.01", "twice", ""), wrong(AboveLimit { most_fen: Fen::of(600) })),
            (typed("part", "10.01", "twice", ""), wrong(MoreThanLeft { left_fen: Fen::of(1000) })),
            (typed("whole", "", "twice", ""), wrong(AboveLimit { most_fen: Fen::of(600) })),
            (typed("part", "6", "", ""), wrong(Reason)),
            (typed("part", "6", "because", ""), wrong(Reason)),
            (typed("part", "6", "other", " \n "), wrong(Words)),
            (typed("part", "6", "other", &long), wrong(WordsTooLong)),
            (typed("part", "6", "other", &fits), asked(600, &fits)),
            (typed("part", "6", "other", " 少发\n一件 "), asked(600, "少发 一件")),
            (typed("part", "0.01", "twice", "ignored"), asked(1, "重复付款")),
        ];
        for (typed, expected) in table {
            assert_eq!(typed.check(Locale::zh, right), expected, "{typed:?}");
        }
        let table = [
            ("重复付款", "重复付款", true),
            ("重复付款", "Paid twice", true),
            ("Paid twice", "重复付款", true),
            ("重复付款", "金额收错了", false),
            ("Paid twice", "金额收错了", false),
            ("少发一件", "少发一件", true),
            ("少发一件", "少发两件", false),
            ("少发一件", "重复付款", false),
            ("", "", true),
            ("", "重复付款", false),
        ];
        for (one, other, expected) in table {
            assert_eq!(is_same_reason(one, other), expected, "{one} {other}");
        }
        let whole = RefundRight { left_fen: Fen::of(1000), most_fen: Fen::of(1000) };
        assert_eq!(typed("whole", "10", "twice", "").check(Locale::en, whole), asked(1000, "Paid twice"));
        let wrong = RefundWrong::WholeOrPart { left_fen: Fen::of(1000) };
        assert_eq!(typed("whole", "3", "twice", "").check(Locale::en, whole), Err(vec![wrong.clone()]));
        assert!(sentence(Locale::en, &wrong).contains("10.00"));
    }
}
