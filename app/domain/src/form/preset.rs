//! What an administrator lets a code answer by itself (row E13).

use super::{Component, FormSchema, Typed};

/// Beside a sensitive question: what is preset for it is to be forgotten.
const FORGET: &str = "forget";

impl FormSchema {
    /// The presets that were typed: every question of the form that was given an answer. Empty controls preset nothing, and a kind of
    /// invoice title without a name is none.
    ///
    /// An identity number is never shown again, so leaving its control empty keeps the one in `before`, unless `field.<key>.forget` was
    /// sent.
    #[must_use]
    pub fn presets(&self, typed: &Typed, before: &Typed) -> Typed {
        let mut presets = Typed::default();
        for field in self.asked().filter(|field| field.may_be_preset()) {
            let said = of_field(typed, &field.key);
            let is_said = said.iter().any(|(path, _)| !path.ends_with(".kind") && !path.ends_with(FORGET));
            let is_forgotten = said.iter().any(|(path, _)| path.ends_with(FORGET));
            let kept = match (is_said, field.is_sensitive() && !is_forgotten) {
                (true, _) => said,
                (false, true) => of_field(before, &field.key),
                (false, false) => vec![],
            };
            for (path, value) in kept.into_iter().filter(|(path, _)| !path.ends_with(FORGET)) {
                presets = presets.with(&path, &value);
            }
        }
        presets
    }
}

impl super::Field {
    /// Whether a code can answer it by itself. A photograph is of the moment.
    pub const fn may_be_preset(&self) -> bool {
        !matches!(self.component, Component::Photo)
    }

    /// The name of the control by which a preset identity number is forgotten.
    pub fn forget_name(&self) -> String {
        self.part_name(FORGET)
    }
}

fn of_field(typed: &Typed, key: &str) -> Vec<(String, String)> {
    let path = |name: &str| name.strip_prefix("field.").map(str::to_owned);
    let is_of = |path: &str| path.split_once('.').map_or(path, |(key, _)| key) == key;
    typed
        .pairs()
        .filter(|(_, value)| !value.trim().is_empty())
        .filter_map(|(name, value)| Some((path(&name)?, value.to_owned())))
        .filter(|(path, _)| is_of(path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Field, TextRule};
    use super::*;

    fn form() -> FormSchema {
        FormSchema {
            version: 1,
            fields: vec![
                Field::new("student", "学生", Component::text(20)).required(),
                Field::new("id_number", "身份证号", Component::ruled(TextRule::IdNumber)),
                Field::new("gift", "送到教室", Component::Switch),
                Field::new("photo", "照片", Component::Photo),
                Field::new("invoice", "发票抬头", Component::InvoiceTitle),
            ],
        }
    }

    #[test]
    fn what_was_typed_is_preset_and_what_was_left_empty_is_asked() {
        let before = Typed::default().with("id_number", "11010519491231002X").with("student", "旧");
        let table = [
            (vec![("field.student", "张三")], Typed::default().with("student", "张三").with("id_number", "11010519491231002X")),
            (vec![("field.student", " "), ("field.id_number.forget", "on")], Typed::default()),
            (vec![("field.id_number", "1"), ("field.id_number.forget", "on")], Typed::default().with("id_number", "1")),
            (vec![("field.gift", "off"), ("field.id_number.forget", "on")], Typed::default().with("gift", "off")),
            (vec![("field.invoice.kind", "person"), ("field.id_number.forget", "on")], Typed::default()),
            (
                vec![("field.invoice.kind", "person"), ("field.invoice.name", "李四"), ("field.id_number.forget", "on")],
                Typed::default().with("invoice.kind", "person").with("invoice.name", "李四"),
            ),
            (vec![("field.photo", "x"), ("field.stranger", "x"), ("field.id_number.forget", "on")], Typed::default()),
        ];
        for (pairs, expected) in table {
            assert_eq!(form().presets(&Typed::from_pairs(pairs.clone()), &before), expected, "{pairs:?}");
        }
    }
}
