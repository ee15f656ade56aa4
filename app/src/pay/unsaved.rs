//! A form that was not taken because too much waits to be written: all of it is still here, and is sent again with one tap.

use leptos::prelude::*;

use super::document::{Frame, Part, Shell, document, reader_links};
use super::waiting::Sign;
use crate::i18n::*;

/// The page. The form posts `pairs` to `to`, as they were sent before.
pub fn unsaved_page(shell: Shell<'_>, to: &str, pairs: &[(String, String)]) -> String {
    let locale = shell.locale;
    let title = td_string!(locale, pay.busy_title);
    let field = |(name, value): &(String, String)| view! { <input type="hidden" name=name.clone() value=value.clone()/> };
    document(shell, Frame::new(title, Part::Result), || {
        view! {
            <main>
                <div class="card c">
                    {view! { <Sign kind="warn" /> }}
                    <h1>{title}</h1>
                    <p role="alert">{td_string!(locale, common.unsaved)}</p>
                    <form method="post" action=to.to_owned()>
                        {pairs.iter().map(field).collect_view()}
                        <button class="go" type="submit">{td_string!(locale, pay.send_again)}</button>
                    </form>
                </div>
                <p class="foot">{reader_links(shell)}</p>
            </main>
        }
    })
}
