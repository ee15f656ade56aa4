//! Agreeing to one more message, where WeChat wants that for each (one-time subscription): a page with WeChat's own button, which is
//! the only one that may ask. The program cannot carry it, because WeChat believes a page by its address.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::messages::Listens;
use crate::mobile::Bundle;
use crate::ui::prefs::Prefs;
use crate::ui::{escaped, icons};

/// What the page needs.
#[derive(Debug, Clone, Copy)]
pub struct ConsentPage<'a> {
    /// Whose screen it leads back to.
    pub listens: Listens,
    /// Language and appearance.
    pub prefs: Prefs,
    /// Style sheets of the app.
    pub bundle: &'a Bundle,
    /// The nonce of the page's policy.
    pub nonce: &'a str,
    /// The template that is asked for.
    pub template: &'a str,
    /// What WeChat's script is told, as JSON: `src`, `appId`, `timestamp`, `nonceStr`, `signature`; `None` while WeChat gave no ticket.
    pub script: Option<&'a str>,
}

/// The page's title.
pub fn consent_title(locale: Locale) -> &'static str {
    td_string!(locale, messages.consent_one)
}

/// The page. Without WeChat's button, because WeChat is too old or does not believe the page, it says so.
pub fn consent_page(page: ConsentPage<'_>) -> String {
    let ConsentPage { listens, prefs, bundle, nonce, template, script } = page;
    let locale = prefs.locale;
    let (lang, theme, mode) = (prefs.html_lang(), prefs.theme.word(), prefs.mode.word());
    let css: String = bundle.css.iter().map(|css| format!("<link rel=\"stylesheet\" href=\"{}\">", escaped(css))).collect();
    let [title, back, lead, fails] = [
        consent_title(locale),
        td_string!(locale, messages.title),
        td_string!(locale, messages.consent_lead),
        td_string!(locale, messages.consent_fails),
    ]
    .map(escaped);
    let arrow = Owner::new_root(None).with(|| icons::back().to_html());
    let path = listens.path();
    let (template, told) = (escaped(template), escaped(script.unwrap_or("null")));
    format!(
        "<!doctype html><html lang=\"{lang}\" data-theme=\"{theme}\" data-mode=\"{mode}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><title>{title}</title>{css}</head><body>\
         <header class=\"bar\"><a class=\"back\" href=\"{path}\" aria-label=\"{back}\">{arrow}</a><h1>{title}</h1></header>\
         <main id=\"main\" class=\"settings\"><p>{lead}</p>\
         <wx-open-subscribe id=\"ask\" template=\"{template}\" data-told=\"{told}\" data-back=\"{path}\"><script type=\"text/wxtag-template\">\
         <style>.one{{width:100%;height:52px;border:0;border-radius:12px;background:#0b7a3e;color:#fff;font-size:17px;font-weight:600}}</style>\
         <button class=\"one\">{title}</button></script></wx-open-subscribe>\
         <p id=\"fails\" class=\"note note-bad\" role=\"alert\" hidden>{fails}</p></main><script nonce=\"{nonce}\">{SCRIPT}</script></body></html>"
    )
}

/// Asks WeChat to believe the page, and follows what its button tells.
const SCRIPT: &str = r#"(()=>{
const ask=document.getElementById("ask"),fails=()=>document.getElementById("fails").hidden=false,told=JSON.parse(ask.dataset.told);
if(!told)return fails();
const{src,...config}=told,script=document.createElement("script");
script.src=src;script.onerror=fails;
script.onload=()=>{wx.config({...config,jsApiList:["checkJsApi"],openTagList:["wx-open-subscribe"]});wx.error(fails)};
document.addEventListener("WeixinOpenTagsError",fails);
ask.addEventListener("error",fails);
ask.addEventListener("success",e=>{
let said="disagreed";
try{if(JSON.parse(JSON.parse(e.detail.subscribeDetails)[ask.getAttribute("template")]).status==="accept")said="agreed"}catch{}
location.replace(ask.dataset.back+"?said="+said)});
document.head.append(script)})()"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_carries_the_template_and_what_wechat_is_told_without_breaking_out_of_its_markup() {
        let bundle = Bundle::default();
        let page = ConsentPage {
            listens: Listens::Administrator,
            prefs: Prefs::read("", "lang=en", ""),
            bundle: &bundle,
            nonce: "n",
            template: "t\"1",
            script: Some(r#"{"src":"https://x/<\"y"}"#),
        };
        let html = consent_page(page);
        assert!(html.contains("template=\"t&quot;1\"") && html.contains("data-told=\"{&quot;src&quot;"), "{html}");
        assert!(html.contains("href=\"/admin/messages\"") && html.contains("data-back=\"/admin/messages\""), "{html}");
        assert!(consent_page(ConsentPage { script: None, ..page }).contains("data-told=\"null\""));
    }
}
