//! Debts from a table: which column is what, and what is wrong with which row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, EntryField, EntryTyped, EntryWrong};
use crate::Day;
use crate::search::normalised;

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub no: usize,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its number in the file.
    pub line: usize,
    /// The place of the column in the file, from 0, and what it is; `None` for the row as a whole.
    pub column: Option<(usize, EntryField)>,
    /// What stands there.
    pub said: String,
    /// Why it cannot be taken.
    pub why: BadWhy,
}

/// Why a row cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "bad", rename_all = "snake_case")]
pub enum BadWhy {
    /// A field is wrong.
    Field(EntryWrong),
    /// The same debt stands in an earlier row.
    Repeats {
        /// That row.
        line: usize,
    },
}

/// A table as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedRows {
    /// The rows that can be taken, with their numbers.
    pub good: Vec<(usize, Entry)>,
    /// Everything that is wrong with the others.
    pub bad: Vec<BadRow>,
}

/// By which a debt is known again: number, title and due day; where there is no number, the debtor and the amount as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sameness {
    reference: String,
    title: String,
    due: Option<Day>,
    who: Option<(String, i64)>,
}

impl Sameness {
    /// Of a debt.
    pub fn of(entry: &Entry) -> Sameness {
        let who = entry.debtor.reference.is_empty().then(|| (entry.debtor.name.clone(), entry.amount_fen.get()));
        Sameness { reference: entry.debtor.reference.clone(), title: entry.title.clone(), due: entry.due, who }
    }
}

/// Reads a table whose first row names the columns, in Chinese or English and in any order. Rows of empty cells are passed over.
///
/// # Errors
/// The columns that must be there and are not.
pub fn read_rows(lines: &[Line]) -> Result<ImportedRows, Vec<EntryField>> {
    let Some((header, rows)) = lines.split_first() else { return Err(NEEDED.to_vec()) };
    let columns: Vec<Option<EntryField>> = header.cells.iter().map(|cell| column_of(cell)).collect();
    let missing: Vec<EntryField> = NEEDED.into_iter().filter(|needed| !columns.contains(&Some(*needed))).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut read = ImportedRows::default();
    let mut seen: BTreeMap<Sameness, usize> = BTreeMap::new();
    for line in rows.iter().filter(|line| line.cells.iter().any(|cell| !cell.trim().is_empty())) {
        let mut typed = EntryTyped::default();
        for (cell, field) in line.cells.iter().zip(&columns) {
            if let Some(field) = field {
                typed.set(*field, cell);
            }
        }
        match typed.check() {
            Ok(entry) => match seen.get(&Sameness::of(&entry)) {
                Some(first) => {
                    let why = BadWhy::Repeats { line: *first };
                    read.bad.push(BadRow { line: line.no, column: None, said: String::new(), why });
                }
                None => {
                    seen.insert(Sameness::of(&entry), line.no);
                    read.good.push((line.no, entry));
                }
            },
            Err(wrong) => read.bad.extend(wrong.into_iter().map(|(field, why)| {
                let place = columns.iter().position(|column| *column == Some(field)).unwrap_or(0);
                let said = typed.value(field).chars().take(40).collect();
                BadRow { line: line.no, column: Some((place, field)), said, why: BadWhy::Field(why) }
            })),
        }
    }
    Ok(read)
}

/// The columns that must be there.
const NEEDED: [EntryField; 3] = [EntryField::Name, EntryField::Title, EntryField::Amount];

/// The letters by which a spreadsheet names a column, from 0: A, B, .. Z, AA.
pub fn column_letters(place: usize) -> String {
    let mut letters = String::new();
    let mut rest = place + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.insert(0, char::from(b'A' + digit as u8));
        rest = (rest - 1) / 26;
    }
    letters
}

/// The field that a heading names; what stands in brackets behind it does not count.
fn column_of(heading: &str) -> Option<EntryField> {
    let heading = normalised(heading.split(['(', '（']).next().unwrap_or_default());
    let named = |words: &[&str]| words.iter().any(|word| normalised(word) == heading);
    let words: [(EntryField, &[&str]); 8] = [
        (EntryField::Name, &["姓名", "姓名或单位", "单位", "应缴人", "name", "debtor"]),
        (EntryField::Reference, &["编号", "学号", "房号", "合同号", "number", "reference"]),
        (EntryField::Phone, &["手机号", "手机", "电话", "phone", "mobile"]),
        (EntryField::Title, &["事项", "款项", "项目", "purpose", "title"]),
        (EntryField::Amount, &["金额", "应缴金额", "应收金额", "amount"]),
        (EntryField::Due, &["截止日", "截止日期", "到期日", "due", "due day", "due date"]),
        (EntryField::Parts, &["可分次付", "分次", "parts", "in parts"]),
        (EntryField::Remark, &["备注", "remark", "note"]),
    ];
    words.into_iter().find(|(_, words)| named(words)).map(|(field, _)| field)
}
