//! Receipts as a file: which days, which of them, and in which format. A list has a last day only (row E18); what is added up in a
//! spreadsheet has a first one too.

use domain::Day;
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::receipts::ReceiptQuery;
use crate::receipts::list::state_name;
use crate::receipts::query::state_word;
use crate::ui::parts::Bar;
use crate::ui::{fill, icons};

/// Where the screen is.
const HERE: &str = "/m/receipts/export";

/// Which receipts are wanted as a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportQuery {
    /// As a list is narrowed; a place in the list means nothing here.
    pub list: ReceiptQuery,
    /// The first day (Asia/Shanghai); `None` for the first of the last day's month.
    pub from: Option<Day>,
}

impl ExportQuery {
    /// What an address asks for, from its query. What cannot be read is passed over.
    pub fn of_url(query: &str) -> ExportQuery {
        let from = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "from").and_then(|(_, value)| Day::parse(&value));
        ExportQuery { list: ReceiptQuery::of_url(query).from_place(None), from }
    }

    /// The first and the last day; the first is the later one where somebody mixed them up.
    pub fn days(&self, today: Day) -> (Day, Day) {
        let last = self.list.until.unwrap_or(today);
        let (year, month, _) = last.ymd();
        (self.from.or_else(|| Day::from_ymd(year, month, 1)).unwrap_or(last), last)
    }

    /// The address of the screen that asks for this.
    pub fn url(&self) -> String {
        let list = self.list.export_url();
        match self.from {
            Some(from) => format!("{list}{}from={from}", if list.contains('?') { '&' } else { '?' }),
            None => list,
        }
    }
}

/// Days that are asked for often, as their first and last: today, yesterday, this month, the month before.
fn often(today: Day) -> [(Day, Day); 4] {
    let yesterday = Day::of(today.get() - 1);
    let (_, _, number) = today.ymd();
    let first = Day::of(today.get() - (number as i32 - 1));
    [(today, today), (yesterday, yesterday), (first, today), (first.months_before(1), Day::of(first.get() - 1))]
}

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportWrong {
    /// The first day is after the last.
    Backwards,
    /// More than fit into one file.
    TooMany {
        /// The most.
        most: usize,
    },
    /// A word to search for is too short.
    TooShort,
    /// There is none of them.
    Nothing,
}

/// The screen.
#[derive(Debug, Clone, Copy)]
pub struct ExportScreen<'a> {
    /// What is asked for.
    pub query: &'a ExportQuery,
    /// The first and the last day.
    pub days: (Day, Day),
    /// The present day.
    pub today: Day,
    /// The names of the code and of the store to which it is narrowed.
    pub only: (Option<&'a str>, Option<&'a str>),
    /// What is wrong with what was asked for before.
    pub wrong: Option<ExportWrong>,
}

/// The title of the screen.
pub fn export_title(locale: Locale) -> &'static str {
    td_string!(locale, exporting.title)
}

/// The screen: a form whose answer is a file, so it is left to the browser.
pub fn export_screen(locale: Locale, shown: ExportScreen<'_>) -> AnyView {
    let list = &shown.query.list;
    let wrong = shown.wrong.map(|wrong| {
        let said = match wrong {
            ExportWrong::Backwards => td_string!(locale, exporting.backwards).to_owned(),
            ExportWrong::TooMany { most } => fill(td_string!(locale, exporting.too_many), &[("most", &most)]),
            ExportWrong::TooShort => td_string!(locale, exporting.too_short).to_owned(),
            ExportWrong::Nothing => td_string!(locale, exporting.nothing).to_owned(),
        };
        view! { <p class="note note-bad" role="alert" id="export-why">{said}</p> }
    });
    let (code, store) = shown.only;
    let only = [
        (!list.words.is_empty()).then_some((td_string!(locale, receipts.search), list.words.as_str())),
        code.map(|name| (td_string!(locale, receipts.code), name)),
        store.map(|name| (td_string!(locale, receipts.store), name)),
        list.state.map(|state| (td_string!(locale, receipts.state), state_name(locale, state))),
    ];
    let only: Vec<_> = only.into_iter().flatten().map(|(what, is)| view! { <div><dt>{what}</dt><dd>{is.to_owned()}</dd></div> }).collect();
    let only = (!only.is_empty()).then(|| {
        view! { <section class="card"><h2>{td_string!(locale, exporting.only)}</h2><dl class="pairs">{only}</dl></section> }
    });
    let hidden = [
        (!list.words.is_empty()).then(|| ("q", list.words.clone())),
        list.code.map(|code| ("code", code.to_string())),
        list.store.map(|store| ("store", store.to_string())),
        list.state.map(|state| ("state", state_word(state).to_owned())),
    ];
    let hidden: Vec<_> = hidden.into_iter().flatten().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect();
    let names = [
        td_string!(locale, exporting.today),
        td_string!(locale, exporting.yesterday),
        td_string!(locale, exporting.this_month),
        td_string!(locale, exporting.last_month),
    ];
    let preset = |(name, (from, until)): (&'static str, (Day, Day))| {
        let list = ReceiptQuery { until: Some(until), ..list.clone() };
        let href = ExportQuery { list, from: Some(from) }.url();
        view! { <a class="pill" href=href aria-current=(shown.days == (from, until)).then_some("true")>{name}</a> }
    };
    let presets = names.into_iter().zip(often(shown.today)).map(preset).collect_view();
    let is_wrong = shown.wrong.is_some().then_some("true");
    let day = |name: &'static str, label: &'static str, value: Day| {
        view! {
            <label for=name>{label}</label>
            <input id=name name=name type="date" required=true value=value.to_string() aria-invalid=is_wrong
                aria-describedby=is_wrong.map(|_| "export-why")/>
        }
    };
    view! {
        <Bar title=export_title(locale) back=Some(("/m/receipts", td_string!(locale, receipts.list)))/>
        <main id="main" class="one" tabindex="-1">
            {wrong}
            <form class="ask-form" method="get" action=format!("{HERE}/receipts.xlsx") data-native="">
                {hidden}
                <nav class="pills" aria-label=td_string!(locale, exporting.often)>{presets}</nav>
                <div class="card">
                    {day("from", td_string!(locale, exporting.from), shown.days.0)}
                    {day("until", td_string!(locale, receipts.until), shown.days.1)}
                    <p class="quiet">{td_string!(locale, exporting.what)}</p>
                </div>
                {only}
                <button class="button" type="submit">{icons::save()} " " {td_string!(locale, exporting.xlsx)}</button>
                <button class="button button-quiet" type="submit" formaction=format!("{HERE}/receipts.csv")>
                    {icons::save()} " " {td_string!(locale, exporting.csv)}
                </button>
                <p class="quiet">{td_string!(locale, exporting.in_wechat)}</p>
            </form>
        </main>
    }
    .into_any()
}

/// What stands above the columns that every receipt has; one for each question follows.
pub fn export_columns(locale: Locale) -> [&'static str; 10] {
    [
        td_string!(locale, receipts.paid_at),
        td_string!(locale, receipts.amount),
        td_string!(locale, receipts.refunded_sum),
        td_string!(locale, receipts.refunding_sum),
        td_string!(locale, receipts.kept),
        td_string!(locale, receipts.state),
        td_string!(locale, receipts.code),
        td_string!(locale, receipts.payee),
        td_string!(locale, receipts.number),
        td_string!(locale, receipts.transaction),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_asked_for_often_are_whole_months_and_no_day_to_come() {
        let day = |text: &str| Day::parse(text).unwrap();
        let table = [
            ("2026-11-22", "2026-11-21", "2026-11-01", ("2026-10-01", "2026-10-31")),
            ("2026-03-01", "2026-02-28", "2026-03-01", ("2026-02-01", "2026-02-28")),
            ("2028-03-31", "2028-03-30", "2028-03-01", ("2028-02-01", "2028-02-29")),
            ("2027-01-01", "2026-12-31", "2027-01-01", ("2026-12-01", "2026-12-31")),
        ];
        for (today, yesterday, first, (before, until)) in table {
            let (today, yesterday) = (day(today), day(yesterday));
            let expected = [(today, today), (yesterday, yesterday), (day(first), today), (day(before), day(until))];
            assert_eq!(often(today), expected, "{today}");
        }
    }

    #[test]
    fn a_file_is_of_the_last_days_month_unless_a_first_day_is_said() {
        let today = Day::from_ymd(2026, 11, 22).unwrap();
        let table = [
            ("", "2026-11-01", "2026-11-22", "/m/receipts/export"),
            (
                "until=2026-08-31&before=7-0199a0b1c2d3e4f50617283940516273",
                "2026-08-01",
                "2026-08-31",
                "/m/receipts/export?until=2026-08-31",
            ),
            ("from=2025-01-02", "2025-01-02", "2026-11-22", "/m/receipts/export?from=2025-01-02"),
            ("from=2025-02-30&q=%E5%BC%A0", "2026-11-01", "2026-11-22", "/m/receipts/export?q=%E5%BC%A0"),
            ("state=refunded&from=2026-11-30", "2026-11-30", "2026-11-22", "/m/receipts/export?state=refunded&from=2026-11-30"),
        ];
        for (query, first, last, url) in table {
            let read = ExportQuery::of_url(query);
            let (from, until) = read.days(today);
            assert_eq!((from.to_string(), until.to_string(), read.url()), (first.to_owned(), last.to_owned(), url.to_owned()), "{query}");
        }
    }
}
