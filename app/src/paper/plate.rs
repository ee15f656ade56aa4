//! 码牌: a code to put up, large enough to be scanned across a counter (idea I7, row E10).
//!
//! Only codes that are plates are printed: the code on a manager's screen changes with every refresh, and a printed copy of it would
//! stop working three hours later.

use domain::code::{AmountRule, CodeRefusal};
use domain::{CodeId, Millis};
use leptos::prelude::*;

use super::sheet::{Beside, Drawn, Paper, Printing, sheet};
use crate::Locale;
use crate::i18n::*;
use crate::ui::parts::Bar;
use crate::ui::{fill, yuan};

/// Why a plate is not printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPrintable {
    /// It is switched off.
    Off,
    /// Its time is over.
    Over,
    /// The organisation does not collect.
    Closed,
}

impl NotPrintable {
    /// What a payer would be told of the code, as far as it lasts; a plate that will work later may be printed now.
    pub fn of(refusal: CodeRefusal) -> Option<NotPrintable> {
        match refusal {
            CodeRefusal::Disabled => Some(NotPrintable::Off),
            CodeRefusal::Expired | CodeRefusal::Replaced => Some(NotPrintable::Over),
            CodeRefusal::MerchantClosed => Some(NotPrintable::Closed),
            CodeRefusal::NotYet | CodeRefusal::Unknown | CodeRefusal::Settled | CodeRefusal::WrittenOff => None,
        }
    }
}

/// A plate of the manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlateChoice {
    /// The code.
    pub code: CodeId,
    /// Its name.
    pub name: String,
    /// The organisation.
    pub merchant: String,
    /// Who collects.
    pub payee: String,
    /// How much it collects.
    pub amount: AmountRule,
    /// The end of its address, by which people tell plates apart.
    pub tail: String,
    /// When it ends, if ever.
    pub until_ms: Option<Millis>,
    /// Why it is not printed.
    pub not: Option<NotPrintable>,
}

/// An old code of the manager's phone, of which pictures may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldPicture {
    /// The end of its address.
    pub tail: String,
    /// When it ends.
    pub ends_at_ms: Millis,
}

/// What the list shows.
#[derive(Debug, Clone, Copy)]
pub struct PlateList<'a> {
    /// The manager's plates.
    pub plates: &'a [PlateChoice],
    /// Whether the manager has a code on the phone.
    pub has_own: bool,
    /// Its old codes that still work.
    pub old: &'a [OldPicture],
}

/// The papers that a plate comes on.
pub const PLATE_PAPERS: [Paper; 3] = [Paper::A4, Paper::A6, Paper::Roll];

/// The title of the screen with the plates.
pub fn plates_title(locale: Locale) -> &'static str {
    td_string!(locale, paper.plates)
}

/// The screen: which plates there are, and what to do with the code on the phone.
pub fn plate_list(locale: Locale, list: PlateList<'_>) -> AnyView {
    let plates = list.plates.iter().map(|plate| choice(locale, plate)).collect_view();
    let none = list.plates.is_empty().then(|| {
        view! {
            <section class="card">
                <h2>{td_string!(locale, paper.plates_none)}</h2>
                <p>{td_string!(locale, paper.plates_none_how)}</p>
            </section>
        }
    });
    let old = list.old.iter().map(|old| {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("tail", &old.tail), ("time", &old.ends_at_ms.text())];
        view! { <li>{fill(td_string!(locale, paper.own_old), &values)}</li> }
    });
    let own = list.has_own.then(|| {
        view! {
            <section class="card" aria-labelledby="own">
                <h2 id="own">{td_string!(locale, paper.own_title)}</h2>
                <p>{td_string!(locale, paper.own_lead)}</p>
                <ul class="facts"><li>{td_string!(locale, paper.own_now)}</li>{old.collect_view()}</ul>
                <a class="button button-quiet" href="/m/code.png" rel="external" download="shouma.png">{td_string!(locale, paper.own_save)}</a>
            </section>
        }
    });
    view! {
        <Bar title=td_string!(locale, paper.plates) back=Some(("/m", td_string!(locale, manager.desk_title)))/>
        <main id="main" class="one" tabindex="-1">
            <p class="quiet">{td_string!(locale, paper.plates_lead)}</p>
            {none}
            {plates}
            {own}
        </main>
    }
    .into_any()
}

fn choice(locale: Locale, plate: &PlateChoice) -> AnyView {
    let not = plate.not.map(|why| match why {
        NotPrintable::Off => td_string!(locale, paper.plate_off),
        NotPrintable::Over => td_string!(locale, paper.plate_over),
        NotPrintable::Closed => td_string!(locale, paper.plate_closed),
    });
    let papers = not.is_none().then(|| {
        let link = |paper: Paper| {
            let href = format!("/m/plate/{}?paper={}", plate.code, paper.word());
            view! { <a class="pill" href=href rel="external">{paper.name(locale)}</a> }
        };
        view! { <p class="pills">{PLATE_PAPERS.map(link).collect_view()}</p> }
    });
    view! {
        <section class="card plate-choice">
            <h2>{plate.name.clone()}</h2>
            <p class="quiet">{facts(locale, plate).join(" · ")}</p>
            {not.map(|not| view! { <p class="note note-warn">{not}</p> })}
            {papers}
        </section>
    }
    .into_any()
}

fn facts(locale: Locale, plate: &PlateChoice) -> Vec<String> {
    let mut facts = vec![];
    if let AmountRule::Fixed { amount_fen } = plate.amount {
        facts.push(yuan(amount_fen));
    }
    facts.push(fill(td_string!(locale, paper.tail), &[("tail", &plate.tail)]));
    facts.extend(plate.until_ms.map(|until| fill(td_string!(locale, paper.plate_until), &[("time", &until.text())])));
    facts
}

/// The sheet: one plate, on A4 four times, to be cut apart.
pub fn plate_sheet(printing: Printing<'_>, plate: &PlateChoice, code: &Drawn) -> String {
    let locale = printing.prefs.locale;
    let count = if printing.paper == Paper::A4 { 4 } else { 1 };
    let beside = Beside { back: td_string!(locale, paper.plates), hint: td_string!(locale, paper.sheet_hint) };
    sheet(printing, beside, &plate.name, || {
        let plates = (0..count).map(|_| one(locale, plate, code)).collect_view();
        view! { <main class="sheet plates">{plates}</main> }.into_any()
    })
}

fn one(locale: Locale, plate: &PlateChoice, code: &Drawn) -> AnyView {
    let amount = match plate.amount {
        AmountRule::Fixed { amount_fen } => Some(yuan(amount_fen)),
        AmountRule::Free | AmountRule::Between { .. } => None,
    };
    let alt = fill(td_string!(locale, paper.qr_alt), &[("name", &plate.name)]);
    let until = plate.until_ms.map(|until| fill(td_string!(locale, paper.plate_until), &[("time", &until.text())]));
    view! {
        <section class="plate">
            <p class="merchant">{plate.merchant.clone()}</p>
            <h1>{plate.name.clone()}</h1>
            {amount.map(|amount| view! { <p class="fixed">{amount}</p> })}
            <div class="code" role="img" aria-label=alt inner_html=code.0.clone()></div>
            <p class="scan">{td_string!(locale, paper.scan_to_pay)}</p>
            <p class="small">{fill(td_string!(locale, paper.payee), &[("name", &plate.payee)])}</p>
            <p class="small">{fill(td_string!(locale, paper.tail), &[("tail", &plate.tail)])} {until.map(|until| format!(" · {until}"))}</p>
        </section>
    }
    .into_any()
}
