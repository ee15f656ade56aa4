//! The payment page: amount, questions, one button.
//!
//! It is a plain form that works without a script: the amount is a line of text with a decimal keyboard. With the script the
//! same line is filled by a keypad of ours, and the button says what will be paid. The server decides either way.

use domain::code::{AmountRefusal, AmountRule};
use domain::fen::YuanError;
use domain::form::{Component, Field, FieldError, FormSchema, Typed};
use leptos::prelude::*;

use super::document::{Frame, Part, Shell, document, owner_link, reader_links};
use super::field::{self, Asking};
use super::owing::{Owing, owing_card};
use super::refusal::{PhotoError, amount_sentence, open_sentence, trouble_sentence};
use super::shop::{Shop, masthead};
use crate::i18n::*;
use crate::ui::{escaped, fill, yuan};

/// Why the amount was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountError {
    /// It is not an amount.
    Typed(YuanError),
    /// The code does not collect this amount.
    Refused(AmountRefusal),
}

/// What went wrong with the submit as a whole. The page shows it above the form and keeps everything that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The payment channel does not answer, and no payment was made.
    ChannelDown,
    /// The payment channel refused to take the payment.
    Refused,
    /// Too much is being written at present; nothing was kept.
    Busy,
    /// This payer asks too often.
    TooMany {
        /// Seconds after which it makes sense to try again.
        after_s: u32,
    },
    /// The code's form or amount changed while the payer was filling it in.
    FormChanged,
    /// WeChat did not say who the payer is.
    SignInFailed,
}

/// More questions than this leave no room for a keypad on a small phone.
const MOST_ABOVE_KEYPAD: usize = 3;

/// Everything on the payment page.
#[derive(Debug, Clone, Copy)]
pub struct PayForm<'a> {
    /// Where the form is posted: `/p/{code}`. It is also the name of the draft in the browser.
    pub action: &'a str,
    /// Who is paid.
    pub shop: &'a Shop,
    /// What may be paid.
    pub amount: AmountRule,
    /// The debt that is paid, where the code collects one.
    pub owing: Option<&'a Owing>,
    /// The amount as it was typed before (`amount`), or empty.
    pub amount_typed: &'a str,
    /// What was wrong with it.
    pub amount_error: Option<AmountError>,
    /// What is asked. Text fields are posted as `field.<key>`; places as `field.<key>.text`, `.lat`, `.lng`; invoice titles as
    /// `field.<key>.kind`, `.name`, `.tax_no`; a photo's file as `field.<key>.file`, and the id of a photo that the server has
    /// already taken over as `field.<key>`. The form is `multipart/form-data` exactly when a photo is asked for. Its version is posted
    /// as `form`.
    pub form: &'a FormSchema,
    /// What was typed before, as it was typed.
    pub typed: &'a Typed,
    /// What the code fixes: shown, not asked.
    pub presets: &'a Typed,
    /// What was wrong with the answers, in the form's order.
    pub field_errors: &'a [FieldError],
    /// What was wrong with the files of photos.
    pub photo_errors: &'a [PhotoError],
    /// The idempotency key of this submit (`idem`): a second post with the same one leads to the same payment.
    pub idem: &'a str,
    /// The signed draft (`draft`) that travels in the form when the browser keeps no cookie of ours.
    pub draft: Option<&'a str>,
    /// What WeChat's script is to be told (JSON: `src`, `appId`, `timestamp`, `nonceStr`, `signature`), so that it scans codes. Only
    /// inside WeChat, and only where a code is asked for.
    pub wechat_script: Option<&'a str>,
    /// What went wrong as a whole.
    pub trouble: Option<Trouble>,
}

/// The payment page.
pub fn pay_page(shell: Shell<'_>, pay: &PayForm<'_>) -> String {
    let locale = shell.locale;
    let faults = faults(locale, pay);
    let title = fill(td_string!(locale, pay.page_title), &[("shop", &pay.shop.name)]);
    let title = if faults.is_empty() { title } else { format!("{}{title}", td_string!(locale, pay.title_error)) };
    let plain = |field: &Field| match &field.component {
        Component::Text { .. } => true,
        Component::Choice { options, multiple } => *multiple || options.len() <= field::MOST_CHIPS,
        _ => false,
    };
    let is_plain =
        pay.owing.is_none() && pay.trouble.is_none() && faults.is_empty() && pay.presets.keys().is_empty() && pay.form.asked().all(plain);
    let part = if is_plain { Part::Pay } else { Part::Tools };
    document(shell, Frame::new(title, part), || {
        view! {
            <main>
                {masthead(locale, pay.shop)}
                {pay.owing.map(|owing| owing_card(locale, owing))}
                {pay.trouble.map(|trouble| view! { <p class="sum" role="alert">{trouble_sentence(locale, trouble)}</p> })}
                {(!faults.is_empty()).then(|| summary(locale, &faults))}
                {form(shell, pay, &faults)}
            </main>
        }
    })
}

/// One thing to correct: the control, what the payer calls it, and what is wrong.
pub(super) struct Fault {
    /// `amount`, or the key of a field.
    pub key: String,
    /// The id of the control to go to.
    pub control: String,
    label: String,
    /// The sentence.
    pub sentence: String,
}

fn faults(locale: Locale, pay: &PayForm<'_>) -> Vec<Fault> {
    let amount = pay.amount_error.map(|why| Fault {
        key: "amount".to_owned(),
        control: "amount".to_owned(),
        label: td_string!(locale, pay.amount).to_owned(),
        sentence: amount_sentence(locale, why),
    });
    let fields = pay.form.asked().filter_map(|asked| field::fault(locale, asked, pay));
    amount
        .into_iter()
        .chain(fields.map(|(field, control, sentence)| Fault { key: field.key.clone(), control, label: field.label.clone(), sentence }))
        .collect()
}

/// The errors once more at the top, each a link to its place. It takes the focus, so that it is the first thing that is heard.
fn summary(locale: Locale, faults: &[Fault]) -> impl IntoView + use<> {
    let lines: Vec<_> =
        faults.iter().map(|f| (format!("#{}", f.control), format!("{}{}{}", f.label, td_string!(locale, pay.colon), f.sentence))).collect();
    view! {
        <div class="sum" id="errors" role="alert" tabindex="-1" autofocus=true>
            <b>{fill(td_string!(locale, pay.errors), &[("n", &faults.len())])}</b>
            <ul>{lines.into_iter().map(|(href, line)| view! { <li><a href=href>{line}</a></li> }).collect::<Vec<_>>()}</ul>
        </div>
    }
}

fn form(shell: Shell<'_>, pay: &PayForm<'_>, faults: &[Fault]) -> impl IntoView + use<> {
    let locale = shell.locale;
    let has_photo = pay.form.asked().any(|field| field.component == Component::Photo);
    let asking = Asking { locale, typed: pay.typed, presets: pay.presets };
    let questions: Vec<AnyView> =
        pay.form.asked().map(|field| field::question(&asking, field, faults.iter().find(|fault| fault.key == field.key))).collect();
    let reminders = pay.owing.and_then(|owing| owing.reminders_url.clone());
    let reminders = reminders.map(|url| view! { <a href=url>{td_string!(locale, reminders.payer_link)}</a> });
    let owner = pay.owing.is_none().then(|| owner_link(locale, &pay.action.replacen("/p/", "/m/lost?code=", 1)));
    // So that what was typed here is not filed under the questions of a form that replaced this one.
    let asked = pay.form.asked().next().map(|_| view! { <input type="hidden" name="form" value=pay.form.version.to_string() /> });
    let draft = pay.draft.map(|draft| view! { <input type="hidden" name="draft" value=draft.to_owned() /> });
    view! {
        <form
            method="post"
            action=pay.action.to_owned()
            enctype=has_photo.then_some("multipart/form-data")
            data-why=open_sentence(locale, &Component::text(1))
            data-wx=pay.wechat_script.map(str::to_owned)
        >
            <input type="hidden" name="idem" value=pay.idem.to_owned() />
            {asked}
            {draft}
            <div class="card">
                {amount(locale, pay, faults.iter().find(|fault| fault.control == "amount"))}
                {questions}
            </div>
            <p class="foot">
                {reader_links(shell)}
                {reminders}
                {owner}
                <button type="button" class="x" id="clear" hidden>{td_string!(locale, pay.draft_clear)}</button>
            </p>
            {pad(locale, pay.amount, has_keypad(pay, faults))}
        </form>
    }
}

fn amount(locale: Locale, pay: &PayForm<'_>, fault: Option<&Fault>) -> AnyView {
    let label = td_string!(locale, pay.amount);
    if let AmountRule::Fixed { amount_fen } = pay.amount {
        return view! {
            <p class="amt">
                <span class="lb">{label}</span>
                <b class="money"><i>"¥"</i>{amount_fen.to_string()}</b>
                <input type="hidden" name="amount" value=amount_fen.yuan() />
            </p>
        }
        .into_any();
    }
    let bounds = bounds(locale, pay.amount);
    let (min, max) = match pay.amount {
        AmountRule::Between { min_fen, .. } => (min_fen.get(), pay.amount.max().get()),
        _ => (1, pay.amount.max().get()),
    };
    let note = fault.map_or_else(|| bounds.clone(), |fault| fault.sentence.clone());
    // What the script says while somebody types: the same sentences that the server would answer.
    let says = [
        bounds,
        amount_sentence(locale, AmountError::Typed(YuanError::Empty)),
        amount_sentence(locale, AmountError::Typed(YuanError::NotANumber)),
        amount_sentence(locale, AmountError::Typed(YuanError::TooManyDecimals)),
        amount_sentence(locale, AmountError::Refused(AmountRefusal::BelowMin { min_fen: domain::Fen::of(min) })),
        amount_sentence(locale, AmountError::Refused(AmountRefusal::AboveMax { max_fen: domain::Fen::of(max) })),
    ]
    .join("|");
    view! {
        <div class="amt">
            <label class="lb" for="amount">{label}</label>
            <span class="money">
                <i>"¥"</i>
                <input
                    id="amount"
                    name="amount"
                    inputmode="decimal"
                    autocomplete="off"
                    enterkeyhint="done"
                    placeholder="0.00"
                    maxlength="24"
                    value=pay.amount_typed.to_owned()
                    required=true
                    aria-describedby="note"
                    aria-invalid=fault.map(|_| "true")
                    data-min=min.to_string()
                    data-max=max.to_string()
                    data-says=says
                />
            </span>
            <span id="note" class=if fault.is_some() { "note err" } else { "note" } aria-live="polite">{note}</span>
        </div>
    }
    .into_any()
}

fn bounds(locale: Locale, rule: AmountRule) -> String {
    match rule {
        AmountRule::Between { min_fen, .. } => {
            fill(td_string!(locale, pay.amount_between), &[("min", &short(min_fen)), ("max", &short(rule.max()))])
        }
        _ => fill(td_string!(locale, pay.amount_limit), &[("max", &short(rule.max()))]),
    }
}

/// `¥5,000` rather than `¥5,000.00` where a bound is told in passing.
fn short(amount: domain::Fen) -> String {
    let text = yuan(amount);
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// Whether the keypad stands at the bottom of the screen: on a form that leaves room for it. A long one, or one with something to
/// correct, is walked through from top to bottom with the device's own keyboard, and ends with the button.
fn has_keypad(pay: &PayForm<'_>, faults: &[Fault]) -> bool {
    let is_typed = !matches!(pay.amount, AmountRule::Fixed { .. });
    is_typed && faults.is_empty() && pay.form.asked().count() <= MOST_ABOVE_KEYPAD
}

/// The keypad and the one button. Without a script the keys are not shown, and the button spans the row. It is written as text,
/// because it is the same for everybody.
fn pad(locale: Locale, rule: AmountRule, has_keypad: bool) -> impl IntoView + use<> {
    let keys = if has_keypad { KEYS.replace("{delete}", &escaped(td_string!(locale, pay.key_delete))) } else { String::new() };
    let fixed = match rule {
        AmountRule::Fixed { amount_fen } => yuan(amount_fen),
        _ => String::new(),
    };
    let (busy, pay) = (escaped(td_string!(locale, pay.busy)), escaped(td_string!(locale, pay.pay)));
    let inside =
        format!("{keys}<button class=\"go\" data-busy=\"{busy}\"><span>{pay}</span><output for=\"amount\">{fixed}</output></button>");
    let class = if has_keypad { "pad keys" } else { "pad" };
    view! { <div class=class role="group" aria-label=td_string!(locale, pay.keypad) inner_html=inside></div> }
}

/// The keys of the keypad.
const KEYS: &str = concat!(
    "<button type=\"button\" class=\"k\">1</button><button type=\"button\" class=\"k\">2</button><button type=\"button\" class=\"k\">3</button>",
    "<button type=\"button\" class=\"k\">4</button><button type=\"button\" class=\"k\">5</button><button type=\"button\" class=\"k\">6</button>",
    "<button type=\"button\" class=\"k\">7</button><button type=\"button\" class=\"k\">8</button><button type=\"button\" class=\"k\">9</button>",
    "<button type=\"button\" class=\"k\">0</button><button type=\"button\" class=\"k\">.</button>",
    "<button type=\"button\" class=\"k del\" aria-label=\"{delete}\">⌫</button>",
);
