//! What an administrator may save as a form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Component, Field, FormSchema, TextRule};

/// Most questions of one form.
pub const MOST_FIELDS: usize = 30;
/// Most characters of a key.
pub const MOST_KEY_CHARS: usize = 32;
/// Most characters of a label.
pub const MOST_LABEL_CHARS: usize = 30;
/// Most characters of a hint.
pub const MOST_HINT_CHARS: usize = 60;
/// Most choices of one question.
pub const MOST_OPTIONS: usize = 100;
/// Most characters of one choice.
pub const MOST_OPTION_CHARS: usize = 50;
/// Most characters that a line of text may be allowed to have.
pub const MOST_TEXT_CHARS: u32 = 500;

/// Why a form cannot be saved: what is wrong, and in which field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("field {field:?}: {why}")]
pub struct SchemaError {
    /// The field's place in the form, counted from 0; `None` when the form as a whole is meant.
    pub field: Option<usize>,
    /// What is wrong.
    #[serde(flatten)]
    pub why: SchemaRefusal,
}

/// What is wrong with a form or one of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum SchemaRefusal {
    /// A form asks something; a code that asks nothing has no form.
    #[error("no fields")]
    NoFields,
    /// More questions than a payer would answer.
    #[error("more than {most} fields")]
    TooManyFields {
        /// Most fields.
        most: usize,
    },
    /// A key is 1 to 32 lower-case letters, digits and `_`, and begins with a letter.
    #[error("a key is 1 to {MOST_KEY_CHARS} lower-case letters, digits and _, and begins with a letter")]
    MalformedKey,
    /// Another field has this key.
    #[error("key taken")]
    KeyTaken,
    /// The payer has to know what is asked.
    #[error("no label")]
    NoLabel,
    /// The label does not fit.
    #[error("label longer than {max_chars} characters")]
    LabelTooLong {
        /// Most characters.
        max_chars: usize,
    },
    /// Another field has this label, and an exported table would have two columns of one name.
    #[error("label taken")]
    LabelTaken,
    /// The hint does not fit.
    #[error("hint longer than {max_chars} characters")]
    HintTooLong {
        /// Most characters.
        max_chars: usize,
    },
    /// A line of text may have 1 to 500 characters.
    #[error("length must be 1 to {most}")]
    LengthOutOfRange {
        /// Most characters.
        most: u32,
    },
    /// There is nothing to choose from.
    #[error("no options")]
    NoOptions,
    /// There is too much to choose from.
    #[error("more than {most} options")]
    TooManyOptions {
        /// Most options.
        most: usize,
    },
    /// An option is empty or begins or ends with white space, so it could never be chosen.
    #[error("empty or untrimmed option")]
    BlankOption,
    /// An option does not fit.
    #[error("option longer than {max_chars} characters")]
    OptionTooLong {
        /// Most characters.
        max_chars: usize,
    },
    /// Two options read the same.
    #[error("option taken")]
    OptionTaken,
    /// A label, hint or option holds a character that cannot be seen or printed.
    #[error("control character")]
    ControlCharacter,
}

impl SchemaRefusal {
    /// The key of its sentence in the message files; the sentence may use `most` or `max_chars`.
    pub const fn message_key(&self) -> &'static str {
        match self {
            SchemaRefusal::NoFields => "form_no_fields",
            SchemaRefusal::TooManyFields { .. } => "form_too_many_fields",
            SchemaRefusal::MalformedKey => "form_malformed_key",
            SchemaRefusal::KeyTaken => "form_key_taken",
            SchemaRefusal::NoLabel => "form_no_label",
            SchemaRefusal::LabelTooLong { .. } => "form_label_too_long",
            SchemaRefusal::LabelTaken => "form_label_taken",
            SchemaRefusal::HintTooLong { .. } => "form_hint_too_long",
            SchemaRefusal::LengthOutOfRange { .. } => "form_length_out_of_range",
            SchemaRefusal::NoOptions => "form_no_options",
            SchemaRefusal::TooManyOptions { .. } => "form_too_many_options",
            SchemaRefusal::BlankOption => "form_blank_option",
            SchemaRefusal::OptionTooLong { .. } => "form_option_too_long",
            SchemaRefusal::OptionTaken => "form_option_taken",
            SchemaRefusal::ControlCharacter => "form_control_character",
        }
    }
}

impl FormSchema {
    /// Whether an administrator may save this form.
    ///
    /// # Errors
    /// All [`SchemaError`]s, those of the form as a whole first, then field by field; at most one per field.
    pub fn validate_schema(&self) -> Result<(), Vec<SchemaError>> {
        let mut errors = vec![];
        match self.fields.len() {
            0 => errors.push(SchemaError { field: None, why: SchemaRefusal::NoFields }),
            1..=MOST_FIELDS => {}
            _ => errors.push(SchemaError { field: None, why: SchemaRefusal::TooManyFields { most: MOST_FIELDS } }),
        }
        let (mut keys, mut labels) = (BTreeSet::new(), BTreeSet::new());
        for (at, field) in self.fields.iter().enumerate() {
            let alone = field_alone(field);
            let (new_key, new_label) = (keys.insert(field.key.as_str()), labels.insert(field.label.trim()));
            let why = match alone {
                Err(why) => why,
                Ok(()) if !new_key => SchemaRefusal::KeyTaken,
                Ok(()) if !new_label => SchemaRefusal::LabelTaken,
                Ok(()) => continue,
            };
            errors.push(SchemaError { field: Some(at), why });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

fn field_alone(field: &Field) -> Result<(), SchemaRefusal> {
    let Field { key, label, hint, .. } = field;
    let well_formed =
        key.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) && key.starts_with(|c: char| c.is_ascii_lowercase());
    match () {
        _ if !well_formed || key.len() > MOST_KEY_CHARS => Err(SchemaRefusal::MalformedKey),
        _ if label.trim().is_empty() => Err(SchemaRefusal::NoLabel),
        _ if has_control(label) || has_control(hint) => Err(SchemaRefusal::ControlCharacter),
        _ if label.chars().count() > MOST_LABEL_CHARS => Err(SchemaRefusal::LabelTooLong { max_chars: MOST_LABEL_CHARS }),
        _ if hint.chars().count() > MOST_HINT_CHARS => Err(SchemaRefusal::HintTooLong { max_chars: MOST_HINT_CHARS }),
        _ => component(&field.component),
    }
}

fn component(component: &Component) -> Result<(), SchemaRefusal> {
    match component {
        Component::Text { rule: TextRule::Any | TextRule::Digits, max_chars } if !(1..=MOST_TEXT_CHARS).contains(max_chars) => {
            Err(SchemaRefusal::LengthOutOfRange { most: MOST_TEXT_CHARS })
        }
        Component::Choice { options, .. } => choices(options),
        _ => Ok(()),
    }
}

fn choices(options: &[String]) -> Result<(), SchemaRefusal> {
    let unique: BTreeSet<&str> = options.iter().map(String::as_str).collect();
    match () {
        _ if options.is_empty() => Err(SchemaRefusal::NoOptions),
        _ if options.len() > MOST_OPTIONS => Err(SchemaRefusal::TooManyOptions { most: MOST_OPTIONS }),
        _ if options.iter().any(|option| option.trim().is_empty() || option.trim() != option) => Err(SchemaRefusal::BlankOption),
        _ if options.iter().any(|option| has_control(option)) => Err(SchemaRefusal::ControlCharacter),
        _ if options.iter().any(|option| option.chars().count() > MOST_OPTION_CHARS) => {
            Err(SchemaRefusal::OptionTooLong { max_chars: MOST_OPTION_CHARS })
        }
        _ if unique.len() < options.len() => Err(SchemaRefusal::OptionTaken),
        _ => Ok(()),
    }
}

/// Also the marks that nobody sees: a choice that holds one could not be told from another, nor be chosen.
fn has_control(text: &str) -> bool {
    text.chars().any(super::check::is_unseen)
}
