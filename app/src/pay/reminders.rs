//! Where whoever is reminded of a debt says that they want no more reminders, or wants them again. A plain form, which asks before
//! anything changes.

use leptos::prelude::*;

use super::document::{Frame, Part, Shell, document, reader_links};
use super::shop::{Shop, masthead};
use super::waiting::Sign;
use crate::i18n::*;
use crate::ui::fill;

/// What the page shows.
#[derive(Debug, Clone, Copy)]
pub struct RemindersPage<'a> {
    /// Who collects.
    pub shop: &'a Shop,
    /// Where the debt is paid.
    pub pay_url: &'a str,
    /// Whether there are no reminders any more.
    pub is_stopped: bool,
    /// Whether they were switched on again just now.
    pub is_resumed: bool,
}

/// The page. Its form posts `to=stop` or `to=resume` to `{pay_url}/reminders`.
pub fn reminders_page(shell: Shell<'_>, page: &RemindersPage<'_>) -> String {
    let locale = shell.locale;
    let RemindersPage { shop, pay_url, is_stopped, is_resumed } = *page;
    let (stop, resume) = (td_string!(locale, reminders.payer_stop), td_string!(locale, reminders.payer_resume));
    let (kind, title, text, to, act) = match (is_stopped, is_resumed) {
        (true, _) => {
            ("ok", td_string!(locale, reminders.payer_stopped), td_string!(locale, reminders.payer_stopped_text), "resume", resume)
        }
        (false, true) => {
            ("ok", td_string!(locale, reminders.payer_resumed), td_string!(locale, reminders.payer_resumed_text), "stop", stop)
        }
        (false, false) => ("todo", td_string!(locale, reminders.payer_ask), td_string!(locale, reminders.payer_ask_text), "stop", stop),
    };
    let is_question = kind == "todo";
    document(shell, Frame::new(td_string!(locale, reminders.payer_title), Part::Result), || {
        view! {
            <main>
                {masthead(locale, shop)}
                <div class="card c">
                    <Sign kind=kind/>
                    <h2>{title}</h2>
                    <p>{fill(text, &[("shop", &shop.name)])}</p>
                    <form method="post" action=format!("{pay_url}/reminders")>
                        <input type="hidden" name="to" value=to/>
                        <button class=if is_question { "go" } else { "go o" }>{act}</button>
                    </form>
                    <a class="go o" href=pay_url.to_owned()>{td_string!(locale, reminders.payer_back)}</a>
                </div>
                <p class="foot">{reader_links(shell)}</p>
            </main>
        }
    })
}
