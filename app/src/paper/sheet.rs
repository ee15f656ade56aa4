//! A sheet of paper: its size, its style, and what stands beside it on the screen.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::ui::prefs::Prefs;

/// The papers that are printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 by 297 mm.
    A4,
    /// 148 by 210 mm.
    A5,
    /// 105 by 148 mm.
    A6,
    /// A roll of thermal paper, 80 mm wide, of which 72 mm are printed.
    Roll,
}

impl Paper {
    /// The word in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Paper::A4 => "a4",
            Paper::A5 => "a5",
            Paper::A6 => "a6",
            Paper::Roll => "80mm",
        }
    }

    /// The paper that `word` names.
    pub fn of_word(word: &str) -> Option<Paper> {
        [Paper::A4, Paper::A5, Paper::A6, Paper::Roll].into_iter().find(|paper| paper.word() == word)
    }

    /// What people call it.
    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            Paper::A4 => td_string!(locale, paper.a4),
            Paper::A5 => td_string!(locale, paper.a5),
            Paper::A6 => td_string!(locale, paper.a6),
            Paper::Roll => td_string!(locale, paper.roll),
        }
    }

    /// The page as the printer is told. A roll has no length of its own; the printer cuts after what is printed.
    const fn page_rule(self) -> &'static str {
        match self {
            Paper::A4 => "@page{size:210mm 297mm;margin:0}",
            Paper::A5 => "@page{size:148mm 210mm;margin:0}",
            Paper::A6 => "@page{size:105mm 148mm;margin:0}",
            Paper::Roll => "@page{size:80mm 200mm;margin:0}",
        }
    }
}

/// A QR code as vector graphics: the markup of an `<svg>` that fills the width of what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn(pub String);

/// One answer with a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Printing<'a> {
    /// Language and appearance: of what stands beside the paper, which itself is always black on white and of the same size.
    pub prefs: Prefs,
    /// The nonce of the page's policy, for style and script.
    pub nonce: &'a str,
    /// The paper.
    pub paper: Paper,
    /// The papers to choose from.
    pub papers: &'a [Paper],
    /// The page's address, to which `paper=` is added.
    pub address: &'a str,
    /// Where the link back leads.
    pub back: &'a str,
}

/// What stands beside a sheet on the screen.
pub(super) struct Beside {
    /// What the link back is called.
    pub back: &'static str,
    /// A sentence for whoever prints.
    pub hint: &'static str,
}

/// The button that prints. Without it the browser's own menu does.
const SCRIPT: &str = include_str!("../../../public/paper.js");

const STYLE: &str = include_str!("../../../style/paper.css");

/// The document. `body` is what lies on the paper; above it, on the screen only, stands how to print it.
pub(super) fn sheet(printing: Printing<'_>, beside: Beside, title: &str, body: impl FnOnce() -> AnyView) -> String {
    let Printing { prefs, nonce, paper, papers, address, back } = printing;
    let locale = prefs.locale;
    let join = if address.contains('?') { '&' } else { '?' };
    let choice = |other: Paper| {
        let here = (other == paper).then_some("true");
        view! { <a href=format!("{address}{join}paper={}", other.word()) aria-current=here>{other.name(locale)}</a> }
    };
    let html = Owner::new().with(|| {
        let choices = papers.iter().map(|paper| choice(*paper)).collect_view();
        let tools = view! {
            <nav class="tools">
                <a href=back.to_owned()>{beside.back}</a>
                <span class="papers" role="group" aria-label=td_string!(locale, paper.paper)>{choices}</span>
                <button type="button" id="print" hidden=true>{td_string!(locale, paper.print)}</button>
                <p>{beside.hint}</p>
            </nav>
        };
        page(prefs, nonce, title, &[STYLE, paper.page_rule()].concat(), paper.word(), view! { {tools} {body()} }.into_any())
    });
    format!("<!doctype html>{html}")
}

/// A document with the style and script of this module.
pub(super) fn page(prefs: Prefs, nonce: &str, title: &str, style: &str, kind: &'static str, body: AnyView) -> String {
    view! {
        <html lang=prefs.html_lang() data-mode=prefs.mode.word()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1"/>
                <title>{format!("{title} · {}", td_string!(prefs.locale, common.app_name))}</title>
                <link rel="icon" href="data:,"/>
                <style nonce=nonce.to_owned() inner_html=style.to_owned()></style>
            </head>
            <body class=kind>
                {body}
                <script nonce=nonce.to_owned() inner_html=SCRIPT></script>
            </body>
        </html>
    }
    .to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_known_by_its_word() {
        for paper in [Paper::A4, Paper::A5, Paper::A6, Paper::Roll] {
            assert_eq!(Paper::of_word(paper.word()), Some(paper));
        }
        assert_eq!(["letter", "", "A4"].map(Paper::of_word), [None; 3]);
    }
}
