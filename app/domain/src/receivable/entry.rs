//! A debt as somebody types it, on a form or in a row of a file, and what is wrong with it.

use serde::{Deserialize, Serialize};

use super::Debtor;
use crate::account::Phone;
use crate::code::LARGEST_PAYMENT;
use crate::fen::YuanError;
use crate::form::half_width_char;
use crate::{Day, Fen};

/// The most that one debt may be: ¥10,000,000.
pub const LARGEST_RECEIVABLE: Fen = Fen::of(1_000_000_000);

/// The longest name, title and reference.
const MOST_CHARS: usize = 40;

/// The longest remark, in characters.
pub const MOST_REMARK_CHARS: usize = 200;

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EntryTyped {
    /// Who owes.
    pub name: String,
    /// Their number.
    pub reference: String,
    /// Their phone.
    pub phone: String,
    /// What for.
    pub title: String,
    /// Yuan.
    pub amount: String,
    /// The due day.
    pub due: String,
    /// Whether it may be paid in parts.
    pub parts: String,
    /// A remark.
    pub remark: String,
}

/// A debt to raise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who owes.
    pub debtor: Debtor,
    /// What for.
    pub title: String,
    /// How much.
    pub amount_fen: Fen,
    /// The last day on which it is in time.
    pub due: Option<Day>,
    /// Whether it may be paid in parts.
    pub in_parts: bool,
    /// For the collecting side only.
    pub remark: String,
}

/// A field of the form, a column of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryField {
    /// Who owes.
    Name,
    /// Their number.
    Reference,
    /// Their phone.
    Phone,
    /// What for.
    Title,
    /// How much.
    Amount,
    /// Until when.
    Due,
    /// In parts or not.
    Parts,
    /// A remark.
    Remark,
}

impl EntryField {
    /// All, in the order of the form and of the columns.
    pub const ALL: [EntryField; 8] = [
        EntryField::Name,
        EntryField::Reference,
        EntryField::Phone,
        EntryField::Title,
        EntryField::Amount,
        EntryField::Due,
        EntryField::Parts,
        EntryField::Remark,
    ];

    /// Its name in a form.
    pub const fn word(self) -> &'static str {
        match self {
            EntryField::Name => "name",
            EntryField::Reference => "reference",
            EntryField::Phone => "phone",
            EntryField::Title => "title",
            EntryField::Amount => "amount",
            EntryField::Due => "due",
            EntryField::Parts => "parts",
            EntryField::Remark => "remark",
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wrong", rename_all = "snake_case")]
pub enum EntryWrong {
    /// Nothing was typed.
    Missing,
    /// Longer than this many characters.
    TooLong {
        /// The most.
        most: usize,
    },
    /// Not a mainland mobile number.
    NotAPhone,
    /// Not an amount.
    NotAnAmount,
    /// More than two decimals.
    TooManyDecimals,
    /// More than a debt may be.
    TooMuch,
    /// More than one payment can be, and not to be paid in parts.
    NeedsParts,
    /// Not a date.
    NotADay,
    /// Neither yes nor no.
    NotYesOrNo,
}

impl EntryTyped {
    /// The value of a field.
    pub fn value(&self, field: EntryField) -> &str {
        match field {
            EntryField::Name => &self.name,
            EntryField::Reference => &self.reference,
            EntryField::Phone => &self.phone,
            EntryField::Title => &self.title,
            EntryField::Amount => &self.amount,
            EntryField::Due => &self.due,
            EntryField::Parts => &self.parts,
            EntryField::Remark => &self.remark,
        }
    }

    /// Sets the value of a field; nothing is kept that is longer than any field can be.
    pub fn set(&mut self, field: EntryField, value: &str) {
        let place = match field {
            EntryField::Name => &mut self.name,
            EntryField::Reference => &mut self.reference,
            EntryField::Phone => &mut self.phone,
            EntryField::Title => &mut self.title,
            EntryField::Amount => &mut self.amount,
            EntryField::Due => &mut self.due,
            EntryField::Parts => &mut self.parts,
            EntryField::Remark => &mut self.remark,
        };
        *place = value.chars().take(2 * MOST_REMARK_CHARS).collect();
    }

    /// The debt that was typed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form.
    pub fn check(&self) -> Result<Entry, Vec<(EntryField, EntryWrong)>> {
        let mut wrong = vec![];
        let name = self.keep(&mut wrong, EntryField::Name, name(&self.name));
        let reference = self.keep(&mut wrong, EntryField::Reference, line(&self.reference, MOST_CHARS));
        let phone = self.keep(&mut wrong, EntryField::Phone, phone(&self.phone));
        let title = self.keep(&mut wrong, EntryField::Title, line(&self.title, MOST_CHARS).and_then(present));
        let parts = yes_or_no(&self.parts);
        let amount = self.keep(&mut wrong, EntryField::Amount, amount(&self.amount, parts.unwrap_or(true)));
        let due = self.keep(&mut wrong, EntryField::Due, due(&self.due));
        let in_parts = self.keep(&mut wrong, EntryField::Parts, parts);
        let remark = self.keep(&mut wrong, EntryField::Remark, Remark::read(&self.remark));
        match (name, reference, phone, title, amount, due, in_parts, remark) {
            (Some(name), Some(reference), Some(phone), Some(title), Some(amount_fen), Some(due), Some(in_parts), Some(remark)) => {
                let debtor = Debtor { name, reference, phone };
                Ok(Entry { debtor, title, amount_fen, due, in_parts, remark: remark.0 })
            }
            _ => Err(wrong),
        }
    }

    fn keep<T>(&self, wrong: &mut Vec<(EntryField, EntryWrong)>, field: EntryField, read: Result<T, EntryWrong>) -> Option<T> {
        read.map_err(|why| wrong.push((field, why))).ok()
    }
}

/// A remark, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(pub String);

impl Remark {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`EntryWrong::TooLong`].
    pub fn read(typed: &str) -> Result<Remark, EntryWrong> {
        line(typed, MOST_REMARK_CHARS).map(Remark)
    }

    /// Reads a reason, which must be given.
    ///
    /// # Errors
    /// [`EntryWrong::Missing`] or [`EntryWrong::TooLong`].
    pub fn reason(typed: &str) -> Result<Remark, EntryWrong> {
        line(typed, MOST_REMARK_CHARS).and_then(present).map(Remark)
    }
}

/// Reads a day as people and spreadsheets write it: `2026-11-30`, `2026/11/30`, `2026.11.30`, `2026年11月30日`, `20261130`, a time
/// behind it passed over. `None` when it is none, or its year is not of this or the next century.
pub fn parse_day(typed: &str) -> Option<Day> {
    let text: String = typed.trim().chars().map(half_width_char).collect();
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return day(&text[..4], &text[4..6], &text[6..]);
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月']).collect();
    let [year, month, number] = parts.as_slice() else { return None };
    day(year, month, number)
}

fn day(year: &str, month: &str, number: &str) -> Option<Day> {
    let digits = |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(year) || !digits(month) || !digits(number) {
        return None;
    }
    let year: i32 = year.parse().ok().filter(|year| (2000..2200).contains(year))?;
    Day::from_ymd(year, month.parse().ok()?, number.parse().ok()?)
}

fn name(typed: &str) -> Result<String, EntryWrong> {
    line(typed, MOST_CHARS).and_then(present)
}

fn phone(typed: &str) -> Result<Option<Phone>, EntryWrong> {
    match typed.trim() {
        "" => Ok(None),
        typed => Phone::parse(typed).map(Some).ok_or(EntryWrong::NotAPhone),
    }
}

fn amount(typed: &str, in_parts: bool) -> Result<Fen, EntryWrong> {
    match Fen::parse_yuan(typed) {
        Err(YuanError::Empty) => Err(EntryWrong::Missing),
        Err(YuanError::NotANumber) => Err(EntryWrong::NotAnAmount),
        Err(YuanError::TooManyDecimals) => Err(EntryWrong::TooManyDecimals),
        Err(YuanError::TooLarge) => Err(EntryWrong::TooMuch),
        Ok(amount) if !amount.is_positive() => Err(EntryWrong::NotAnAmount),
        Ok(amount) if amount > LARGEST_RECEIVABLE => Err(EntryWrong::TooMuch),
        Ok(amount) if amount > LARGEST_PAYMENT && !in_parts => Err(EntryWrong::NeedsParts),
        Ok(amount) => Ok(amount),
    }
}

fn due(typed: &str) -> Result<Option<Day>, EntryWrong> {
    match typed.trim() {
        "" => Ok(None),
        typed => parse_day(typed).map(Some).ok_or(EntryWrong::NotADay),
    }
}

fn yes_or_no(typed: &str) -> Result<bool, EntryWrong> {
    match typed.trim().to_lowercase().as_str() {
        "" | "否" | "no" | "n" | "0" | "false" => Ok(false),
        "是" | "yes" | "y" | "1" | "true" => Ok(true),
        _ => Err(EntryWrong::NotYesOrNo),
    }
}

/// One line, without characters that nobody sees.
fn line(typed: &str, most: usize) -> Result<String, EntryWrong> {
    let seen: String = typed.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    let text = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > most { Err(EntryWrong::TooLong { most }) } else { Ok(text) }
}

fn present(text: String) -> Result<String, EntryWrong> {
    if text.is_empty() { Err(EntryWrong::Missing) } else { Ok(text) }
}
