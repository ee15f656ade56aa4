//! Forms: what a payer is asked, as data, and the one interpreter that every renderer and every check uses (row E21).

use serde::{Deserialize, Serialize};

/// What is asked, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FormSchema {
    /// Grows with every published change; a payment keeps the version that its payer saw.
    pub version: u32,
    /// The questions.
    pub fields: Vec<Field>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name under which it is sent (`field.<key>`): lower-case letters, digits and `_`.
    pub key: String,
    /// What the payer reads.
    pub label: String,
    /// Whether an answer is demanded.
    #[serde(default)]
    pub required: bool,
    /// A short hint inside or beside the field.
    #[serde(default)]
    pub hint: String,
    /// How it is asked.
    #[serde(flatten)]
    pub component: Component,
}

/// The eight ways of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "component", rename_all = "snake_case")]
pub enum Component {
    /// A line of text that follows a rule.
    Text {
        /// What the text must look like.
        #[serde(default)]
        rule: TextRule,
        /// Most characters.
        #[serde(default = "default_max_chars")]
        max_chars: u32,
    },
    /// One or several of a list.
    Choice {
        /// What can be chosen.
        options: Vec<String>,
        /// Whether several may be chosen.
        #[serde(default)]
        multiple: bool,
    },
    /// On or off.
    Switch,
    /// A box to tick, e.g. to agree to something; when required it must be ticked.
    Checkbox,
    /// A bar or QR code, scanned or typed.
    Scan,
    /// One photograph (jpg, png, webp, gif), re-encoded by the server.
    Photo,
    /// A place, from the device or typed.
    Location,
    /// The title for an invoice: a name, and for companies a tax number.
    InvoiceTitle,
}

/// What a line of text must look like. Format, not truth (row E22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRule {
    /// Anything.
    #[default]
    Any,
    /// Digits only.
    Digits,
    /// A mainland mobile number.
    Phone,
    /// An e-mail address.
    Email,
    /// An 18-digit identity number with a right check digit (GB 11643).
    IdNumber,
    /// A number plate.
    Plate,
}

fn default_max_chars() -> u32 {
    50
}

/// An answer as it is kept with a payment: the label that the payer saw and what they said, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The field's key.
    pub key: String,
    /// The label that the payer saw.
    pub label: String,
    /// What they said, ready to be read, searched and exported.
    pub text: String,
}
