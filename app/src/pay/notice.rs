//! When there is nothing to pay, or something went wrong: a human sentence and one thing to do.

use domain::Millis;
use domain::code::CodeRefusal;
use leptos::prelude::*;

use super::document::{Frame, Part, Shell, document, owner_link, reader_links};
use super::shop::{Shop, contact_link, masthead};
use super::waiting::Sign;
use crate::i18n::*;
use crate::ui::fill;

/// What there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// No code has this token.
    UnknownCode,
    /// The code no longer works.
    Expired,
    /// The person who collects shows a new code, and the time of this one is over.
    Replaced,
    /// All that was owed came.
    Settled,
    /// What was owed is demanded no more.
    WrittenOff,
    /// Its owner switched the code off.
    Disabled,
    /// The code works from a later moment.
    NotYet {
        /// From when, if it may be told.
        from: Option<Millis>,
    },
    /// The organisation does not collect at present.
    MerchantClosed,
    /// The payment channel does not answer.
    ChannelDown,
    /// The payment channel takes no more orders at this moment.
    ChannelBusy,
    /// WeChat shows a preview with a made-up identity, which may not pay.
    PreviewIdentity,
    /// WeChat did not say who the payer is.
    SignInFailed,
    /// This payer asks too often.
    TooMany {
        /// Seconds after which it makes sense to try again.
        after_s: u32,
    },
    /// More is being written than can be taken at present.
    Busy,
    /// Nobody knows whether what was asked for was done. The same form, sent again, does it once.
    SendAgain,
    /// Nobody knows whether what was asked for was done; its page will show it.
    LookFirst,
    /// What was sent is too large to be read.
    TooLarge,
    /// The form came from another page, or from one that was open for too long.
    Forbidden,
    /// There is no such page, payment or receipt.
    NotFound,
    /// A fault on our side.
    Broken {
        /// What support needs to find it.
        trace: String,
    },
}

impl From<CodeRefusal> for NoticeKind {
    fn from(why: CodeRefusal) -> NoticeKind {
        match why {
            CodeRefusal::Unknown => NoticeKind::UnknownCode,
            CodeRefusal::MerchantClosed => NoticeKind::MerchantClosed,
            CodeRefusal::Disabled => NoticeKind::Disabled,
            CodeRefusal::NotYet => NoticeKind::NotYet { from: None },
            CodeRefusal::Expired => NoticeKind::Expired,
            CodeRefusal::Replaced => NoticeKind::Replaced,
            CodeRefusal::Settled => NoticeKind::Settled,
            CodeRefusal::WrittenOff => NoticeKind::WrittenOff,
        }
    }
}

/// A page with one sentence. `shop` stands above it where it is known; `url` is where the one thing to do leads (for a notice that
/// can be acted on by trying again, the page that was asked for), and without it the sentence stands alone. A payer can do nothing
/// about a code that cannot be paid: there it leads the code's owner to their account, and stands below (row B86).
pub fn notice_page(shell: Shell<'_>, kind: &NoticeKind, shop: Option<&Shop>, url: Option<&str>) -> String {
    let locale = shell.locale;
    let words = words(locale, kind);
    let (owner_url, url) = if is_of_code(kind) { (url, None) } else { (None, url) };
    document(shell, Frame::new(words.title, Part::Result), || {
        view! {
            <main>
                {shop.map(|shop| masthead(locale, shop))}
                <div class="card c">
                    {view! { <Sign kind="warn" /> }}
                    {match shop {
                        Some(_) => view! { <h2>{words.title}</h2> }.into_any(),
                        None => view! { <h1>{words.title}</h1> }.into_any(),
                    }}
                    <p>{words.text}</p>
                    {url.map(|url| view! { <a class="go o" href=url.to_owned()>{words.act}</a> })}
                </div>
                <p class="foot">
                    {shop.and_then(|shop| contact_link(locale, shop))}
                    {reader_links(shell)}
                    {owner_url.map(|url| owner_link(locale, url))}
                </p>
            </main>
        }
    })
}

/// Whether somebody scanned a code of ours that cannot be paid.
const fn is_of_code(kind: &NoticeKind) -> bool {
    use NoticeKind::{Disabled, Expired, MerchantClosed, NotYet, Replaced};
    matches!(kind, Expired | Replaced | Disabled | NotYet { .. } | MerchantClosed)
}

struct Words {
    title: &'static str,
    text: String,
    act: &'static str,
}

fn words(locale: Locale, kind: &NoticeKind) -> Words {
    let again = td_string!(locale, pay.try_again);
    let say = |title, text: &str| Words { title, text: text.to_owned(), act: again };
    match kind {
        NoticeKind::UnknownCode => say(td_string!(locale, pay.unknown_title), td_string!(locale, pay.unknown_text)),
        NoticeKind::Expired => say(td_string!(locale, pay.expired_title), td_string!(locale, pay.expired_text)),
        NoticeKind::Replaced => say(td_string!(locale, pay.expired_title), td_string!(locale, pay.replaced_text)),
        NoticeKind::Settled => say(td_string!(locale, receivables.link_settled), td_string!(locale, receivables.link_settled_text)),
        NoticeKind::WrittenOff => say(td_string!(locale, receivables.link_off), td_string!(locale, receivables.link_off_text)),
        NoticeKind::Disabled => say(td_string!(locale, pay.disabled_title), td_string!(locale, pay.disabled_text)),
        NoticeKind::NotYet { from: None } => say(td_string!(locale, pay.not_yet_title), td_string!(locale, pay.not_yet_text)),
        NoticeKind::NotYet { from: Some(from) } => {
            let text = fill(td_string!(locale, pay.not_yet_from), &[("from", &from.text())]);
            say(td_string!(locale, pay.not_yet_title), &text)
        }
        NoticeKind::MerchantClosed => say(td_string!(locale, pay.closed_title), td_string!(locale, pay.closed_text)),
        NoticeKind::ChannelDown => say(td_string!(locale, pay.channel_title), td_string!(locale, pay.trouble_channel)),
        NoticeKind::ChannelBusy => say(td_string!(locale, pay.busy_title), td_string!(locale, pay.trouble_busy)),
        NoticeKind::PreviewIdentity => {
            let words = say(td_string!(locale, pay.preview_title), td_string!(locale, pay.preview_text));
            Words { act: td_string!(locale, pay.preview_act), ..words }
        }
        NoticeKind::SignInFailed => say(td_string!(locale, pay.sign_in_title), td_string!(locale, pay.trouble_sign_in)),
        NoticeKind::TooMany { after_s } => {
            let text = fill(td_string!(locale, pay.too_many_text), &[("after_s", after_s)]);
            say(td_string!(locale, pay.too_many_title), &text)
        }
        NoticeKind::Busy => say(td_string!(locale, pay.busy_title), td_string!(locale, pay.busy_text)),
        NoticeKind::SendAgain => {
            let words = say(td_string!(locale, pay.unanswered_title), td_string!(locale, pay.send_again_text));
            Words { act: td_string!(locale, pay.send_again_act), ..words }
        }
        NoticeKind::LookFirst => {
            let words = say(td_string!(locale, pay.unanswered_title), td_string!(locale, pay.look_first_text));
            Words { act: td_string!(locale, pay.look_first_act), ..words }
        }
        NoticeKind::TooLarge => say(td_string!(locale, pay.too_large_title), td_string!(locale, pay.too_large_text)),
        NoticeKind::Forbidden => say(td_string!(locale, pay.forbidden_title), td_string!(locale, pay.forbidden_text)),
        NoticeKind::NotFound => say(td_string!(locale, pay.not_found_title), td_string!(locale, pay.not_found_text)),
        NoticeKind::Broken { trace } => {
            let text = fill(td_string!(locale, pay.broken_text), &[("trace", trace)]);
            say(td_string!(locale, pay.broken_title), &text)
        }
    }
}
