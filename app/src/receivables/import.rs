//! Debts from a file: choosing it, what would be taken and what not, and one confirmation.

use domain::Fen;
use domain::receivable::{BadRow, BadWhy, EntryField, EntryWrong, column_letters};
use leptos::prelude::*;

use super::HERE;
use super::list::Debt;
use super::words::{items, tag, wrong_sentence};
use crate::Locale;
use crate::i18n::*;
use crate::ui::parts::Bar;
use crate::ui::{fill, icons, yuan};

/// Faults that are shown; whoever has more mends these first.
const MOST_SHOWN: usize = 100;

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportTrouble {
    /// None was chosen.
    NoFile,
    /// It is too large, or would unfold into too much.
    TooLarge,
    /// It has too many rows.
    TooManyRows {
        /// The most.
        most: usize,
    },
    /// It is no table.
    NotATable,
    /// It lacks columns.
    Columns(Vec<EntryField>),
}

/// What a file comes to, before anything is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPreview {
    /// How many debts would be raised.
    pub new: usize,
    /// What they come to.
    pub sum_fen: Fen,
    /// Rows whose debt is there already.
    pub known: Vec<usize>,
    /// What is wrong with the others.
    pub bad: Vec<BadRow>,
    /// The rows to be taken, as they are sent with the confirmation.
    pub rows: String,
}

/// What the screen shows.
#[derive(Debug, Clone, Copy)]
pub enum ImportScreen<'a> {
    /// Which file.
    Ask(Option<&'a ImportTrouble>),
    /// What would be taken of it.
    Preview(&'a ImportPreview),
}

/// The title of the screen.
pub fn import_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.import)
}

/// The screen.
pub fn import_screen(locale: Locale, screen: ImportScreen<'_>) -> AnyView {
    let inner = match screen {
        ImportScreen::Ask(trouble) => ask(locale, trouble),
        ImportScreen::Preview(preview) => dry_run(locale, preview),
    };
    view! {
        <Bar title=import_title(locale) back=Some((HERE, td_string!(locale, receivables.back)))/>
        <main id="main" class="one" tabindex="-1">{inner}</main>
    }
    .into_any()
}

fn ask(locale: Locale, trouble: Option<&ImportTrouble>) -> AnyView {
    let template = |kind: &'static str| format!("{HERE}/template/receivables.{kind}");
    let wrong = trouble.map(|trouble| trouble_sentence(locale, trouble));
    let is_wrong = wrong.is_some().then_some("true");
    view! {
        <section class="card">
            <ul class="facts">
                <li>{td_string!(locale, receivables.import_how)}</li>
                <li>{td_string!(locale, receivables.import_dry)}</li>
                <li>{td_string!(locale, receivables.import_twice)}</li>
            </ul>
            <p class="pills">
                <a class="pill" rel="external" href=template("xlsx")>{icons::save()} {td_string!(locale, receivables.template)} " xlsx"</a>
                <a class="pill" rel="external" href=template("csv")>{icons::save()} {td_string!(locale, receivables.template)} " CSV"</a>
            </p>
        </section>
        <form class="ask-form" method="post" enctype="multipart/form-data" action=format!("{HERE}/import")>
            <div class="card">
                <label for="file">{td_string!(locale, receivables.import_file)}</label>
                <input id="file" type="file" name="file" accept=".xlsx,.csv,text/csv" required aria-invalid=is_wrong aria-describedby="file-why"/>
                <div id="file-why">{wrong.map(|wrong| view! { <p class="field-why" role="alert">{wrong}</p> })}</div>
            </div>
            <button class="button" type="submit">{td_string!(locale, receivables.import_check)}</button>
        </form>
    }
    .into_any()
}

fn trouble_sentence(locale: Locale, trouble: &ImportTrouble) -> String {
    match trouble {
        ImportTrouble::NoFile => td_string!(locale, receivables.file_none).to_owned(),
        ImportTrouble::TooLarge => td_string!(locale, receivables.file_large).to_owned(),
        ImportTrouble::TooManyRows { most } => fill(td_string!(locale, receivables.file_rows), &[("most", most)]),
        ImportTrouble::NotATable => td_string!(locale, receivables.file_not).to_owned(),
        ImportTrouble::Columns(missing) => {
            let names: Vec<_> = missing.iter().map(|field| column_name(locale, *field)).collect();
            let between = td_string!(locale, receivables.comma);
            fill(td_string!(locale, receivables.file_columns), &[("columns", &names.join(between))])
        }
    }
}

fn dry_run(locale: Locale, preview: &ImportPreview) -> AnyView {
    let ImportPreview { new, sum_fen, known, bad, rows } = preview;
    let bad_rows: std::collections::BTreeSet<usize> = bad.iter().map(|row| row.line).collect();
    let line = |name: &'static str, count: usize| {
        let count = items(locale, count as u64);
        view! { <div><dt>{name}</dt><dd>{count}</dd></div> }
    };
    let faults = bad.iter().take(MOST_SHOWN).map(|row| view! { <li>{fault(locale, row)}</li> }).collect_view();
    let more = (bad.len() > MOST_SHOWN).then(|| {
        view! { <li>{fill(td_string!(locale, receivables.bad_more), &[("count", &(bad.len() - MOST_SHOWN))])}</li> }
    });
    let known_lines = (!known.is_empty()).then(|| {
        let shown: Vec<String> = known.iter().take(MOST_SHOWN).map(usize::to_string).collect();
        let lines = shown.join(td_string!(locale, receivables.comma));
        view! { <p class="quiet">{fill(td_string!(locale, receivables.known_lines), &[("lines", &lines)])}</p> }
    });
    let act = (*new > 0).then(|| {
        let words = fill(td_string!(locale, receivables.import_do), &[("count", new), ("sum", &yuan(*sum_fen))]);
        view! {
            <form method="post" action=format!("{HERE}/import/confirm")>
                <input type="hidden" name="rows" value=rows.clone()/>
                <button class="button" type="submit">{words}</button>
            </form>
        }
    });
    let lead = match (*new, bad_rows.is_empty()) {
        (0, _) => td_string!(locale, receivables.dry_nothing),
        (_, true) => td_string!(locale, receivables.dry_fine),
        (_, false) => td_string!(locale, receivables.dry_some),
    };
    view! {
        <section class="card" aria-labelledby="dry">
            <h2 id="dry">{td_string!(locale, receivables.dry_title)}</h2>
            <p>{lead}</p>
            <dl class="pairs">
                {line(td_string!(locale, receivables.dry_new), *new)}
                <div><dt>{td_string!(locale, receivables.dry_sum)}</dt><dd>{yuan(*sum_fen)}</dd></div>
                {line(td_string!(locale, receivables.dry_known), known.len())}
                {line(td_string!(locale, receivables.dry_bad), bad_rows.len())}
            </dl>
            {known_lines}
        </section>
        {(!bad.is_empty()).then(|| view! {
            <section class="card" aria-labelledby="bad">
                <h2 id="bad">{td_string!(locale, receivables.dry_bad)}</h2>
                <ul class="facts">{faults} {more}</ul>
            </section>
        })}
        {act}
        <a class="button button-quiet" href=format!("{HERE}/import")>{td_string!(locale, receivables.import_other)}</a>
    }
    .into_any()
}

/// Line, column and reason.
fn fault(locale: Locale, row: &BadRow) -> String {
    let why = match row.why {
        // A file has no box to tick, but a column to write into.
        BadWhy::Field(EntryWrong::NeedsParts) => {
            let [column, yes] = [column_name(locale, EntryField::Parts), parts_word(locale, true)];
            fill(td_string!(locale, receivables.bad_parts), &[("column", &column), ("yes", &yes)])
        }
        BadWhy::Field(wrong) => wrong_sentence(locale, wrong),
        BadWhy::Repeats { line } => fill(td_string!(locale, receivables.bad_repeats), &[("line", &line)]),
    };
    match row.column {
        Some((place, field)) => {
            let values: [(&str, &dyn std::fmt::Display); 5] = [
                ("line", &row.line),
                ("column", &column_letters(place)),
                ("name", &column_name(locale, field)),
                ("said", &row.said),
                ("why", &why),
            ];
            fill(td_string!(locale, receivables.bad_cell), &values)
        }
        None => fill(td_string!(locale, receivables.bad_row), &[("line", &row.line), ("why", &why)]),
    }
}

/// The heading of a column, by which it is read again.
pub fn column_name(locale: Locale, field: EntryField) -> &'static str {
    match field {
        EntryField::Name => td_string!(locale, receivables.col_name),
        EntryField::Reference => td_string!(locale, receivables.col_reference),
        EntryField::Phone => td_string!(locale, receivables.col_phone),
        EntryField::Title => td_string!(locale, receivables.col_title),
        EntryField::Amount => td_string!(locale, receivables.col_amount),
        EntryField::Due => td_string!(locale, receivables.col_due),
        EntryField::Parts => td_string!(locale, receivables.col_parts),
        EntryField::Remark => td_string!(locale, receivables.col_remark),
    }
}

/// The headings of an export behind those of an import.
pub fn export_columns(locale: Locale) -> [&'static str; 6] {
    [
        td_string!(locale, receivables.settled),
        td_string!(locale, receivables.owed),
        td_string!(locale, receivables.col_state),
        td_string!(locale, reminders.col_reminder),
        td_string!(locale, receivables.raised_at),
        td_string!(locale, receivables.link),
    ]
}

/// Where a debt stands, in the words of the list.
pub fn state_words(locale: Locale, debt: &Debt, today: domain::Day) -> String {
    tag(locale, &debt.receivable, debt.claim, today).1
}

/// Whether a debt may be paid in parts, in the words of the template, which are read again.
pub fn parts_word(locale: Locale, in_parts: bool) -> &'static str {
    match in_parts {
        true => td_string!(locale, receivables.ex_parts),
        false => td_string!(locale, receivables.parts_no),
    }
}

/// A row of the template: an example.
pub fn example_row(locale: Locale) -> [&'static str; 8] {
    [
        td_string!(locale, receivables.ex_name),
        "S2026001",
        "13800138000",
        td_string!(locale, receivables.ex_title),
        "1200.00",
        "2026-12-31",
        parts_word(locale, true),
        td_string!(locale, receivables.ex_remark),
    ]
}

#[cfg(test)]
mod tests {
    use domain::receivable::{Line, read_rows};

    use super::*;

    #[test]
    fn the_template_is_read_in_both_languages() {
        for locale in [Locale::zh, Locale::en] {
            let heading = EntryField::ALL.iter().map(|field| column_name(locale, *field).to_owned()).collect();
            let row = example_row(locale).iter().map(|cell| (*cell).to_owned()).collect();
            let read = read_rows(&[Line { no: 1, cells: heading }, Line { no: 2, cells: row }]).unwrap();
            assert_eq!(read.bad, []);
            let entry = &read.good[0].1;
            assert!(entry.in_parts && entry.due.is_some() && entry.debtor.phone.is_some() && !entry.remark.is_empty());
        }
    }

    #[test]
    fn what_an_export_says_of_parts_is_read_again_and_a_file_is_told_its_column() {
        for (locale, column) in [(Locale::zh, "可分次付"), (Locale::en, "In parts")] {
            let heading: Vec<String> = EntryField::ALL.iter().map(|field| column_name(locale, *field).to_owned()).collect();
            let row = |amount: &str, in_parts| {
                let mut cells = example_row(locale).map(str::to_owned);
                (cells[1], cells[4]) = (format!("S{amount}"), amount.to_owned());
                cells[6] = parts_word(locale, in_parts).to_owned();
                cells.to_vec()
            };
            let lines = [(1, heading), (2, row("1200", true)), (3, row("1300", false)), (4, row("60000", false))];
            let read = read_rows(&lines.map(|(no, cells)| Line { no, cells })).unwrap();
            assert_eq!(read.good.iter().map(|(_, entry)| entry.in_parts).collect::<Vec<_>>(), [true, false]);
            let told: Vec<String> = read.bad.iter().map(|row| fault(locale, row)).collect();
            assert!(told.len() == 1 && told[0].contains(column) && !told[0].contains("勾选"), "{told:?}");
        }
    }
}
