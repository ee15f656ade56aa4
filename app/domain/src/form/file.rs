//! A form as a file: JSON as an operator writes it, and every fault of it with its place.

use std::fmt;

use serde_json::{Map, Value};

use super::{Field, FormSchema, MOST_TEXT_CHARS, SchemaError, SchemaRefusal};

/// One thing that is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileFault {
    /// The field's place, counted from 0, and what it is called there (its label, or else its key); `None` for the file as a whole.
    pub field: Option<(usize, String)>,
    /// What is wrong, in a few English words like every line of a command.
    pub why: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some((at, name)) if name.is_empty() => write!(f, "field {}: {}", at + 1, self.why),
            Some((at, name)) => write!(f, "field {} \"{name}\": {}", at + 1, self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// What stands behind a word of a file.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Chars,
    Texts,
    OneOf(&'static [&'static str]),
}

const COMPONENTS: &[&str] = &["text", "choice", "switch", "checkbox", "scan", "photo", "location", "invoice_title"];
const RULES: &[&str] = &["any", "digits", "phone", "email", "id_number", "plate"];
const SCANS: &[&str] = &["auto", "bar", "qr"];

/// What every field may say; a word that must be said with `true`.
const OF_ALL: &[(&str, Kind, bool)] = &[
    ("key", Kind::Text, true),
    ("label", Kind::Text, true),
    ("required", Kind::Flag, false),
    ("hint", Kind::Text, false),
    ("disabled", Kind::Flag, false),
    ("component", Kind::OneOf(COMPONENTS), true),
];

/// What a field may say beyond that.
fn words_of(component: &str) -> &'static [(&'static str, Kind, bool)] {
    match component {
        "text" => &[("rule", Kind::OneOf(RULES), false), ("max_chars", Kind::Chars, false)],
        "choice" => &[("options", Kind::Texts, true), ("multiple", Kind::Flag, false)],
        "scan" => &[("accepts", Kind::OneOf(SCANS), false)],
        _ => &[],
    }
}

impl FormSchema {
    /// The form that a file holds, as an administrator could save it: `{"fields": [{"key": .., "label": .., "component": ..}, ..]}`.
    /// A `version` in it, as [`to_file`](Self::to_file) writes it, says nothing: who stores the form numbers it.
    ///
    /// # Errors
    /// Every [`FileFault`], those of the file as a whole first, then field by field. What is misspelt is a fault, so that no rule is
    /// left out unseen.
    pub fn of_file(text: &str) -> Result<FormSchema, Vec<FileFault>> {
        let whole = |why: String| FileFault { field: None, why };
        let file: Value =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| vec![whole(format!("not JSON: {error}"))])?;
        let Some(Value::Array(said)) = file.get("fields") else { return Err(vec![whole("\"fields\" must be a list of fields".into())]) };
        let strange = file.as_object().into_iter().flat_map(Map::keys).filter(|name| !matches!(name.as_str(), "fields" | "version"));
        let mut faults: Vec<FileFault> = strange.map(|name| whole(format!("no such word: \"{name}\""))).collect();
        let mut read: Vec<(usize, Field)> = vec![];
        let mut of_fields = vec![];
        for (at, value) in said.iter().enumerate() {
            match field(value) {
                Ok(field) => read.push((at, field)),
                Err(wrong) => of_fields.extend(wrong.into_iter().map(|why| FileFault { field: Some((at, name(value))), why })),
            }
        }
        let (places, fields): (Vec<usize>, Vec<Field>) = read.into_iter().unzip();
        let taken = taken_besides(said, &places);
        of_fields.extend(taken.into_iter().map(|(at, why)| FileFault { field: Some((at, name(&said[at]))), why: why.to_string() }));
        let schema = FormSchema { version: 1, fields };
        for SchemaError { field, why } in schema.validate_schema().err().unwrap_or_default() {
            match field {
                // A field that cannot be read is a field all the same.
                None if why == SchemaRefusal::NoFields && !said.is_empty() => {}
                None => faults.push(whole(why.to_string())),
                Some(at) => of_fields.push(FileFault { field: Some((places[at], name(&said[places[at]]))), why: why.to_string() }),
            }
        }
        of_fields.sort_by_key(|fault| fault.field.as_ref().map(|(at, _)| *at));
        faults.extend(of_fields);
        if faults.is_empty() { Ok(schema) } else { Err(faults) }
    }

    /// The form as a file that [`of_file`](Self::of_file) reads, with a line for each word.
    pub fn to_file(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// The fields whose key or label stands in the file before, where one of the two is misspelt and the form's own rules see only the other.
/// `places` are those of the fields that could be read.
fn taken_besides(said: &[Value], places: &[usize]) -> Vec<(usize, SchemaRefusal)> {
    let is_read = |at: usize| places.contains(&at);
    let word = |at: usize, word: &str| said[at].get(word).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let of = |at: usize, of: &str, why: SchemaRefusal| {
        let own = word(at, of)?;
        let before = (0..at).filter(|before| word(*before, of) == Some(own)).collect::<Vec<_>>();
        // Where both can be read it is said already.
        let is_said = is_read(at) && before.iter().any(|before| is_read(*before));
        (!before.is_empty() && !is_said).then_some((at, why))
    };
    (0..said.len()).flat_map(|at| [of(at, "key", SchemaRefusal::KeyTaken), of(at, "label", SchemaRefusal::LabelTaken)]).flatten().collect()
}

/// What a fault calls a field.
fn name(field: &Value) -> String {
    let said = |word: &str| field.get(word).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    said("label").or_else(|| said("key")).unwrap_or_default().to_owned()
}

fn field(value: &Value) -> Result<Field, Vec<String>> {
    let Value::Object(said) = value else { return Err(vec!["must be an object with key, label and component".into()]) };
    let component = said.get("component").and_then(Value::as_str).unwrap_or_default();
    let known: Vec<_> = OF_ALL.iter().chain(words_of(component)).collect();
    let mut wrong: Vec<String> =
        known.iter().filter_map(|(word, kind, is_needed)| refused(said.get(*word), word, *kind, *is_needed)).collect();
    // Of a component that there is not, nobody knows what it may say.
    if COMPONENTS.contains(&component) {
        let strange = said.keys().filter(|name| !known.iter().any(|(word, ..)| word == name));
        wrong.extend(strange.map(|name| format!("no such word for {component}: \"{name}\"")));
    }
    if wrong.is_empty() { serde_json::from_value(value.clone()).map_err(|error| vec![error.to_string()]) } else { Err(wrong) }
}

fn refused(said: Option<&Value>, word: &str, kind: Kind, is_needed: bool) -> Option<String> {
    let Some(value) = said else { return is_needed.then(|| format!("\"{word}\" is missing")) };
    let (fits, expected) = match kind {
        Kind::Text => (value.is_string(), "a text".to_owned()),
        Kind::Flag => (value.is_boolean(), "true or false".to_owned()),
        Kind::Chars => {
            (value.as_u64().is_some_and(|chars| u32::try_from(chars).is_ok()), format!("a whole number from 1 to {MOST_TEXT_CHARS}"))
        }
        Kind::Texts => (value.as_array().is_some_and(|all| all.iter().all(Value::is_string)), "a list of texts".to_owned()),
        Kind::OneOf(words) => (value.as_str().is_some_and(|word| words.contains(&word)), format!("one of {}", words.join(", "))),
    };
    (!fits).then(|| format!("\"{word}\" must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Component, ScanKind, TextRule};
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        FormSchema::of_file(text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// A file with these fields.
    fn file(fields: &str) -> String {
        format!("{{\"fields\": [{fields}]}}")
    }

    #[test]
    fn every_way_of_asking_comes_back_as_it_was_written() {
        let rules = [TextRule::Any, TextRule::Digits, TextRule::Phone, TextRule::Email, TextRule::IdNumber, TextRule::Plate];
        let scans = [ScanKind::Auto, ScanKind::Bar, ScanKind::Qr];
        let options = || vec!["夏装".to_owned(), "冬装".to_owned()];
        let components = rules
            .map(Component::ruled)
            .into_iter()
            .chain(scans.map(|accepts| Component::Scan { accepts }))
            .chain([false, true].map(|multiple| Component::Choice { options: options(), multiple }))
            .chain([Component::Switch, Component::Checkbox, Component::Photo, Component::Location, Component::InvoiceTitle]);
        let fields = components.enumerate().map(|(at, component)| Field::new(&format!("f{at}"), &format!("题{at}"), component).required());
        let mut form = FormSchema { version: 1, fields: fields.collect() };
        form.fields[0].hint = "选填".into();
        form.fields[1].disabled = true;
        assert_eq!(FormSchema::of_file(&form.to_file()), Ok(form.clone()));
        let later = FormSchema { version: 7, ..form.clone() };
        assert_eq!(FormSchema::of_file(&format!("\u{feff}{}", later.to_file())), Ok(form), "its number is not the file's to say");
    }

    #[test]
    fn what_is_not_said_is_usual() {
        let read = FormSchema::of_file(&file(r#"{"key": "remark", "label": "备注", "component": "text"}"#));
        assert_eq!(read, Ok(FormSchema { version: 1, fields: vec![Field::new("remark", "备注", Component::text(50))] }));
    }

    #[test]
    fn every_fault_is_a_line_with_its_place() {
        let table: [(&str, &[&str]); 19] = [
            ("{", &["not JSON: EOF while parsing an object at line 1 column 1"]),
            ("[]", &["\"fields\" must be a list of fields"]),
            (r#"{"fields": []}"#, &["no fields"]),
            (r#"{"title": "x", "fields": []}"#, &["no such word: \"title\"", "no fields"]),
            (&file("7"), &["field 1: must be an object with key, label and component"]),
            (&file("{}"), &["field 1: \"key\" is missing", "field 1: \"label\" is missing", "field 1: \"component\" is missing"]),
            (
                &file(r#"{"key": "a", "label": "学号", "component": "radio", "choices": []}"#),
                &["field 1 \"学号\": \"component\" must be one of text, choice, switch, checkbox, scan, photo, location, invoice_title"],
            ),
            (
                &file(r#"{"key": "a", "label": "学号", "component": "text", "rule": "^[0-9]+$"}"#),
                &["field 1 \"学号\": \"rule\" must be one of any, digits, phone, email, id_number, plate"],
            ),
            (
                &file(r#"{"key": "a", "label": "学号", "component": "text", "requierd": true, "max_chars": -1}"#),
                &[
                    "field 1 \"学号\": \"max_chars\" must be a whole number from 1 to 500",
                    "field 1 \"学号\": no such word for text: \"requierd\"",
                ],
            ),
            (
                &file(r#"{"key": "a", "label": "学号", "component": "text", "required": "yes"}"#),
                &["field 1 \"学号\": \"required\" must be true or false"],
            ),
            (
                &file(r#"{"key": "a", "label": "学号", "component": "text", "max_chars": 501}"#),
                &["field 1 \"学号\": length must be 1 to 500"],
            ),
            (&file(r#"{"key": "a", "label": "班级", "component": "choice"}"#), &["field 1 \"班级\": \"options\" is missing"]),
            (&file(r#"{"key": "a", "label": "班级", "component": "choice", "options": []}"#), &["field 1 \"班级\": no options"]),
            (
                &file(r#"{"key": "a", "label": "班级", "component": "choice", "options": [1]}"#),
                &["field 1 \"班级\": \"options\" must be a list of texts"],
            ),
            (
                &file(r#"{"key": "a", "label": "班级", "component": "choice", "options": ["一班", "一班"]}"#),
                &["field 1 \"班级\": option taken"],
            ),
            (
                &file(
                    r#"{"key": "a", "label": "码", "component": "scan", "accepts": "ean"}, {"key": "学号", "label": "学号", "component": "photo"}"#,
                ),
                &[
                    "field 1 \"码\": \"accepts\" must be one of auto, bar, qr",
                    "field 2 \"学号\": a key is 1 to 32 lower-case letters, digits and _, and begins with a letter",
                ],
            ),
            (
                &file(
                    r#"{"key": "a", "label": "甲", "component": "switch", "rule": "any"}, {"key": "b", "label": "乙", "component": "photo"}, {"key": "b", "label": "丙", "component": "photo"}, {"key": "c", "label": "乙", "component": "checkbox"}"#,
                ),
                &["field 1 \"甲\": no such word for switch: \"rule\"", "field 3 \"丙\": key taken", "field 4 \"乙\": label taken"],
            ),
            (&file(r#"{"key": "a", "label": " ", "component": "location"}"#), &["field 1 \"a\": no label"]),
            (
                &file(
                    r#"{"key": "a", "label": "甲", "component": "switch", "rule": "any"}, {"key": "a", "label": "乙", "component": "photo"}, {"key": "b", "label": "乙", "component": "text", "max": 9}"#,
                ),
                &[
                    "field 1 \"甲\": no such word for switch: \"rule\"",
                    "field 2 \"乙\": key taken",
                    "field 3 \"乙\": no such word for text: \"max\"",
                    "field 3 \"乙\": label taken",
                ],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(lines(text), expected, "{text}");
        }
        let many: Vec<String> = (0..31).map(|at| format!(r#"{{"key": "k{at}", "label": "题{at}", "component": "switch"}}"#)).collect();
        assert_eq!(lines(&file(&many.join(","))), ["more than 30 fields"]);
    }
}
