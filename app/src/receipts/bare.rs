//! The document of a screen that the server renders alone.

use leptos::prelude::*;

use crate::i18n::*;
use crate::mobile::Bundle;
use crate::ui::prefs::Prefs;

/// A whole page around `screen`, which makes the bar and the `main` element.
pub fn bare_page(prefs: Prefs, nonce: &str, bundle: &Bundle, is_demo: bool, title: &str, screen: impl FnOnce() -> AnyView) -> String {
    let locale = prefs.locale;
    let html = Owner::new().with(|| {
        let css = bundle.css.iter().map(|href| view! { <link rel="stylesheet" href=href.clone()/> }).collect::<Vec<_>>();
        view! {
            <html lang=prefs.html_lang() data-theme=prefs.theme.word() data-mode=prefs.mode.word()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                    <title>{format!("{title} · {}", td_string!(locale, common.app_name))}</title>
                    <link rel="icon" href="data:," nonce=nonce.to_owned()/>
                    {css}
                </head>
                <body>
                    <a class="skip" href="#main">{td_string!(locale, manager.skip)}</a>
                    {is_demo.then(|| view! { <aside class="demo"><p>{td_string!(locale, common.demo_banner)}</p></aside> })}
                    {screen()}
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!doctype html>{html}")
}
