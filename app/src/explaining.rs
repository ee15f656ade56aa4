//! 看懂报错: what an error means that a terminal, an app or a log shows (row I16). The server renders it alone.
//!
//! The sentences of the catalogue are tables in the message files (`explanations`), one line for each [`Entry::key`]: what
//! happened, and what to do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::channel_code::Mender;
use domain::explanation::{Again, Entry, Explanation, Source};
use leptos::prelude::*;

use crate::Locale;
use crate::admin::{AdminShell, Section, Signed};
use crate::channel::{Listener, sentence};
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::parts::Bar;

/// Where a manager asks.
pub const EXPLAIN_PATH: &str = "/m/errors";

/// Where an administrator asks.
pub const ADMIN_EXPLAIN_PATH: &str = "/admin/errors";

/// How many characters are read of what is asked: a whole log line.
pub const MOST_SAID_CHARS: usize = 300;

type Table = BTreeMap<String, [String; 2]>;

// A table that cannot be read has no sentences, which a test would see.
static ZH: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_slice(include_bytes!("../locales/zh/explanations.json")).unwrap_or_default());
static EN: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_slice(include_bytes!("../locales/en/explanations.json")).unwrap_or_default());

/// The screen's title.
pub fn explaining_title(locale: Locale) -> &'static str {
    td_string!(locale, explaining.title)
}

/// The manager's screen: the field with what was typed into it, and what it means.
pub fn explaining_screen(locale: Locale, said: &str, found: &[Explanation]) -> AnyView {
    view! {
        <Bar title=explaining_title(locale) back=Some(("/m/help", td_string!(locale, help.title)))/>
        <main id="main" class="one" tabindex="-1">
            {question(locale, EXPLAIN_PATH, said)}
            {answers(locale, said, found, Listener::Manager)}
        </main>
    }
    .into_any()
}

/// The administrator's page of the same.
pub fn explaining_page(shell: AdminShell<'_>, signed: &Signed, said: &str, found: &[Explanation]) -> String {
    let locale = shell.prefs.locale;
    let title = explaining_title(locale);
    crate::admin::page(shell, signed, Section::Overview, title, || {
        view! {
            <h1>{title}</h1>
            <div class="one">
                {question(locale, ADMIN_EXPLAIN_PATH, said)}
                {answers(locale, said, found, Listener::Administrator)}
            </div>
        }
        .into_any()
    })
}

fn question(locale: Locale, path: &'static str, said: &str) -> AnyView {
    view! {
        <form class="ask-form" method="get" action=path role="search">
            <div class="card field">
                <label for="q">{td_string!(locale, explaining.said)}</label>
                <input id="q" name="q" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search" required
                    maxlength=MOST_SAID_CHARS.to_string() value=said.to_owned() aria-describedby="q-hint"/>
                <p class="quiet" id="q-hint">{td_string!(locale, explaining.said_hint)}</p>
            </div>
            <button class="button" type="submit">{td_string!(locale, explaining.find)}</button>
        </form>
    }
    .into_any()
}

fn answers(locale: Locale, said: &str, found: &[Explanation], listener: Listener) -> AnyView {
    if said.is_empty() {
        return ().into_any();
    }
    if found.is_empty() {
        let title = fill(td_string!(locale, explaining.none), &[("said", &said)]);
        return view! {
            <div class="empty card" role="status">
                <p class="empty-title">{title}</p>
                <p class="quiet">{td_string!(locale, explaining.none_hint)}</p>
            </div>
        }
        .into_any();
    }
    let several = (found.len() > 1).then(|| fill(td_string!(locale, explaining.several), &[("count", &found.len())]));
    let cards = found.iter().map(|found| answer(locale, *found, listener)).collect_view();
    view! {
        {several.map(|several| view! { <p class="note" role="status">{several}</p> })}
        {cards}
    }
    .into_any()
}

fn answer(locale: Locale, found: Explanation, listener: Listener) -> AnyView {
    let (name, sentences) = match found {
        Explanation::Channel(code) => (String::new(), vec![sentence(locale, code, listener)]),
        Explanation::Entry(entry) => (name(entry), sentences(locale, entry)),
    };
    let source = source_name(locale, found.source());
    let title = if name.is_empty() { source.to_owned() } else { format!("{source} · {name}") };
    view! {
        <section class="card explained">
            <h2>{title}</h2>
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            <dl class="pairs">
                <div><dt>{td_string!(locale, explaining.mender)}</dt><dd>{mender_name(locale, found.mender())}</dd></div>
                <div><dt>{td_string!(locale, explaining.again)}</dt><dd>{again_name(locale, found.again())}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// As the screen showed it: the code, and the words beside it.
fn name(entry: &Entry) -> String {
    [entry.codes.first(), entry.words.first()].into_iter().flatten().copied().collect::<Vec<_>>().join(" ")
}

fn sentences(locale: Locale, entry: &Entry) -> Vec<&'static str> {
    let table: &'static Table = match locale {
        Locale::zh => &ZH,
        Locale::en => &EN,
    };
    table.get(entry.key).map(|both| both.iter().map(String::as_str).collect()).unwrap_or_default()
}

fn source_name(locale: Locale, source: Source) -> &'static str {
    match source {
        Source::CardTerminal => td_string!(locale, explaining.card_terminal),
        Source::Alipay => td_string!(locale, explaining.alipay),
        Source::WeChatPay => td_string!(locale, explaining.wechat_pay),
        Source::Acquirer => td_string!(locale, explaining.acquirer),
    }
}

fn mender_name(locale: Locale, mender: Mender) -> &'static str {
    match mender {
        Mender::Nobody => td_string!(locale, explaining.mender_you),
        Mender::Time => td_string!(locale, explaining.mender_time),
        Mender::Payer => td_string!(locale, explaining.mender_payer),
        Mender::Administrator => td_string!(locale, explaining.mender_administrator),
    }
}

fn again_name(locale: Locale, again: Again) -> &'static str {
    match again {
        Again::Yes => td_string!(locale, explaining.again_yes),
        Again::Checked => td_string!(locale, explaining.again_checked),
        Again::Mended => td_string!(locale, explaining.again_mended),
        Again::No => td_string!(locale, explaining.again_no),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_says_what_happened_and_what_to_do_in_both_languages_and_no_sentence_is_idle() {
        for (locale, table) in [(Locale::zh, &ZH), (Locale::en, &EN)] {
            for entry in Entry::ALL {
                let said = sentences(locale, entry);
                assert_eq!(said.len(), 2, "{}", entry.key);
                assert!(said.iter().all(|sentence| sentence.ends_with(['。', '.']) && sentence.chars().count() > 5), "{said:?}");
            }
            let idle: Vec<_> = table.keys().filter(|key| Entry::ALL.iter().all(|entry| entry.key != **key)).collect();
            assert!(idle.is_empty(), "{idle:?}");
        }
    }

    #[test]
    fn whoever_mends_it_is_sent_for_and_whether_money_moved_is_said() {
        for entry in Entry::ALL {
            let [zh, en] = [Locale::zh, Locale::en].map(|locale| sentences(locale, entry).join(" "));
            if entry.mender == Mender::Administrator && entry.source != Source::CardTerminal {
                assert!(zh.contains("管理员") || zh.contains("联系人"), "{zh}");
            }
            if entry.mender == Mender::Payer {
                assert!(zh.contains("付款") || zh.contains("发卡行"), "{zh}");
            }
            // Whoever must look first does not read that nothing was charged, and a payer who is refused does.
            let is_clear = zh.contains("，没有扣款") && en.contains("nothing was charged");
            let is_open = entry.again == Again::Checked;
            assert!(!is_open || !is_clear, "{zh} {en}");
            assert!(entry.mender != Mender::Payer || is_open || is_clear || zh.contains("没有收到钱"), "{zh} {en}");
        }
    }
}
