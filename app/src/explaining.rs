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
    let cards = found.iter().map(|found| answer(locale, said, *found, listener)).collect_view();
    view! {
        {several.map(|several| view! { <p class="note" role="status">{several}</p> })}
        {cards}
    }
    .into_any()
}

fn answer(locale: Locale, said: &str, found: Explanation, listener: Listener) -> AnyView {
    let (code, words, sentences) = match found {
        Explanation::Channel(code) => (None, None, vec![sentence(locale, code, listener)]),
        Explanation::Entry(entry) => (code_of(entry, said), entry.words.first().copied(), sentences(locale, entry)),
    };
    let shown: Vec<&str> = [Some(source_name(locale, found.source())), code].into_iter().flatten().collect();
    view! {
        <section class="card explained">
            <h2>{shown.join(" · ")} " " {words.map(|words| view! { <span lang="zh-CN">{words}</span> })}</h2>
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            <dl class="pairs">
                <div><dt>{td_string!(locale, explaining.mender)}</dt><dd>{mender_name(locale, found)}</dd></div>
                <div><dt>{td_string!(locale, explaining.again)}</dt><dd>{again_name(locale, found.again())}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// The code that was read, of several that mean the same; the first where none was.
fn code_of(entry: &Entry, said: &str) -> Option<&'static str> {
    let said = said.to_ascii_uppercase();
    entry.codes.iter().find(|code| said.contains(**code)).or(entry.codes.first()).copied()
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

fn mender_name(locale: Locale, found: Explanation) -> &'static str {
    match (found.mender(), found) {
        // Where a channel says so nothing is broken; with an entry whoever collects does it themselves.
        (Mender::Nobody, Explanation::Channel(_)) => td_string!(locale, explaining.mender_nobody),
        (Mender::Nobody, Explanation::Entry(_)) => td_string!(locale, explaining.mender_you),
        (Mender::Time, _) => td_string!(locale, explaining.mender_time),
        (Mender::Payer, _) => td_string!(locale, explaining.mender_payer),
        (Mender::Administrator, _) => td_string!(locale, explaining.mender_administrator),
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
            // Whoever must look first reads in no language that nothing was charged, and a payer who is refused reads it in both.
            let clear = [zh.contains("，没有扣款"), en.contains("nothing was charged")];
            let is_open = entry.again == Again::Checked;
            assert_eq!(clear[0], clear[1], "{zh} {en}");
            assert!(!is_open || !clear[0], "{zh} {en}");
            assert!(entry.mender != Mender::Payer || is_open || clear[0] || zh.contains("没有收到钱"), "{zh} {en}");
        }
    }
}
