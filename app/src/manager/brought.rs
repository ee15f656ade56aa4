//! What a refresh brought, in words: what an administrator had changed since the one before (row E13).

use domain::Millis;
use domain::code::Validity;
use domain::token::Change;

use crate::Locale;
use crate::i18n::*;
use crate::manager::old::amount_words;
use crate::ui::fill;
use crate::ui::moments::moment;

/// What the administrator changed, or that nothing is different.
pub fn brought(locale: Locale, changes: &[Change], now: Millis) -> String {
    if changes.is_empty() {
        return td_string!(locale, manager.refreshed_same).to_owned();
    }
    let words: Vec<String> = changes.iter().map(|change| words(locale, change, now)).collect();
    fill(td_string!(locale, manager.refreshed_changes), &[("changes", &words.join(td_string!(locale, manager.list_comma)))])
}

/// What an old code is told apart by; `code` is the name of the code, unless that is the one that is shown.
pub fn old_name(locale: Locale, token: &str, code: Option<&str>) -> String {
    let tail = fill(td_string!(locale, manager.tail), &[("tail", &super::tail(token))]);
    code.map_or_else(|| tail.clone(), |code| format!("{code} · {tail}"))
}

fn words(locale: Locale, change: &Change, now: Millis) -> String {
    match change {
        Change::Name(name) => fill(td_string!(locale, manager.changed_name), &[("name", name)]),
        Change::Amount(to) => amount_words(locale, *to).unwrap_or_else(|| td_string!(locale, manager.amount_free).to_owned()),
        Change::Form => td_string!(locale, manager.changed_form).to_owned(),
        Change::Presets => td_string!(locale, manager.changed_presets).to_owned(),
        Change::Validity(to) => validity_words(locale, *to, now),
    }
}

fn validity_words(locale: Locale, Validity { from_ms, until_ms }: Validity, now: Millis) -> String {
    let said = |at: Millis| moment(locale, at, now);
    match (from_ms.map(said), until_ms.map(said)) {
        (None, None) => td_string!(locale, manager.valid_always).to_owned(),
        (Some(from), None) => fill(td_string!(locale, manager.valid_from), &[("from", &from)]),
        (None, Some(until)) => fill(td_string!(locale, manager.valid_until), &[("until", &until)]),
        (Some(from), Some(until)) => fill(td_string!(locale, manager.valid_between), &[("from", &from), ("until", &until)]),
    }
}

#[cfg(test)]
mod tests {
    use domain::Fen;
    use domain::code::AmountRule;

    use super::*;

    #[test]
    fn a_refresh_says_what_the_administrator_changed() {
        let noon = Millis::of(1_763_697_600_000);
        let until = Change::Validity(Validity { from_ms: None, until_ms: Some(noon.plus_ms(3 * 86_400_000)) });
        let amount = Change::Amount(AmountRule::Fixed { amount_fen: Fen::of(1300) });
        let (name, always) = (Change::Name("晚餐".to_owned()), Change::Validity(Validity::default()));
        let table = [
            (Locale::zh, vec![], "管理员的设置没有变化。"),
            (Locale::zh, vec![amount.clone(), Change::Form], "管理员更新了：固定收 ¥13.00、付款人填写的内容。"),
            (Locale::zh, vec![name, Change::Presets, until], "管理员更新了：名称“晚餐”、预先填好的内容、11月24日 12:00 前有效。"),
            (
                Locale::en,
                vec![Change::Amount(AmountRule::Free), always],
                "Your administrator changed: payers enter the amount, always valid.",
            ),
            (Locale::en, vec![amount], "Your administrator changed: fixed amount ¥13.00."),
        ];
        for (locale, changes, expected) in table {
            assert_eq!(brought(locale, &changes, noon), expected);
        }
    }

    #[test]
    fn an_old_code_of_another_code_carries_its_name() {
        let table = [(None, "尾号 ab12"), (Some("午餐"), "午餐 · 尾号 ab12")];
        for (code, expected) in table {
            assert_eq!(old_name(Locale::zh, "oldOLDoldOLDab12", code), expected);
        }
    }
}
