//! 接收收款成功通知: the screen that switches messages on and off, and says whether they get through. The server renders it alone.

use async_trait::async_trait;
use domain::digest::{Pace, Unreached};
use domain::{Caller, Millis};
use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::parts::{Bar, Refused};
use crate::ui::{fill, yuan};
use crate::{Locale, Refusal};

/// Whose screen it is: a manager hears of their own codes and of the stores whose cashier they are, an administrator of everything (E19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// In the manager's app.
    Manager,
    /// On the administrator's pages.
    Administrator,
}

impl Listens {
    /// Where the screen is.
    pub const fn path(self) -> &'static str {
        match self {
            Listens::Manager => "/m/settings/messages",
            Listens::Administrator => "/admin/messages",
        }
    }
}

/// What the screen asks the server for.
#[async_trait]
pub trait Listening: Send + Sync {
    /// Where the caller's messages stand.
    async fn messages(&self, caller: &Caller) -> Result<MessagesPage, Refusal>;
}

/// What the screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagesPage {
    /// Whose screen it is.
    pub listens: Listens,
    /// Where messages stand.
    pub state: State,
    /// Whether the screen is shown inside WeChat, where a listener can be known.
    pub is_wechat: bool,
    /// This screen's whole address, to be opened in WeChat.
    pub address: String,
}

/// Where somebody's messages stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The account has no template yet.
    NotSetUp,
    /// The organisation does not want its managers to have any.
    NotAllowed,
    /// Off.
    Off,
    /// On.
    On {
        /// Why messages do not get through at present.
        unreached: Option<Unreached>,
        /// When one last got through.
        reached_at: Option<Millis>,
        /// What was not told yet, and when it will be.
        pace: Pace,
        /// Where every message needs a consent: how many may still be sent.
        consents: Option<i64>,
    },
}

/// What became of what was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Messages are on.
    On,
    /// Messages are off.
    Off,
    /// A message to see one is on its way.
    Sent,
    /// One was asked for less than a minute ago.
    TooSoon,
    /// WeChat did not say who it is.
    Unknown,
    /// One more message was agreed to.
    Agreed,
    /// It was not.
    Disagreed,
}

impl Answered {
    const ALL: [(&'static str, Answered); 7] = [
        ("on", Answered::On),
        ("off", Answered::Off),
        ("sent", Answered::Sent),
        ("soon", Answered::TooSoon),
        ("unknown", Answered::Unknown),
        ("agreed", Answered::Agreed),
        ("disagreed", Answered::Disagreed),
    ];

    /// The answer that an address names.
    pub fn of_word(word: &str) -> Option<Answered> {
        Answered::ALL.iter().find(|(known, _)| *known == word).map(|(_, answered)| *answered)
    }

    /// Its word in an address.
    pub fn word(self) -> &'static str {
        Answered::ALL.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

/// The screen. What was just done is said in the address.
pub fn messages_screen(locale: Locale, answered: Option<Answered>, page: Result<MessagesPage, Refusal>) -> AnyView {
    let body = match page {
        Err(refusal) => view! { <Refused locale refusal again=Listens::Manager.path().to_owned()/> }.into_any(),
        Ok(page) => parts(locale, answered, &page),
    };
    view! {
        <Bar title=td_string!(locale, messages.title) back=Some(("/m/settings", td_string!(locale, manager.settings_title)))/>
        <main id="main" class="settings" tabindex="-1">{body}</main>
    }
    .into_any()
}

/// What was just done, where messages stand, and how they come: the same on both screens.
pub(crate) fn parts(locale: Locale, answered: Option<Answered>, page: &MessagesPage) -> AnyView {
    view! {
        {answered.map(|answered| said(locale, answered))}
        {standing(locale, page)}
        {how(locale, page.listens)}
    }
    .into_any()
}

fn standing(locale: Locale, page: &MessagesPage) -> AnyView {
    match &page.state {
        State::NotSetUp => view! { <p class="note" role="status">{td_string!(locale, messages.not_set_up)}</p> }.into_any(),
        State::NotAllowed => view! { <p class="note" role="status">{td_string!(locale, messages.not_allowed)}</p> }.into_any(),
        State::Off => off(locale, page),
        State::On { unreached, reached_at, pace, consents } => on(locale, page, *unreached, *reached_at, pace, *consents),
    }
}

fn how(locale: Locale, listens: Listens) -> AnyView {
    let whose = match listens {
        Listens::Manager => td_string!(locale, messages.how_whose),
        Listens::Administrator => td_string!(locale, messages.how_all),
    };
    view! {
        <section aria-labelledby="how">
            <h2 id="how">{td_string!(locale, messages.how_title)}</h2>
            <ul class="card messages-how">
                <li>{td_string!(locale, messages.how_often)}</li>
                <li>{td_string!(locale, messages.how_at_once)}</li>
                <li>{whose}</li>
            </ul>
        </section>
    }
    .into_any()
}

fn said(locale: Locale, answered: Answered) -> AnyView {
    let text = match answered {
        Answered::On => td_string!(locale, messages.said_on),
        Answered::Off => td_string!(locale, messages.said_off),
        Answered::Sent => td_string!(locale, messages.said_sent),
        Answered::TooSoon => td_string!(locale, messages.said_too_soon),
        Answered::Unknown => td_string!(locale, messages.said_unknown),
        Answered::Agreed => td_string!(locale, messages.said_agreed),
        Answered::Disagreed => td_string!(locale, messages.said_disagreed),
    };
    match answered {
        Answered::TooSoon | Answered::Unknown => view! { <p class="note note-bad" role="alert">{text}</p> }.into_any(),
        _ => view! { <p class="note" role="status">{text}</p> }.into_any(),
    }
}

fn off(locale: Locale, page: &MessagesPage) -> AnyView {
    view! {
        <section class="card messages-state" aria-labelledby="state">
            <h2 id="state">{td_string!(locale, messages.is_off)}</h2>
            {if page.is_wechat {
                view! {
                    <p>{td_string!(locale, messages.follow_first)}</p>
                    <a class="button" rel="external" href=format!("{}/on", page.listens.path())>{td_string!(locale, messages.switch_on)}</a>
                }
                .into_any()
            } else {
                open_in_wechat(locale, page)
            }}
        </section>
    }
    .into_any()
}

fn open_in_wechat(locale: Locale, page: &MessagesPage) -> AnyView {
    view! {
        <p>{td_string!(locale, messages.open_in_wechat)}</p>
        <p class="messages-address">{page.address.clone()}</p>
        {(page.listens == Listens::Manager).then(|| view! {
            <p class="with-program"><button type="button" class="button button-quiet" data-copy=page.address.clone()>
                {td_string!(locale, messages.copy)}
            </button></p>
        })}
    }
    .into_any()
}

fn on(
    locale: Locale,
    page: &MessagesPage,
    unreached: Option<Unreached>,
    reached_at: Option<Millis>,
    pace: &Pace,
    consents: Option<i64>,
) -> AnyView {
    let last = reached_at.map(|at| fill(td_string!(locale, messages.reached), &[("at", &at.text())]));
    let standing = match unreached {
        Some(why) => {
            let text = fill(td_string!(locale, messages.unreached), &[("why", &reason(locale, why))]);
            view! { <p class="note note-bad" role="alert">{text}</p> }.into_any()
        }
        None if consents == Some(0) => ().into_any(),
        None if last.is_none() && consents.is_none() => view! { <p>{td_string!(locale, messages.not_yet)}</p> }.into_any(),
        None => ().into_any(),
    };
    let waiting = pace.gathered.has_sales().then(|| {
        let (count, amount) = (pace.gathered.count, yuan(pace.gathered.sum_fen));
        match pace.due_at() {
            Some(at) => fill(td_string!(locale, messages.waiting), &[("count", &count), ("amount", &amount), ("at", &at.text())]),
            None => fill(td_string!(locale, messages.waiting_after), &[("count", &count), ("amount", &amount)]),
        }
    });
    let again = if page.is_wechat {
        view! { <a class="button button-quiet" rel="external" href=format!("{}/on", page.listens.path())>{td_string!(locale, messages.bind_again)}</a> }
            .into_any()
    } else {
        ().into_any()
    };
    view! {
        <section class="card messages-state" aria-labelledby="state">
            <h2 id="state">{td_string!(locale, messages.is_on)}</h2>
            {consents.map(|left| agreed(locale, page, left))}
            {standing}
            {last.map(|text| view! { <p>{text}</p> })}
            {waiting.map(|text| view! { <p>{text}</p> })}
            <form method="post" action=format!("{}/test", page.listens.path())>
                <button class=if consents.is_some() { "button button-quiet" } else { "button" } type="submit">{td_string!(locale, messages.send_test)}</button>
            </form>
            {again}
            <form method="post" action=format!("{}/off", page.listens.path())>
                <button class="button button-quiet" type="submit">{td_string!(locale, messages.switch_off)}</button>
            </form>
        </section>
    }
    .into_any()
}

/// How many messages may still be sent, and the way to one more.
fn agreed(locale: Locale, page: &MessagesPage, left: i64) -> AnyView {
    let text = match left {
        0 => td_string!(locale, messages.consent_none).to_owned(),
        _ => fill(td_string!(locale, messages.consent_left), &[("count", &left)]),
    };
    view! {
        <p class=if left == 0 { "note note-bad" } else { "" } role="status">{text}</p>
        {if page.is_wechat {
            view! { <a class="button" rel="external" href=format!("{}/consent", page.listens.path())>{td_string!(locale, messages.consent_one)}</a> }.into_any()
        } else {
            open_in_wechat(locale, page)
        }}
    }
    .into_any()
}

/// Why messages do not get through, and what helps.
fn reason(locale: Locale, why: Unreached) -> &'static str {
    match why {
        Unreached::NotFollowing => td_string!(locale, messages.why_not_following),
        Unreached::Refused => td_string!(locale, messages.why_refused),
        Unreached::TooOften => td_string!(locale, messages.why_too_often),
        Unreached::Quota => td_string!(locale, messages.why_quota),
        Unreached::Misconfigured => td_string!(locale, messages.why_misconfigured),
        Unreached::Unavailable => td_string!(locale, messages.why_unavailable),
    }
}
