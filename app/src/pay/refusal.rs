//! From refusals to sentences.

use domain::code::AmountRefusal;
use domain::fen::YuanError;
use domain::form::{Component, FieldRefusal};

use super::page::{AmountError, Trouble};
use crate::i18n::*;
use crate::ui::{fill, yuan};

/// Why a photograph was not taken over. The form's own rules see only the id that the server gives to a photo, so what is wrong
/// with the file itself is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoRefusal {
    /// More bytes than are read.
    TooLarge {
        /// Most mebibytes.
        max_mib: u32,
    },
    /// Not a jpg, png, webp or gif, whatever its name says.
    NotAPicture,
}

/// What is wrong with the file of one photo field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoError {
    /// The field's key.
    pub key: String,
    /// What is wrong.
    pub why: PhotoRefusal,
}

pub(super) fn amount_sentence(locale: Locale, why: AmountError) -> String {
    match why {
        AmountError::Typed(YuanError::Empty) => td_string!(locale, pay.amount_empty).to_owned(),
        AmountError::Typed(YuanError::NotANumber) => td_string!(locale, pay.amount_not_a_number).to_owned(),
        AmountError::Typed(YuanError::TooManyDecimals) => td_string!(locale, pay.amount_decimals).to_owned(),
        AmountError::Typed(YuanError::TooLarge) => td_string!(locale, pay.amount_too_large).to_owned(),
        AmountError::Refused(AmountRefusal::NotPositive) => td_string!(locale, pay.amount_empty).to_owned(),
        AmountError::Refused(AmountRefusal::BelowMin { min_fen }) => fill(td_string!(locale, pay.amount_below), &[("min", &yuan(min_fen))]),
        AmountError::Refused(AmountRefusal::AboveMax { max_fen }) => fill(td_string!(locale, pay.amount_above), &[("max", &yuan(max_fen))]),
        AmountError::Refused(AmountRefusal::NotTheFixed { amount_fen }) => {
            fill(td_string!(locale, pay.amount_not_fixed), &[("amount", &yuan(amount_fen))])
        }
    }
}

/// What is said of a question that was left open, in the verb of its component. The page hands it to its script, so that browser
/// and server say the same.
pub(super) fn open_sentence(locale: Locale, component: &Component) -> &'static str {
    match component {
        Component::Choice { .. } => td_string!(locale, pay.field_choose),
        Component::Checkbox => td_string!(locale, pay.field_must_be_ticked),
        Component::Photo => td_string!(locale, pay.field_photo),
        // A switch that is off is an answer. A code that cannot be scanned and a place that cannot be found are typed.
        Component::Switch | Component::Text { .. } | Component::Scan { .. } | Component::Location | Component::InvoiceTitle => {
            td_string!(locale, pay.field_required)
        }
    }
}

pub(crate) fn field_sentence(locale: Locale, component: &Component, why: FieldRefusal) -> String {
    let sentence = match why {
        FieldRefusal::Required | FieldRefusal::MustBeTicked => open_sentence(locale, component),
        FieldRefusal::TooLong { max_chars } => return fill(td_string!(locale, pay.field_too_long), &[("max_chars", &max_chars)]),
        FieldRefusal::ControlCharacter => td_string!(locale, pay.field_control_character),
        FieldRefusal::NotDigits => td_string!(locale, pay.field_not_digits),
        FieldRefusal::NotAPhone => td_string!(locale, pay.field_not_a_phone),
        FieldRefusal::NotAnEmail => td_string!(locale, pay.field_not_an_email),
        FieldRefusal::NotAnIdNumber => td_string!(locale, pay.field_not_an_id_number),
        FieldRefusal::NotAPlate => td_string!(locale, pay.field_not_a_plate),
        FieldRefusal::NotOneOfTheChoices => td_string!(locale, pay.field_not_one_of_the_choices),
        FieldRefusal::OnlyOne => td_string!(locale, pay.field_only_one),
        FieldRefusal::NotABarCode => td_string!(locale, pay.field_not_a_bar_code),
        FieldRefusal::NotAPhoto => td_string!(locale, pay.field_not_a_photo),
        FieldRefusal::NotAPlace => td_string!(locale, pay.field_not_a_place),
        FieldRefusal::TaxNoRequired => td_string!(locale, pay.field_tax_no_required),
        FieldRefusal::NotATaxNo => td_string!(locale, pay.field_not_a_tax_no),
        FieldRefusal::NoSuchField => td_string!(locale, pay.field_no_such_field),
    };
    sentence.to_owned()
}

pub(super) fn photo_sentence(locale: Locale, why: PhotoRefusal) -> String {
    match why {
        PhotoRefusal::TooLarge { max_mib } => fill(td_string!(locale, pay.photo_too_large), &[("max_mib", &max_mib)]),
        PhotoRefusal::NotAPicture => td_string!(locale, pay.photo_not_a_picture).to_owned(),
    }
}

pub(super) fn trouble_sentence(locale: Locale, trouble: Trouble) -> String {
    let sentence = match trouble {
        Trouble::ChannelDown => td_string!(locale, pay.trouble_channel),
        Trouble::Refused => td_string!(locale, pay.trouble_refused),
        Trouble::Busy => td_string!(locale, pay.trouble_busy),
        Trouble::TooMany { after_s } => return fill(td_string!(locale, pay.trouble_too_many), &[("after_s", &after_s)]),
        Trouble::FormChanged => td_string!(locale, pay.trouble_form_changed),
        Trouble::SignInFailed => td_string!(locale, pay.trouble_sign_in),
    };
    sentence.to_owned()
}
