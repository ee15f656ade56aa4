//! What a payer answered, in the reader's language where the words are ours, and as it was typed where they are the payer's.

use domain::form::{Answer, AnswerValue, HERE, TitleKind};

use crate::Locale;
use crate::i18n::*;

/// An answer as a receipt shows it to somebody who reads `locale`.
pub fn said(locale: Locale, answer: &Answer) -> String {
    match &answer.value {
        AnswerValue::Yes => td_string!(locale, pay.yes).to_owned(),
        AnswerValue::No => td_string!(locale, pay.no).to_owned(),
        AnswerValue::Photo { .. } => td_string!(locale, pay.photo).to_owned(),
        AnswerValue::Place { name, .. } if !name.is_empty() => {
            // The button that locates writes a name of ours, in the language that the payer read.
            match HERE.contains(&name.as_str()) {
                true => answer.text.replacen(name.as_str(), td_string!(locale, pay.place_here), 1),
                false => answer.text.clone(),
            }
        }
        AnswerValue::InvoiceTitle { title: TitleKind::Company, name, tax_no } => {
            format!("{name} {} {tax_no}", td_string!(locale, pay.title_tax_no))
        }
        AnswerValue::InvoiceTitle { title: TitleKind::Person, name, .. } => name.clone(),
        AnswerValue::IdNumber => answer.clone().masked().text,
        AnswerValue::Plain | AnswerValue::Place { .. } | AnswerValue::Debtor { .. } => answer.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, value: AnswerValue) -> Answer {
        Answer { value, ..Answer::plain("key", "label", text) }
    }

    #[test]
    fn the_button_that_locates_writes_the_words_that_name_no_place_by_themselves() {
        assert_eq!([Locale::zh, Locale::en].map(|locale| td_string!(locale, pay.place_here)), HERE);
    }

    #[test]
    fn our_words_follow_the_reader_and_the_payers_stay() {
        let place = |name: &str| AnswerValue::Place { name: name.to_owned(), lat_e6: 31_230_400, lng_e6: 121_473_700 };
        let company =
            AnswerValue::InvoiceTitle { title: TitleKind::Company, name: "税号公司".into(), tax_no: "91110000600037341L".into() };
        let person = AnswerValue::InvoiceTitle { title: TitleKind::Person, name: "个人".into(), tax_no: String::new() };
        let table = [
            (answer("是", AnswerValue::Yes), "是", "Yes"),
            (answer("否", AnswerValue::No), "否", "No"),
            (answer("11010519491231002X", AnswerValue::IdNumber), "**************002X", "**************002X"),
            (answer("照片", AnswerValue::Photo { id: "p".into() }), "照片", "Photo"),
            (
                answer("当前位置 (31.230400, 121.473700)", place("当前位置")),
                "当前位置 (31.230400, 121.473700)",
                "Current location (31.230400, 121.473700)",
            ),
            (answer("Current location (1, 2)", place("Current location")), "当前位置 (1, 2)", "Current location (1, 2)"),
            (answer("东门 (1, 2)", place("东门")), "东门 (1, 2)", "东门 (1, 2)"),
            (answer("1, 2", place("")), "1, 2", "1, 2"),
            (
                answer("税号公司 税号 91110000600037341L", company),
                "税号公司 税号 91110000600037341L",
                "税号公司 Tax number 91110000600037341L",
            ),
            (answer("个人", person), "个人", "个人"),
            (Answer::plain("remark", "备注", "是 照片"), "是 照片", "是 照片"),
        ];
        for (answer, zh, en) in table {
            assert_eq!((said(Locale::zh, &answer).as_str(), said(Locale::en, &answer).as_str()), (zh, en));
        }
    }
}
