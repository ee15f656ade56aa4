//! What mails say, in the language of whoever gets them.

use domain::letter::LetterKind;

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterText {
    /// The line above it.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// What a letter names.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// In whose name it is written.
    pub organisation: &'a str,
    /// To whom.
    pub name: &'a str,
    /// The address that it leads to.
    pub link: &'a str,
}

/// The letter in words.
pub fn letter(locale: Locale, kind: LetterKind, words: &Words<'_>) -> LetterText {
    let (subject, text) = match kind {
        LetterKind::Invitation => (td_string!(locale, letters.invitation_subject), td_string!(locale, letters.invitation_text)),
        LetterKind::Welcome => (td_string!(locale, letters.welcome_subject), td_string!(locale, letters.welcome_text)),
        LetterKind::Recovery => (td_string!(locale, letters.recovery_subject), td_string!(locale, letters.recovery_text)),
        LetterKind::NotMe => (td_string!(locale, letters.not_me_subject), td_string!(locale, letters.not_me_text)),
    };
    let values: [(&str, &dyn std::fmt::Display); 3] = [("organisation", &words.organisation), ("name", &words.name), ("link", &words.link)];
    LetterText { subject: fill(subject, &values), text: fill(text, &values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_names_who_writes_and_where_to_go_in_both_languages() {
        let words = Words { organisation: "青禾实验学校", name: "王敏", link: "https://pay.example.com/password/x" };
        for kind in [LetterKind::Invitation, LetterKind::Welcome, LetterKind::Recovery, LetterKind::NotMe] {
            let [zh, en] = [Locale::zh, Locale::en].map(|locale| letter(locale, kind, &words));
            assert_ne!(zh, en);
            for LetterText { subject, text } in [zh, en] {
                assert!(text.contains(words.name) && text.contains("\n\nhttps://pay.example.com/password/x\n\n"), "{text}");
                assert!(!subject.is_empty() && !subject.contains(['{', '\n']) && !text.contains('{'), "{subject}\n{text}");
            }
        }
    }
}
