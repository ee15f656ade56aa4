//! 帮助: the questions that managers ask, answered inside the app. The server renders it alone.

use leptos::prelude::*;

use crate::Locale;
use crate::explaining::EXPLAIN_PATH;
use crate::i18n::*;
use crate::ui::icons;
use crate::ui::parts::Bar;

/// A question, its answer, and the screen where that can be done; an empty address where there is none.
struct Question {
    asked: &'static str,
    answer: &'static str,
    address: &'static str,
}

/// The screen with all questions. With the program they can be searched by what is said in them.
pub fn help_screen(locale: Locale) -> AnyView {
    let groups = questions(locale).into_iter().map(|(name, questions)| group(locale, name, questions)).collect_view();
    view! {
        <Bar title=td_string!(locale, help.title) back=Some(("/m/settings", td_string!(locale, manager.settings_title)))/>
        <main id="main" class="help" tabindex="-1">
            <div class="seek with-program" role="search">
                <input type="search" autocomplete="off" data-filter="help-list" placeholder=td_string!(locale, help.find) aria-label=td_string!(locale, help.find)/>
            </div>
            <div id="help-list">{groups}</div>
            <p id="help-list-none" class="card quiet" hidden>{td_string!(locale, help.none)}</p>
            <a class="card go-on" href=EXPLAIN_PATH>{td_string!(locale, explaining.open)} {icons::onward()}</a>
            <a class="card go-on" href="/m/diagnose">{td_string!(locale, help.ask)} {icons::onward()}</a>
        </main>
    }
    .into_any()
}

/// A heading and its questions as one row of siblings: a search leaves those that contain the words, and their headings.
fn group(locale: Locale, name: &'static str, questions: Vec<Question>) -> AnyView {
    let said = questions.iter().map(|question| format!("{} {}", question.asked, question.answer)).collect::<Vec<_>>().join(" ");
    let entries = questions.into_iter().map(|question| entry(locale, name, question)).collect_view();
    view! { <h2 data-words=format!("{name} {said}")>{name}</h2> {entries} }.into_any()
}

fn entry(locale: Locale, group: &'static str, Question { asked, answer, address }: Question) -> AnyView {
    view! {
        <details class="card" data-words=format!("{group} {asked} {answer}")>
            <summary>{asked}</summary>
            <p>{answer}</p>
            {(!address.is_empty()).then(|| view! { <a class="quiet-link" href=address>{td_string!(locale, help.open)} {icons::onward()}</a> })}
        </details>
    }
    .into_any()
}

fn question(asked: &'static str, answer: &'static str, address: &'static str) -> Question {
    Question { asked, answer, address }
}

fn questions(locale: Locale) -> Vec<(&'static str, Vec<Question>)> {
    vec![
        (
            td_string!(locale, help.group_money),
            vec![
                question(td_string!(locale, help.q_collect), td_string!(locale, help.a_collect), "/m"),
                question(td_string!(locale, help.q_settled), td_string!(locale, help.a_settled), ""),
                question(td_string!(locale, help.q_cannot_open), td_string!(locale, help.a_cannot_open), "/m/diagnose"),
                question(td_string!(locale, help.q_not_heard), td_string!(locale, help.a_not_heard), "/m/receipts"),
                question(td_string!(locale, help.q_failed), td_string!(locale, help.a_failed), EXPLAIN_PATH),
            ],
        ),
        (
            td_string!(locale, help.group_code),
            vec![
                question(td_string!(locale, help.q_refresh), td_string!(locale, help.a_refresh), "/m/refresh"),
                question(td_string!(locale, help.q_switch), td_string!(locale, help.a_switch), "/m/codes"),
                question(td_string!(locale, help.q_plate), td_string!(locale, help.a_plate), "/m/plate"),
            ],
        ),
        (
            td_string!(locale, help.group_news),
            vec![
                question(td_string!(locale, help.q_sound), td_string!(locale, help.a_sound), "/m/settings"),
                question(td_string!(locale, help.q_locked), td_string!(locale, help.a_locked), ""),
                question(td_string!(locale, help.q_messages), td_string!(locale, help.a_messages), "/m/settings/messages"),
            ],
        ),
        (
            td_string!(locale, help.group_records),
            vec![
                question(td_string!(locale, help.q_find), td_string!(locale, help.a_find), "/m/receipts"),
                question(td_string!(locale, help.q_refund), td_string!(locale, help.a_refund), ""),
                question(td_string!(locale, help.q_paper), td_string!(locale, help.a_paper), ""),
            ],
        ),
        (
            td_string!(locale, help.group_account),
            vec![
                question(td_string!(locale, help.q_account), td_string!(locale, help.a_account), ""),
                question(td_string!(locale, help.q_password), td_string!(locale, help.a_password), "/m/lost"),
                question(td_string!(locale, help.q_elsewhere), td_string!(locale, help.a_elsewhere), ""),
            ],
        ),
        (
            td_string!(locale, help.group_app),
            vec![
                question(td_string!(locale, help.q_install), td_string!(locale, help.a_install), ""),
                question(td_string!(locale, help.q_update), td_string!(locale, help.a_update), ""),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_answered_in_both_languages_and_no_two_are_the_same() {
        for locale in [Locale::zh, Locale::en] {
            let all: Vec<Question> = questions(locale).into_iter().flat_map(|(_, questions)| questions).collect();
            let asked: std::collections::HashSet<_> = all.iter().map(|question| question.asked).collect();
            assert_eq!(asked.len(), all.len());
            for Question { asked, answer, address } in &all {
                assert!(answer.chars().count() > 20, "{asked}");
                assert!(address.is_empty() || address.starts_with("/m"), "{asked}");
            }
        }
    }
}
