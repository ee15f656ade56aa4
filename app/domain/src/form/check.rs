//! From what was sent to answers, or to a named refusal per field.

use serde::{Deserialize, Serialize};

use super::rule::{self, half_width};
use super::{Answer, AnswerValue, Component, Field, FormSchema, ScanKind, TextRule, TitleKind, Typed};

/// Most characters of a scanned code: more than any label or ticket carries.
pub(super) const SCAN_MAX_CHARS: u32 = 512;
/// Most characters of a place or of the name on an invoice.
pub(super) const PART_MAX_CHARS: u32 = 100;
/// Most characters of an e-mail address (RFC 5321).
pub(super) const EMAIL_MAX_CHARS: u32 = 254;

/// What the button that locates writes into an empty line, in each language of the payer's page.
pub const HERE: [&str; 2] = ["当前位置", "Current location"];

/// Why one field was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{key}: {why}")]
pub struct FieldError {
    /// The field's key.
    pub key: String,
    /// What is wrong; one reason per field, the first that was found.
    #[serde(flatten)]
    pub why: FieldRefusal,
}

/// What is wrong with what was typed. Each becomes a sentence beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum FieldRefusal {
    /// Nothing was typed or chosen.
    #[error("required")]
    Required,
    /// The box has to be ticked.
    #[error("must be ticked")]
    MustBeTicked,
    /// More characters than are kept.
    #[error("longer than {max_chars} characters")]
    TooLong {
        /// Most characters (Unicode scalar values).
        max_chars: u32,
    },
    /// A character that cannot be seen or printed, such as a tab, a line break or a NUL.
    #[error("control character")]
    ControlCharacter,
    /// Something other than digits.
    #[error("not digits")]
    NotDigits,
    /// Not a mainland mobile number.
    #[error("not a phone number")]
    NotAPhone,
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    NotAnEmail,
    /// Not 18 places with a day and the right check digit.
    #[error("not an identity number")]
    NotAnIdNumber,
    /// Not a number plate.
    #[error("not a number plate")]
    NotAPlate,
    /// Not one of the choices that were offered.
    #[error("not one of the choices")]
    NotOneOfTheChoices,
    /// Several values where one is asked.
    #[error("only one")]
    OnlyOne,
    /// A bar code holds printable ASCII only.
    #[error("not a bar code")]
    NotABarCode,
    /// Not an id that the server gave for a photo.
    #[error("not a photo")]
    NotAPhoto,
    /// Coordinates that are not on the globe, or only one of the two.
    #[error("not a place")]
    NotAPlace,
    /// A company's invoice title needs its tax number.
    #[error("tax number required")]
    TaxNoRequired,
    /// Not 15, 18 or 20 letters and digits.
    #[error("not a tax number")]
    NotATaxNo,
    /// Something was preset for a question that the form does not ask.
    #[error("no such field")]
    NoSuchField,
}

impl FieldRefusal {
    /// The key of its sentence in the message files; the sentence may use `max_chars`.
    pub const fn message_key(&self) -> &'static str {
        match self {
            FieldRefusal::Required => "field_required",
            FieldRefusal::MustBeTicked => "field_must_be_ticked",
            FieldRefusal::TooLong { .. } => "field_too_long",
            FieldRefusal::ControlCharacter => "field_control_character",
            FieldRefusal::NotDigits => "field_not_digits",
            FieldRefusal::NotAPhone => "field_not_a_phone",
            FieldRefusal::NotAnEmail => "field_not_an_email",
            FieldRefusal::NotAnIdNumber => "field_not_an_id_number",
            FieldRefusal::NotAPlate => "field_not_a_plate",
            FieldRefusal::NotOneOfTheChoices => "field_not_one_of_the_choices",
            FieldRefusal::OnlyOne => "field_only_one",
            FieldRefusal::NotABarCode => "field_not_a_bar_code",
            FieldRefusal::NotAPhoto => "field_not_a_photo",
            FieldRefusal::NotAPlace => "field_not_a_place",
            FieldRefusal::TaxNoRequired => "field_tax_no_required",
            FieldRefusal::NotATaxNo => "field_not_a_tax_no",
            FieldRefusal::NoSuchField => "field_no_such_field",
        }
    }

    /// The part of the field that the sentence belongs beside, when it is not the field itself.
    pub const fn part(&self) -> Option<&'static str> {
        match self {
            FieldRefusal::TaxNoRequired | FieldRefusal::NotATaxNo => Some("tax_no"),
            _ => None,
        }
    }
}

impl FormSchema {
    /// The questions that are asked now, in order.
    pub fn asked(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.disabled)
    }

    /// The answers that `typed` gives to this form, in the form's order. Optional questions that were left empty give none;
    /// values under names that the form does not ask for are ignored.
    ///
    /// # Errors
    /// One [`FieldError`] per field that is not accepted, in the form's order.
    pub fn check(&self, typed: &Typed) -> Result<Vec<Answer>, Vec<FieldError>> {
        let (mut answers, mut errors) = (vec![], vec![]);
        for field in self.asked() {
            match answer(field, typed) {
                Ok(Some((text, value))) => answers.push(Answer { key: field.key.clone(), label: field.label.clone(), text, value }),
                Ok(None) => {}
                Err(why) => errors.push(FieldError { key: field.key.clone(), why }),
            }
        }
        if errors.is_empty() { Ok(answers) } else { Err(errors) }
    }

    /// As [`check`](Self::check), with the answers that a code presets. The payer sees those and cannot change them (E13):
    /// whatever was sent for them is ignored.
    ///
    /// # Errors
    /// As [`check`](Self::check); a preset that no longer fits the form is refused under its field like typed text.
    pub fn check_with_presets(&self, typed: &Typed, presets: &Typed) -> Result<Vec<Answer>, Vec<FieldError>> {
        self.check(&typed.overruled_by(presets))
    }

    /// Whether what was typed for the form `before` is complete here too and says exactly the same: no answer is lost, and none
    /// stands under another question.
    pub fn reads_like(&self, before: &FormSchema, typed: &Typed, presets: &Typed) -> bool {
        match (before.check_with_presets(typed, presets), self.check_with_presets(typed, presets)) {
            (Ok(then), Ok(now)) => then == now,
            _ => false,
        }
    }

    /// Whether a code may preset these answers: each belongs to a question of the form and would be accepted from a payer.
    ///
    /// # Errors
    /// One [`FieldError`] per preset that is not accepted.
    pub fn check_presets(&self, presets: &Typed) -> Result<Vec<Answer>, Vec<FieldError>> {
        let preset: Vec<Field> = self.asked().filter(|field| presets.speaks_of(&field.key)).cloned().collect();
        let no_field = presets.keys().into_iter().filter(|key| !preset.iter().any(|field| field.key == *key));
        let mut errors: Vec<FieldError> = no_field.map(|key| FieldError { key: key.to_owned(), why: FieldRefusal::NoSuchField }).collect();
        match (FormSchema { version: self.version, fields: preset }).check(presets) {
            Ok(answers) if errors.is_empty() => return Ok(answers),
            Ok(_) => {}
            Err(refused) => errors.extend(refused),
        }
        Err(errors)
    }
}

type Checked = Result<Option<(String, AnswerValue)>, FieldRefusal>;

fn answer(field: &Field, typed: &Typed) -> Checked {
    let checked = match &field.component {
        Component::Text { rule, max_chars } => text(only(typed.all(&field.key))?, *rule, *max_chars),
        Component::Choice { options, multiple } => choice(typed.all(&field.key), options, *multiple),
        Component::Switch => on_or_off(only(typed.all(&field.key))?),
        Component::Checkbox => ticked(only(typed.all(&field.key))?, field.required),
        Component::Scan { accepts } => scan(only(typed.all(&field.key))?, *accepts),
        Component::Photo => photo(only(typed.all(&field.key))?),
        Component::Location => place(field, typed),
        Component::InvoiceTitle => invoice_title(field, typed),
    }?;
    if checked.is_none() && field.required { Err(FieldRefusal::Required) } else { Ok(checked) }
}

fn plain(text: String) -> Checked {
    Ok(Some((text, AnswerValue::Plain)))
}

/// The one value that was sent; empty when there is none.
fn only(values: &[String]) -> Result<String, FieldRefusal> {
    let mut said = values.iter().map(|value| clean(value)).filter(|value| !value.is_empty());
    let first = said.next().unwrap_or_default();
    if said.any(|other| other != first) { Err(FieldRefusal::OnlyOne) } else { Ok(first) }
}

/// The value of a part, or of the field itself when the part was not sent.
fn part_or_self(field: &Field, typed: &Typed, part: &str) -> Result<String, FieldRefusal> {
    match clean(typed.part(&field.key, part)) {
        own if own.is_empty() => only(typed.all(&field.key)),
        own => Ok(own),
    }
}

/// Without surrounding white space, and without the invisible marks that come along when text is copied out of address books
/// and chats (zero-width space, byte-order mark, direction marks). Direction marks would also let a receipt read backwards.
fn clean(value: &str) -> String {
    let visible: String = value.chars().filter(|c| !is_copied_mark(*c)).collect();
    visible.trim().to_owned()
}

fn is_copied_mark(c: char) -> bool {
    let direction = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    direction || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// A character that has no place in a line of text.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A character that nobody sees.
pub(super) fn is_unseen(c: char) -> bool {
    is_control(c) || is_copied_mark(c)
}

/// Text that fits on one line and within `max_chars` characters.
fn line(text: String, max_chars: u32) -> Result<String, FieldRefusal> {
    match () {
        _ if text.chars().any(is_control) => Err(FieldRefusal::ControlCharacter),
        _ if text.chars().count() > max_chars as usize => Err(FieldRefusal::TooLong { max_chars }),
        _ => Ok(text),
    }
}

fn text(typed: String, rule: TextRule, max_chars: u32) -> Checked {
    if typed.is_empty() {
        return Ok(None);
    }
    let (kept, otherwise) = match rule {
        TextRule::Any => return plain(line(typed, max_chars)?),
        TextRule::Digits => (rule::digits(&typed), FieldRefusal::NotDigits),
        TextRule::Phone => (rule::phone(&typed), FieldRefusal::NotAPhone),
        TextRule::Email => (rule::email(&typed), FieldRefusal::NotAnEmail),
        TextRule::IdNumber => (rule::id_number(&typed), FieldRefusal::NotAnIdNumber),
        TextRule::Plate => (rule::plate(&typed), FieldRefusal::NotAPlate),
    };
    let kept = kept.ok_or(otherwise)?;
    if rule == TextRule::IdNumber {
        return Ok(Some((kept, AnswerValue::IdNumber)));
    }
    plain(if rule == TextRule::Digits { line(kept, max_chars)? } else { kept })
}

/// The chosen options in the order in which they are offered, each once, joined by `、`.
fn choice(values: &[String], options: &[String], multiple: bool) -> Checked {
    let said: Vec<String> = values.iter().map(|value| clean(value)).filter(|value| !value.is_empty()).collect();
    if said.iter().any(|value| !options.contains(value)) {
        return Err(FieldRefusal::NotOneOfTheChoices);
    }
    let chosen: Vec<&str> = options.iter().filter(|option| said.contains(option)).map(String::as_str).collect();
    match chosen.len() {
        0 => Ok(None),
        2.. if !multiple => Err(FieldRefusal::OnlyOne),
        _ => plain(chosen.join("、")),
    }
}

/// A control that is off sends nothing at all, so silence is an answer.
fn on_or_off(typed: String) -> Checked {
    match typed.to_ascii_lowercase().as_str() {
        "on" | "true" | "1" | "yes" => Ok(Some(("是".to_owned(), AnswerValue::Yes))),
        "" | "off" | "false" | "0" | "no" => Ok(Some(("否".to_owned(), AnswerValue::No))),
        _ => Err(FieldRefusal::NotOneOfTheChoices),
    }
}

fn ticked(typed: String, required: bool) -> Checked {
    match on_or_off(typed)? {
        Some((_, AnswerValue::No)) if required => Err(FieldRefusal::MustBeTicked),
        checked => Ok(checked),
    }
}

fn scan(typed: String, accepts: ScanKind) -> Checked {
    if typed.is_empty() {
        return Ok(None);
    }
    let is_bar = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let text = if accepts == ScanKind::Bar { half_width(&typed) } else { typed };
    let text = line(text, SCAN_MAX_CHARS)?;
    if accepts == ScanKind::Bar && !is_bar(&text) { Err(FieldRefusal::NotABarCode) } else { plain(text) }
}

/// The server looks the id up; here it only has to be one.
fn photo(id: String) -> Checked {
    if id.is_empty() {
        return Ok(None);
    }
    let shaped = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if shaped { Ok(Some(("照片".to_owned(), AnswerValue::Photo { id }))) } else { Err(FieldRefusal::NotAPhoto) }
}

/// What was typed, with where the device was, if that was asked for. Coordinates alone are what a line that was emptied has left
/// behind, and the button's own words alone name no place: neither is an answer.
fn place(field: &Field, typed: &Typed) -> Checked {
    let name = line(part_or_self(field, typed, "text")?, PART_MAX_CHARS)?;
    let (lat, lng) = (clean(typed.part(&field.key, "lat")), clean(typed.part(&field.key, "lng")));
    match (lat.is_empty(), lng.is_empty()) {
        _ if name.is_empty() => return Ok(None),
        (true, true) if HERE.contains(&name.as_str()) => return Ok(None),
        (true, true) => return plain(name),
        (false, false) => {}
        _ => return Err(FieldRefusal::NotAPlace),
    }
    let on_globe = |typed: &str, most| rule::degrees_e6(typed, most).ok_or(FieldRefusal::NotAPlace);
    let (lat_e6, lng_e6) = (on_globe(&lat, 90)?, on_globe(&lng, 180)?);
    let spot = format!("{}, {}", degrees(lat_e6), degrees(lng_e6));
    Ok(Some((format!("{name} ({spot})"), AnswerValue::Place { name, lat_e6, lng_e6 })))
}

/// `31.230400` for 31,230,400 millionths.
fn degrees(e6: i32) -> String {
    let (sign, e6) = (if e6 < 0 { "-" } else { "" }, e6.unsigned_abs());
    format!("{sign}{}.{:06}", e6 / 1_000_000, e6 % 1_000_000)
}

/// Without a script the kind may be missing; then a tax number says that a company is meant. A person has no tax number, so what
/// a hidden control still holds is dropped.
fn invoice_title(field: &Field, typed: &Typed) -> Checked {
    let name = line(part_or_self(field, typed, "name")?, PART_MAX_CHARS)?;
    let tax_no = clean(typed.part(&field.key, "tax_no"));
    let title = match clean(typed.part(&field.key, "kind")).as_str() {
        "person" => TitleKind::Person,
        "company" => TitleKind::Company,
        "" if tax_no.is_empty() => TitleKind::Person,
        "" => TitleKind::Company,
        _ => return Err(FieldRefusal::NotOneOfTheChoices),
    };
    match title {
        // A kind that is preselected is not yet an answer.
        _ if name.is_empty() && (tax_no.is_empty() || title == TitleKind::Person) => Ok(None),
        _ if name.is_empty() => Err(FieldRefusal::Required),
        TitleKind::Person => Ok(Some((name.clone(), AnswerValue::InvoiceTitle { title, name, tax_no: String::new() }))),
        TitleKind::Company if tax_no.is_empty() => Err(FieldRefusal::TaxNoRequired),
        TitleKind::Company => {
            let tax_no = rule::tax_no(&tax_no).ok_or(FieldRefusal::NotATaxNo)?;
            Ok(Some((format!("{name} 税号 {tax_no}"), AnswerValue::InvoiceTitle { title, name, tax_no })))
        }
    }
}
