//! The page that an installed app shows when the server cannot be reached: what still works, and what does not.

use crate::Locale;
use crate::i18n::*;
use crate::mobile::Bundle;
use crate::ui::escaped;
use crate::ui::prefs::Prefs;

/// The page, without program or script: it is kept by the browser and shown at whatever address was asked for, which a tap on its
/// button asks for again.
pub fn offline_page(prefs: Prefs, bundle: &Bundle) -> String {
    let locale = prefs.locale;
    let (lang, theme, mode) = (prefs.html_lang(), prefs.theme.word(), prefs.mode.word());
    let css: String = bundle.css.iter().map(|css| format!("<link rel=\"stylesheet\" href=\"{}\">", escaped(css))).collect();
    let [title, works, stops, later, again] = [
        td_string!(locale, manager.no_network),
        td_string!(locale, manager.no_network_works),
        td_string!(locale, manager.no_network_stops),
        td_string!(locale, manager.no_network_later),
        td_string!(locale, manager.try_again),
    ]
    .map(escaped);
    format!(
        "<!doctype html><html lang=\"{lang}\" data-theme=\"{theme}\" data-mode=\"{mode}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><title>{title}</title>\
         {css}</head><body><header class=\"bar\"><h1>{title}</h1></header>\
         <main id=\"main\"><div class=\"card\"><ul class=\"facts\"><li>{works}</li><li>{stops}</li><li>{later}</li></ul></div>\
         <a class=\"button\" href=\"\">{again}</a></main></body></html>"
    )
}

/// The app's name and its short name, as an installed app is called.
pub fn app_names(locale: Locale) -> (&'static str, &'static str) {
    (td_string!(locale, manager.installed_name), td_string!(locale, common.app_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_without_a_network_says_what_works_and_carries_no_script() {
        for (cookie, words) in [("lang=zh", ["收款码照样能收款", "看不到到账"]), ("lang=en", ["can still be paid", "Notices"])]
        {
            let html = offline_page(Prefs::read("", cookie, ""), &Bundle { css: vec!["/a.css".to_owned()], ..Bundle::default() });
            assert!(!html.contains("<script") && html.contains("href=\"/a.css\""));
            for word in words {
                assert!(html.contains(word), "{word}: {html}");
            }
        }
    }
}
