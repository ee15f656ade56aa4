//! Forms: what a payer is asked, as data, and the one interpreter that every renderer and every check uses (row E21).
//!
//! | idea | file |
//! | --- | --- |
//! | what is asked, as it is stored | this one |
//! | what a person sent, as text | `typed` |
//! | from what was sent to answers or named refusals | `check` |
//! | what a line of text must look like | `rule` |
//! | what a code answers by itself | `preset` |
//! | what an administrator may save | `schema` |
//! | the same as a file, for an operator | `file` |
//!
//! Lengths are counted in characters in the sense of Unicode scalar values: 汉 counts one, and so does 😀. (An HTML
//! `maxlength` counts 😀 as two, which is why [`Component::html_max_length`] allows twice as many.)

mod check;
mod file;
mod preset;
mod rule;
mod schema;
mod typed;

use serde::{Deserialize, Serialize};

pub use check::{FieldError, FieldRefusal, HERE};
pub use file::FileFault;
pub(crate) use rule::half_width_char;
pub use schema::{
    MOST_FIELDS, MOST_HINT_CHARS, MOST_KEY_CHARS, MOST_LABEL_CHARS, MOST_OPTION_CHARS, MOST_OPTIONS, MOST_TEXT_CHARS, SchemaError,
    SchemaRefusal,
};
pub use typed::Typed;

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
    /// Set aside: it is neither shown nor checked, and what is sent under its key is ignored. Its key stays taken, so that old
    /// answers keep their meaning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// How it is asked.
    #[serde(flatten)]
    pub component: Component,
}

impl Field {
    /// A question that may stay unanswered, without a hint.
    pub fn new(key: &str, label: &str, component: Component) -> Field {
        let (key, label) = (key.to_owned(), label.to_owned());
        Field { key, label, required: false, hint: String::new(), disabled: false, component }
    }

    /// The same question, with an answer demanded.
    #[must_use]
    pub fn required(self) -> Field {
        Field { required: true, ..self }
    }

    /// The name of its form control, `field.<key>`.
    pub fn name(&self) -> String {
        format!("field.{}", self.key)
    }

    /// The name of the form control for one of its parts, `field.<key>.<part>`, e.g. `tax_no` of an invoice title.
    pub fn part_name(&self, part: &str) -> String {
        format!("field.{}.{part}", self.key)
    }

    /// Whether what is typed may not rest on the payer's device: identity numbers are never part of a draft.
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.component, Component::Text { rule: TextRule::IdNumber, .. })
    }
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
        /// Most characters, for [`TextRule::Any`] and [`TextRule::Digits`]; the other rules have lengths of their own.
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
    /// On or off. Off is an answer too, so `required` asks nothing more of it.
    Switch,
    /// A box to tick, e.g. to agree to something; when required it must be ticked.
    Checkbox,
    /// A bar or QR code, scanned or typed.
    Scan {
        /// What the camera looks for.
        #[serde(default)]
        accepts: ScanKind,
    },
    /// One photograph (jpg, png, webp, gif), re-encoded by the server, which gives it the opaque id that is sent as value.
    Photo,
    /// A place, typed or from the device: parts `text` (or the field itself), and `lat` and `lng` of where the device was when it was
    /// asked. They belong to that text: alone they are no answer, nor is [`HERE`] without them.
    Location,
    /// The title for an invoice: parts `kind` (`person` or `company`), `name` (or the field itself), and for companies `tax_no`.
    InvoiceTitle,
}

impl Component {
    /// A line of any text, at most `max_chars` characters.
    pub const fn text(max_chars: u32) -> Component {
        Component::Text { rule: TextRule::Any, max_chars }
    }

    /// A line of text that follows `rule`.
    pub const fn ruled(rule: TextRule) -> Component {
        Component::Text { rule, max_chars: DEFAULT_MAX_CHARS }
    }

    /// The HTML `inputmode` that brings up the fitting keyboard.
    pub const fn input_mode(&self) -> &'static str {
        match self {
            Component::Text { rule: TextRule::Digits, .. } => "numeric",
            Component::Text { rule: TextRule::Phone, .. } => "tel",
            Component::Text { rule: TextRule::Email, .. } => "email",
            _ => "text",
        }
    }

    /// The HTML `maxlength` of its text control, in UTF-16 units. It never stops what [`FormSchema::check`] would accept, also
    /// with the spaces and hyphens that people put into numbers.
    pub const fn html_max_length(&self) -> u32 {
        match self {
            Component::Text { rule: TextRule::Any | TextRule::Digits, max_chars } => max_chars.saturating_mul(2),
            Component::Text { rule: TextRule::Email, .. } => check::EMAIL_MAX_CHARS,
            Component::Text { .. } => 40,
            Component::Scan { .. } => check::SCAN_MAX_CHARS * 2,
            _ => check::PART_MAX_CHARS * 2,
        }
    }
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
    /// A number plate, also of new-energy cars.
    Plate,
}

/// What the camera looks for (row E21). What is typed instead follows the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanKind {
    /// Whatever is found first.
    #[default]
    Auto,
    /// A bar code: printable ASCII.
    Bar,
    /// A QR code: any text.
    Qr,
}

const DEFAULT_MAX_CHARS: u32 = 50;

fn default_max_chars() -> u32 {
    DEFAULT_MAX_CHARS
}

/// An answer as it is kept with a payment: the label that the payer saw and what they said, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The field's key.
    pub key: String,
    /// The label that the payer saw.
    pub label: String,
    /// What they said, ready to be read, searched and exported. Words of ours in it (是, 照片, 税号) are Chinese like the labels;
    /// a screen that speaks another language says them from `value`.
    pub text: String,
    /// What a screen may show instead of, or in addition to, the text.
    #[serde(default, skip_serializing_if = "AnswerValue::is_plain")]
    pub value: AnswerValue,
}

impl Answer {
    /// An answer of which the text is all.
    pub fn plain(key: &str, label: &str, text: &str) -> Answer {
        Answer { key: key.to_owned(), label: label.to_owned(), text: text.to_owned(), value: AnswerValue::Plain }
    }

    /// What names a receipt among others, where the labels are not shown: nothing for a tick or a photograph, which say nothing
    /// without their question, nor for an identity number, which is nobody's name.
    pub fn in_passing(&self) -> Option<&str> {
        match self.value {
            AnswerValue::Yes | AnswerValue::No | AnswerValue::Photo { .. } | AnswerValue::IdNumber => None,
            _ => Some(self.text.as_str()).filter(|text| !text.is_empty()),
        }
    }

    /// The answer as a screen may show it: of an identity number only the last four places, which are enough to compare it with a
    /// card in the hand. A receipt's link is passed on and a phone is looked over; the whole number stays in the store.
    #[must_use]
    pub fn masked(self) -> Answer {
        match self.value {
            AnswerValue::IdNumber => Answer { text: all_but_the_last(&self.text, ID_NUMBER_SHOWN), ..self },
            _ => self,
        }
    }

    /// The answer as whoever is given the receipt may see it: the link is passed on, and the paper left lying. Of who owes only what tells
    /// them apart for somebody who knows them; the collecting side reads it whole.
    #[must_use]
    pub fn passed_on(self) -> Answer {
        match self.value {
            AnswerValue::Debtor { shown, .. } => Answer { text: shown, value: AnswerValue::Plain, ..self },
            _ => self.masked(),
        }
    }

    /// Everything by which a search finds the receipt that carries it.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let about = match &self.value {
            AnswerValue::Debtor { about, .. } => Some(about.as_str()),
            _ => None,
        };
        [self.text.as_str()].into_iter().chain(about)
    }
}

/// Places of an identity number that a screen shows.
const ID_NUMBER_SHOWN: usize = 4;

/// `text` with a star for each character but the last `shown`.
fn all_but_the_last(text: &str, shown: usize) -> String {
    let hidden = text.chars().count().saturating_sub(shown);
    text.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

/// What an answer means beyond its text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerValue {
    /// The text is all.
    #[default]
    Plain,
    /// A switch that is on, a box that is ticked.
    Yes,
    /// A switch that is off, a box that is not ticked.
    No,
    /// A photograph.
    Photo {
        /// Under which id the server keeps it.
        id: String,
    },
    /// A place with its coordinates, in millionths of a degree.
    Place {
        /// What the place is called, or one of [`HERE`]; empty on some older receipts.
        name: String,
        /// Latitude, -90,000,000 to 90,000,000.
        lat_e6: i32,
        /// Longitude, -180,000,000 to 180,000,000.
        lng_e6: i32,
    },
    /// A number that identifies a person: kept whole, shown masked ([`Answer::masked`]).
    IdNumber,
    /// Who owes, on the payment of a debt: the text has their whole name, and what the collecting side knows them by.
    Debtor {
        /// What others may see of it ([`Answer::passed_on`]).
        shown: String,
        /// What they owe for.
        about: String,
    },
    /// An invoice title.
    InvoiceTitle {
        /// Who it is for.
        title: TitleKind,
        /// The name on the invoice.
        name: String,
        /// The company's tax number; empty for a person.
        tax_no: String,
    },
}

impl AnswerValue {
    fn is_plain(&self) -> bool {
        *self == AnswerValue::Plain
    }
}

/// For whom an invoice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleKind {
    /// A person: a name is enough.
    Person,
    /// A company: name and tax number.
    Company,
}
