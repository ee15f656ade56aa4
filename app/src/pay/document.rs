//! The frame of every page: language, look, inlined CSS and script, the demo banner.

use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::escaped;

/// What Trunk built for the payer's pages, cut into what each page needs, so that the first view carries nothing else. The server
/// makes it once at start and hands it to every page.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    base_css: String,
    chosen_css: String,
    tools_css: String,
    result_css: String,
    pay_js: String,
    tools_js: String,
    result_js: String,
}

impl Assets {
    /// `css` is the joined style sheet of Trunk's page `pay` (`style/tokens.css`, `style/pay.css`), which is cut at its marker
    /// rules `.part-<name>`. `scripts` are (file name, text) of the page's scripts, with or without a hash in the name: `pay.js`,
    /// `tools.js`, `result.js`. What is missing is left out: the pages work without it.
    pub fn new<N: AsRef<str>, T: Into<String>>(css: &str, scripts: impl IntoIterator<Item = (N, T)>) -> Assets {
        let css = squeezed(css);
        let mut parts = css.split(".part-");
        let mut assets = Assets { base_css: parts.next().unwrap_or_default().to_owned(), ..Assets::default() };
        for part in parts {
            let (marker, rules) = part.split_once('}').unwrap_or((part, ""));
            match marker.split(['{', ' ']).next() {
                Some("pay") => assets.base_css += rules,
                Some("chosen") => assets.chosen_css += rules,
                Some("tools") => assets.tools_css += rules,
                Some("result") => assets.result_css += rules,
                // Tokens that only the other screens use.
                _ => {}
            }
        }
        for (name, text) in scripts {
            let name = name.as_ref().rsplit('/').next().unwrap_or_default();
            match name.split(['-', '.']).next() {
                Some("pay") => assets.pay_js = text.into(),
                Some("tools") => assets.tools_js = text.into(),
                Some("result") => assets.result_js = text.into(),
                _ => {}
            }
        }
        assets
    }
}

/// Without comments and needless white space. Trunk's minifier rewrites `max-width` into range syntax, which many of WeChat's
/// kernels do not know, so this sheet passes it by (`data-no-minify`) and is made small here.
fn squeezed(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    for (index, piece) in css.split("/*").enumerate() {
        let rules = if index == 0 { piece } else { piece.split_once("*/").map_or("", |(_, rules)| rules) };
        for word in rules.split_whitespace() {
            // Only where a sign of CSS stands does white space mean nothing; `a b` and `1px + 2px` keep theirs.
            let tight = text.ends_with(['{', '}', ':', ';', ',', '>']) || word.starts_with(['{', '}', '>']);
            if !tight && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    text.replace(";}", "}")
}

/// Which part of the assets a page needs besides the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The payment page with nothing but amount, text and chips.
    Pay,
    /// The payment page with other questions, or with something to correct.
    Tools,
    /// Everything that follows the submit.
    Result,
}

impl Assets {
    /// `is_chosen`: the reader chose a theme or the care mode, rather than leaving both to the device.
    fn css(&self, part: Part, is_chosen: bool) -> [&str; 3] {
        let chosen = if is_chosen { self.chosen_css.as_str() } else { "" };
        let own = match part {
            Part::Pay => "",
            Part::Tools => self.tools_css.as_str(),
            Part::Result => self.result_css.as_str(),
        };
        [self.base_css.as_str(), chosen, own]
    }

    fn js(&self, part: Part) -> [&str; 3] {
        match part {
            Part::Pay => [&self.pay_js, "", ""],
            Part::Tools => [&self.pay_js, "\n", &self.tools_js],
            Part::Result => [&self.result_js, "", ""],
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device is set.
    #[default]
    Device,
    /// Always light (cookie `theme=light`).
    Light,
    /// Always dark (cookie `theme=dark`).
    Dark,
}

/// What every page needs to know besides its own content.
#[derive(Debug, Clone, Copy)]
pub struct Shell<'a> {
    /// The language, from `?lang=`, the cookie `lang` or Accept-Language.
    pub locale: Locale,
    /// The nonce that the content security policy of this answer names for style and script.
    pub nonce: &'a str,
    /// CSS and script.
    pub assets: &'a Assets,
    /// Whether the demo banner is shown.
    pub is_demo: bool,
    /// Light or dark.
    pub theme: Theme,
    /// 长辈版: bigger text and targets. The pages link to `?mode=care` and `?mode=standard`; the server keeps the answer in the
    /// cookie `mode`.
    pub is_care: bool,
}

/// What differs from page to page in the frame.
pub(super) struct Frame {
    /// The title of the window, without the product's name.
    pub title: String,
    /// What it needs of the assets.
    pub part: Part,
    /// For readers without a script: look again at this address after so many seconds. The address is said, because WeChat's
    /// sign-in leaves `#wechat_redirect` behind the page's own, and a browser that is asked to refresh an address with such an
    /// end only jumps to the end.
    pub refresh: Option<(u32, String)>,
    /// Move on to this address at once, with or without a script.
    pub forward_to: Option<String>,
}

impl Frame {
    pub(super) fn new(title: impl Into<String>, part: Part) -> Frame {
        Frame { title: title.into(), part, refresh: None, forward_to: None }
    }
}

/// The whole page. `body` is rendered inside a fresh reactive owner, which nothing here uses but views expect. The frame around it
/// is the same for everybody and is written as text: as a view, the style and the script would be copied several times.
pub(super) fn document<V: IntoView>(shell: Shell<'_>, frame: Frame, body: impl FnOnce() -> V) -> String {
    let body = Owner::new().with(|| body().to_html());
    let Shell { locale, nonce, assets, is_demo, theme, is_care } = shell;
    let theme = match theme {
        Theme::Device => "",
        Theme::Light => " data-theme=\"light\"",
        Theme::Dark => " data-theme=\"dark\"",
    };
    let mode = if is_care { " data-mode=\"care\"" } else { "" };
    let refresh = frame.refresh.map(|(s, url)| format!("<noscript>{}</noscript>", later(s, &url))).unwrap_or_default();
    let forward = frame.forward_to.map(|url| later(1, &url)).unwrap_or_default();
    let demo = match is_demo {
        true => format!("<aside class=\"demo\">{}</aside>", td_string!(locale, common.demo_banner)),
        false => String::new(),
    };
    let (css, js) = (assets.css(frame.part, !theme.is_empty() || is_care), assets.js(frame.part));
    let (lang, title, nonce) = (lang_tag(locale), escaped(&frame.title), escaped(nonce));
    let head = format!(
        "<!doctype html><html lang=\"{lang}\"{theme}{mode}><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\">\
         <meta name=\"format-detection\" content=\"telephone=no\"><title>{title}</title><link rel=\"icon\" href=\"data:,\">\
         <script nonce=\"{nonce}\">{FIRST_SCRIPT}</script><style nonce=\"{nonce}\">"
    );
    let script = format!("<script nonce=\"{nonce}\">");
    let mut parts = vec![head.as_str()];
    parts.extend(css);
    parts.extend(["</style>", &refresh, &forward, "</head><body>", &demo, &body, &script]);
    parts.extend(js);
    parts.push("</script></body></html>");
    parts.concat()
}

/// Before the first paint, so that what needs the script never moves what is already shown.
const FIRST_SCRIPT: &str = "document.documentElement.className='js kb'";

fn later(after_s: u32, url: &str) -> String {
    format!("<meta http-equiv=\"refresh\" content=\"{after_s};url={}\">", escaped(url))
}

/// The value of `lang`, so that a screen reader picks the right voice.
pub(super) fn lang_tag(locale: Locale) -> &'static str {
    match locale {
        Locale::zh => "zh-CN",
        Locale::en => "en",
    }
}

/// The links that belong to the reader rather than to the payment: language and size.
pub(super) fn reader_links(shell: Shell<'_>) -> impl IntoView + use<> {
    let Shell { locale, is_care, .. } = shell;
    let (other, name, tag) = match locale {
        Locale::zh => ("?lang=en", "English", "en"),
        Locale::en => ("?lang=zh", "中文", "zh-CN"),
    };
    let (mode, size) = match is_care {
        true => ("?mode=standard", td_string!(locale, common.mode_standard)),
        false => ("?mode=care", td_string!(locale, common.mode_care)),
    };
    view! {
        <a href=other lang=tag>{name}</a>
        <a href=mode>{size}</a>
    }
}

/// For whoever scans their own code because they cannot sign in any more: it leads to the page that asks who they are, and opens
/// nothing (row B86). `url` is that page's address.
pub(super) fn owner_link(locale: Locale, url: &str) -> impl IntoView + use<> {
    view! { <a href=url.to_owned()>{td_string!(locale, pay.owner)}</a> }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSS: &str = "/* note */ :root { --a: 1px; }\n.part-chosen { order: 0; } .c { d: 1 }\n.part-sizes{order:0}.s{d:1}.part-pay { order: 0; }\n\
                       .p > b, .q :focus + i { e: calc(1px + 2px); }\n@media (max-width: 700px) { .r { f: 1; } }\n.part-tools { order: 0; } .t {}\n\
                       .part-result { order: 0; } .z {}";

    #[test]
    fn a_page_carries_only_its_own_rules() {
        let assets = Assets::new(CSS, [("pay-1a2b.js", "p"), ("tools.js", "t"), ("dist/result-3c.js", "r")]);
        let base = ":root{--a:1px}.p>b,.q :focus + i{e:calc(1px + 2px)}@media (max-width:700px){.r{f:1}}";
        let table = [
            (Part::Pay, false, base.to_owned(), "p"),
            (Part::Pay, true, format!("{base}.c{{d:1}}"), "p"),
            (Part::Tools, false, format!("{base}.t{{}}"), "p\nt"),
            (Part::Result, false, format!("{base}.z{{}}"), "r"),
        ];
        for (part, is_chosen, css, js) in table {
            assert_eq!(assets.css(part, is_chosen).concat().replace(" .", "."), css, "{part:?}");
            assert_eq!(assets.js(part).concat(), js);
        }
    }
}
