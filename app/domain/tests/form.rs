//! Forms: what is stored stays readable, what is typed becomes an answer or a named refusal, what is preset cannot be changed.

use domain::form::{
    Answer, AnswerValue, Component, Field, FieldError, FieldRefusal, FormSchema, ScanKind, SchemaRefusal, TextRule, TitleKind, Typed,
};
use proptest::prelude::*;

fn form(fields: Vec<Field>) -> FormSchema {
    FormSchema { version: 1, fields }
}

fn choice(options: &[&str], multiple: bool) -> Component {
    Component::Choice { options: options.iter().map(|option| (*option).to_owned()).collect(), multiple }
}

/// The text of the only answer, `""` for none, or the refusal.
fn read(component: Component, required: bool, pairs: &[(&str, &str)]) -> Result<String, FieldRefusal> {
    let schema = form(vec![Field { required, ..Field::new("f", "问", component) }]);
    let typed = Typed::from_pairs(pairs.iter().map(|(name, value)| (*name, *value)));
    match schema.check(&typed) {
        Ok(answers) => Ok(answers.first().map_or(String::new(), |answer| answer.text.clone())),
        Err(errors) => Err(errors[0].why),
    }
}

const EVERY_COMPONENT: &str = r#"{
  "version": 7,
  "fields": [
    {"key":"student","label":"姓名","required":true,"hint":"与学生证一致","component":"text","rule":"any","max_chars":20},
    {"key":"no","label":"学号","required":false,"hint":"","component":"text","rule":"digits","max_chars":50},
    {"key":"phone","label":"手机","required":false,"hint":"","component":"text","rule":"phone","max_chars":50},
    {"key":"mail","label":"邮箱","required":false,"hint":"","component":"text","rule":"email","max_chars":50},
    {"key":"id","label":"身份证","required":false,"hint":"","component":"text","rule":"id_number","max_chars":50},
    {"key":"car","label":"车牌","required":false,"hint":"","disabled":true,"component":"text","rule":"plate","max_chars":50},
    {"key":"class","label":"班级","required":true,"hint":"","component":"choice","options":["一班","二班"],"multiple":false},
    {"key":"dishes","label":"菜","required":false,"hint":"","component":"choice","options":["面","饭"],"multiple":true},
    {"key":"spicy","label":"辣","required":false,"hint":"","component":"switch"},
    {"key":"agree","label":"同意","required":true,"hint":"","component":"checkbox"},
    {"key":"ticket","label":"票","required":false,"hint":"","component":"scan","accepts":"auto"},
    {"key":"parcel","label":"包裹","required":false,"hint":"","component":"scan","accepts":"bar"},
    {"key":"seat","label":"座位","required":false,"hint":"","component":"scan","accepts":"qr"},
    {"key":"proof","label":"凭证","required":false,"hint":"","component":"photo"},
    {"key":"place","label":"地点","required":false,"hint":"","component":"location"},
    {"key":"title","label":"抬头","required":false,"hint":"","component":"invoice_title"}
  ]
}"#;

fn every_component() -> FormSchema {
    let text = |rule| Component::Text { rule, max_chars: 50 };
    FormSchema {
        version: 7,
        fields: vec![
            Field { hint: "与学生证一致".into(), ..Field::new("student", "姓名", Component::text(20)).required() },
            Field::new("no", "学号", text(TextRule::Digits)),
            Field::new("phone", "手机", text(TextRule::Phone)),
            Field::new("mail", "邮箱", text(TextRule::Email)),
            Field::new("id", "身份证", text(TextRule::IdNumber)),
            Field { disabled: true, ..Field::new("car", "车牌", text(TextRule::Plate)) },
            Field::new("class", "班级", choice(&["一班", "二班"], false)).required(),
            Field::new("dishes", "菜", choice(&["面", "饭"], true)),
            Field::new("spicy", "辣", Component::Switch),
            Field::new("agree", "同意", Component::Checkbox).required(),
            Field::new("ticket", "票", Component::Scan { accepts: ScanKind::Auto }),
            Field::new("parcel", "包裹", Component::Scan { accepts: ScanKind::Bar }),
            Field::new("seat", "座位", Component::Scan { accepts: ScanKind::Qr }),
            Field::new("proof", "凭证", Component::Photo),
            Field::new("place", "地点", Component::Location),
            Field::new("title", "抬头", Component::InvoiceTitle),
        ],
    }
}

#[test]
fn a_stored_form_never_changes_its_meaning_or_its_shape() {
    let stored: FormSchema = serde_json::from_str(EVERY_COMPONENT).unwrap();
    assert_eq!(stored, every_component());
    let one_line: String = EVERY_COMPONENT.lines().map(str::trim).collect();
    assert_eq!(serde_json::to_string(&stored).unwrap().replace(' ', ""), one_line.replace(' ', ""));
    assert_eq!(stored.validate_schema(), Ok(()));
}

#[test]
fn a_form_stored_before_an_option_existed_reads_with_its_default() {
    let short = r#"{"version":1,"fields":[{"key":"a","label":"甲","component":"text"},{"key":"b","label":"乙","component":"scan"},
        {"key":"c","label":"丙","component":"choice","options":["x"]}]}"#;
    let expected = form(vec![
        Field::new("a", "甲", Component::text(50)),
        Field::new("b", "乙", Component::Scan { accepts: ScanKind::Auto }),
        Field::new("c", "丙", choice(&["x"], false)),
    ]);
    assert_eq!(serde_json::from_str::<FormSchema>(short).unwrap(), expected);
}

#[test]
fn a_stored_answer_never_changes_its_shape() {
    let answer = |value| Answer { value, ..Answer::plain("k", "问", "答") };
    let title = AnswerValue::InvoiceTitle { title: TitleKind::Company, name: "某公司".into(), tax_no: "123456789012345".into() };
    let table = [
        (AnswerValue::Plain, r#"{"key":"k","label":"问","text":"答"}"#),
        (AnswerValue::Yes, r#"{"key":"k","label":"问","text":"答","value":{"kind":"yes"}}"#),
        (AnswerValue::No, r#"{"key":"k","label":"问","text":"答","value":{"kind":"no"}}"#),
        (AnswerValue::IdNumber, r#"{"key":"k","label":"问","text":"答","value":{"kind":"id_number"}}"#),
        (AnswerValue::Photo { id: "p1".into() }, r#"{"key":"k","label":"问","text":"答","value":{"kind":"photo","id":"p1"}}"#),
        (
            AnswerValue::Place { name: "校门".into(), lat_e6: 1, lng_e6: -2 },
            r#"{"key":"k","label":"问","text":"答","value":{"kind":"place","name":"校门","lat_e6":1,"lng_e6":-2}}"#,
        ),
        (
            title,
            r#"{"key":"k","label":"问","text":"答","value":{"kind":"invoice_title","title":"company","name":"某公司","tax_no":"123456789012345"}}"#,
        ),
    ];
    for (value, json) in table {
        assert_eq!(serde_json::to_string(&answer(value.clone())).unwrap(), json);
        assert_eq!(serde_json::from_str::<Answer>(json).unwrap(), answer(value));
    }
}

#[test]
fn a_refusal_travels_with_its_key_and_its_bound() {
    let error = FieldError { key: "student".into(), why: FieldRefusal::TooLong { max_chars: 20 } };
    let json = r#"{"key":"student","why":"too_long","max_chars":20}"#;
    assert_eq!(serde_json::to_string(&error).unwrap(), json);
    assert_eq!(serde_json::from_str::<FieldError>(json).unwrap(), error);
    let plain = r#"{"key":"student","why":"required"}"#;
    assert_eq!(serde_json::from_str::<FieldError>(plain).unwrap().why, FieldRefusal::Required);
}

#[test]
fn text_is_trimmed_counted_in_characters_and_kept_on_one_line() {
    use FieldRefusal::*;
    let table = [
        ("张三", false, Ok("张三")),
        (" \u{3000}张三\t\r\n", false, Ok("张三")),
        ("\u{FEFF}张\u{200B}三\u{202C}", false, Ok("张三")),
        ("张三李四", false, Ok("张三李四")),
        ("😀😀😀😀", false, Ok("😀😀😀😀")),
        ("张三李四王", false, Err(TooLong { max_chars: 4 })),
        ("张\u{0}三", false, Err(ControlCharacter)),
        ("张\n三", false, Err(ControlCharacter)),
        ("张\u{85}三", false, Err(ControlCharacter)),
        ("张\u{2028}三", false, Err(ControlCharacter)),
        ("１２３", false, Ok("１２３")),
        ("", false, Ok("")),
        ("  ", false, Ok("")),
        ("  ", true, Err(Required)),
        ("\u{200B}", true, Err(Required)),
    ];
    for (typed, required, expected) in table {
        assert_eq!(read(Component::text(4), required, &[("field.f", typed)]), expected.map(str::to_owned), "{typed:?}");
    }
}

#[test]
fn ruled_text_is_kept_in_one_form_or_refused_by_the_rules_name() {
    use FieldRefusal::*;
    let table = [
        (TextRule::Digits, "００１２", Ok("0012")),
        (TextRule::Digits, "12 34", Err(NotDigits)),
        (TextRule::Phone, "+86 138-0013-8000", Ok("13800138000")),
        (TextRule::Phone, "\u{202D}138 0013 8000\u{202C}", Ok("13800138000")),
        (TextRule::Phone, "12345", Err(NotAPhone)),
        (TextRule::Email, " a@example.com ", Ok("a@example.com")),
        (TextRule::Email, "a@b", Err(NotAnEmail)),
        (TextRule::IdNumber, "11010519491231002x", Ok("11010519491231002X")),
        (TextRule::IdNumber, "110105194912310021", Err(NotAnIdNumber)),
        (TextRule::Plate, "沪a·d12345", Ok("沪AD12345")),
        (TextRule::Plate, "12345", Err(NotAPlate)),
    ];
    for (rule, typed, expected) in table {
        assert_eq!(read(Component::ruled(rule), true, &[("field.f", typed)]), expected.map(str::to_owned), "{typed:?}");
        assert_eq!(read(Component::ruled(rule), true, &[]), Err(Required), "{rule:?}");
        assert_eq!(read(Component::ruled(rule), false, &[]), Ok(String::new()), "{rule:?}");
    }
    let digits = Component::Text { rule: TextRule::Digits, max_chars: 3 };
    assert_eq!(read(digits, false, &[("field.f", "1234")]), Err(TooLong { max_chars: 3 }));
}

#[test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
fn choices_are_of_the_list_and_in_its_order() {
    use FieldRefusal::*;
    let table: [(bool, bool, &[&str], Result<&str, FieldRefusal>); 10] = [
        (false, true, &["饭"], Ok("饭")),
        (false, true, &["饭", "饭"], Ok("饭")),
        (false, true, &["", "饭"], Ok("饭")),
        (false, true, &["面", "饭"], Err(OnlyOne)),
        (false, true, &["粥"], Err(NotOneOfTheChoices)),
        (false, true, &[], Err(Required)),
        (false, false, &[""], Ok("")),
        (true, true, &["饭", "面"], Ok("面、饭")),
        (true, true, &["饭", "粥"], Err(NotOneOfTheChoices)),
        (true, true, &[], Err(Required)),
    ];
    for (multiple, required, said, expected) in table {
        let pairs: Vec<_> = said.iter().map(|value| ("field.f", *value)).collect();
        assert_eq!(read(choice(&["面", "饭"], multiple), required, &pairs), expected.map(str::to_owned), "{multiple} {said:?}");
    }
}

#[test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
fn every_other_component_says_what_it_read_or_why_not() {
    use FieldRefusal::*;
    let long = "x".repeat(513);
    let scan = |accepts| Component::Scan { accepts };
    let table: Vec<(Component, bool, Vec<(&str, &str)>, Result<&str, FieldRefusal>)> = vec![
        (Component::Switch, true, vec![], Ok("否")),
        (Component::Switch, false, vec![("field.f", "on")], Ok("是")),
        (Component::Switch, false, vec![("field.f", "maybe")], Err(NotOneOfTheChoices)),
        (Component::Checkbox, false, vec![], Ok("否")),
        (Component::Checkbox, true, vec![], Err(MustBeTicked)),
        (Component::Checkbox, true, vec![("field.f", "off")], Err(MustBeTicked)),
        (Component::Checkbox, true, vec![("field.f", "on")], Ok("是")),
        (scan(ScanKind::Auto), true, vec![("field.f", " https://例.cn/1 ")], Ok("https://例.cn/1")),
        (scan(ScanKind::Qr), true, vec![("field.f", &long)], Err(TooLong { max_chars: 512 })),
        (scan(ScanKind::Bar), true, vec![("field.f", "６９２1234")], Ok("6921234")),
        (scan(ScanKind::Bar), true, vec![("field.f", "条码")], Err(NotABarCode)),
        (scan(ScanKind::Bar), true, vec![], Err(Required)),
        (Component::Photo, true, vec![], Err(Required)),
        (Component::Photo, true, vec![("field.f", "a1-B_2")], Ok("照片")),
        (Component::Photo, true, vec![("field.f", "../secret")], Err(NotAPhoto)),
        (Component::Photo, true, vec![("field.f", "a"), ("field.f", "b")], Err(OnlyOne)),
        (Component::Location, true, vec![], Err(Required)),
        (Component::Location, true, vec![("field.f.text", "校门口")], Ok("校门口")),
        (Component::Location, true, vec![("field.f", "校门口")], Ok("校门口")),
        (Component::Location, true, vec![("field.f.lat", "31.2304"), ("field.f.lng", "-0.5")], Err(Required)),
        (Component::Location, false, vec![("field.f.text", " "), ("field.f.lat", "31.2304"), ("field.f.lng", "-0.5")], Ok("")),
        (Component::Location, false, vec![("field.f.lat", "91")], Ok("")),
        (Component::Location, true, vec![("field.f.text", "当前位置")], Err(Required)),
        (Component::Location, true, vec![("field.f", "Current location ")], Err(Required)),
        (Component::Location, false, vec![("field.f.text", "Current location"), ("field.f.lat", "")], Ok("")),
        (Component::Location, true, vec![("field.f.text", "当前位置对面")], Ok("当前位置对面")),
        (
            Component::Location,
            true,
            vec![("field.f.text", "当前位置"), ("field.f.lat", "31.2304"), ("field.f.lng", "-0.5")],
            Ok("当前位置 (31.230400, -0.500000)"),
        ),
        (Component::Location, true, vec![("field.f.text", "当前位置"), ("field.f.lat", "31.2")], Err(NotAPlace)),
        (
            Component::Location,
            true,
            vec![("field.f.text", "校门"), ("field.f.lat", "31.2"), ("field.f.lng", "121.4")],
            Ok("校门 (31.200000, 121.400000)"),
        ),
        (Component::Location, true, vec![("field.f.text", "校门"), ("field.f.lat", "31.2")], Err(NotAPlace)),
        (Component::Location, true, vec![("field.f.text", "校门"), ("field.f.lat", "91"), ("field.f.lng", "1")], Err(NotAPlace)),
        (Component::InvoiceTitle, true, vec![], Err(Required)),
        (Component::InvoiceTitle, true, vec![("field.f.kind", "company")], Err(Required)),
        (Component::InvoiceTitle, false, vec![("field.f.kind", "company")], Ok("")),
        (Component::InvoiceTitle, true, vec![("field.f.name", "张三")], Ok("张三")),
        (Component::InvoiceTitle, true, vec![("field.f", "张三")], Ok("张三")),
        (Component::InvoiceTitle, true, vec![("field.f.kind", "person"), ("field.f.name", "张三"), ("field.f.tax_no", "9131")], Ok("张三")),
        (Component::InvoiceTitle, true, vec![("field.f.kind", "company"), ("field.f.name", "某公司")], Err(TaxNoRequired)),
        (Component::InvoiceTitle, true, vec![("field.f.name", "某公司"), ("field.f.tax_no", "9131")], Err(NotATaxNo)),
        (
            Component::InvoiceTitle,
            true,
            vec![("field.f.name", "某公司"), ("field.f.tax_no", "91310000ma1fl0ab2x")],
            Ok("某公司 税号 91310000MA1FL0AB2X"),
        ),
        (Component::InvoiceTitle, false, vec![("field.f.tax_no", "91310000MA1FL0AB2X")], Err(Required)),
        (Component::InvoiceTitle, true, vec![("field.f.kind", "dog"), ("field.f.name", "某")], Err(NotOneOfTheChoices)),
    ];
    for (component, required, pairs, expected) in table {
        assert_eq!(read(component.clone(), required, &pairs), expected.map(str::to_owned), "{component:?} {required} {pairs:?}");
    }
}

#[test]
fn a_photo_keeps_its_id_beside_the_text() {
    let schema = form(vec![Field::new("proof", "凭证", Component::Photo)]);
    let answers = schema.check(&Typed::default().with("proof", "ph_01")).unwrap();
    assert_eq!(answers[0].value, AnswerValue::Photo { id: "ph_01".into() });
}

#[test]
fn every_field_is_refused_at_once_in_the_forms_order() {
    let errors = every_component().check(&Typed::default().with("phone", "1").with("stranger", "\u{0}")).unwrap_err();
    let heard: Vec<_> = errors.iter().map(|error| (error.key.as_str(), error.why)).collect();
    use FieldRefusal::*;
    assert_eq!(heard, [("student", Required), ("phone", NotAPhone), ("class", Required), ("agree", MustBeTicked)]);
}

#[test]
fn unknown_and_disabled_fields_are_not_heard() {
    let schema = form(vec![
        Field::new("a", "甲", Component::text(5)),
        Field { disabled: true, ..Field::new("b", "乙", Component::text(5)).required() },
    ]);
    let typed = Typed::from_pairs([("field.a", "x"), ("field.b", "y"), ("field.c", "z"), ("amount", "12"), ("field.", "w")]);
    assert_eq!(schema.check(&typed), Ok(vec![Answer::plain("a", "甲", "x")]));
}

#[test]
fn what_a_code_presets_the_payer_cannot_change() {
    let schema = form(vec![
        Field::new("class", "班级", choice(&["一班", "二班"], false)).required(),
        Field::new("student", "姓名", Component::text(20)).required(),
        Field::new("title", "抬头", Component::InvoiceTitle),
    ]);
    let presets = Typed::default().with("class", "一班").with("title.name", "学校").with("title.tax_no", "123456789012345");
    assert!(schema.check_presets(&presets).is_ok());
    let forged = Typed::default().with("class", "二班").with("student", "张三").with("title", "我").with("title.kind", "person");
    let texts: Vec<_> = schema.check_with_presets(&forged, &presets).unwrap().into_iter().map(|answer| answer.text).collect();
    assert_eq!(texts, ["一班", "张三", "学校 税号 123456789012345"]);
    let errors = schema.check_with_presets(&Typed::default(), &presets).unwrap_err();
    assert_eq!(errors, [FieldError { key: "student".into(), why: FieldRefusal::Required }]);
}

#[test]
fn a_preset_that_no_payer_could_give_is_refused() {
    let schema = form(vec![
        Field::new("class", "班级", choice(&["一班"], false)).required(),
        Field::new("student", "姓名", Component::text(20)).required(),
    ]);
    use FieldRefusal::*;
    let table = [
        (Typed::default().with("class", "一班"), vec![]),
        (Typed::default().with("class", "三班"), vec![("class", NotOneOfTheChoices)]),
        (Typed::default().with("class", ""), vec![("class", Required)]),
        (Typed::default().with("grade", "1").with("class", "一班"), vec![("grade", NoSuchField)]),
    ];
    for (presets, expected) in table {
        let errors = schema.check_presets(&presets).err().unwrap_or_default();
        assert_eq!(errors.iter().map(|error| (error.key.as_str(), error.why)).collect::<Vec<_>>(), expected, "{presets:?}");
    }
}

#[test]
fn a_draft_holds_no_identity_number_and_nothing_foreign() {
    let schema = every_component();
    let typed = Typed::default().with("student", "张三").with("id", "11010519491231002X").with("title.name", "我").with("other", "x");
    assert_eq!(typed.for_draft(&schema), Typed::default().with("student", "张三").with("title.name", "我"));
    let json = r#"{"student":["张三"],"title.name":["我"]}"#;
    assert_eq!(serde_json::to_string(&typed.for_draft(&schema)).unwrap(), json);
    assert_eq!(Typed::from_pairs(typed.pairs()), typed);
}

#[test]
fn a_form_is_saved_or_the_field_in_the_way_is_named() {
    use SchemaRefusal::*;
    let field = |key: &str, label: &str| Field::new(key, label, Component::Switch);
    let asks = |component| form(vec![Field::new("a", "甲", component)]);
    let many = |n: usize| form((0..n).map(|i| field(&format!("f{i}"), &format!("问{i}"))).collect());
    let options = |n: usize| Component::Choice { options: (0..n).map(|i| i.to_string()).collect(), multiple: false };
    let hinted = |hint: String| form(vec![Field { hint, ..field("a", "甲") }]);
    let table = [
        (form(vec![]), Some((None, NoFields))),
        (many(1), None),
        (many(30), None),
        (many(31), Some((None, TooManyFields { most: 30 }))),
        (form(vec![field("", "甲")]), Some((Some(0), MalformedKey))),
        (form(vec![field("a.b", "甲")]), Some((Some(0), MalformedKey))),
        (form(vec![field("A", "甲")]), Some((Some(0), MalformedKey))),
        (form(vec![field("1a", "甲")]), Some((Some(0), MalformedKey))),
        (form(vec![field(&"a".repeat(32), "甲")]), None),
        (form(vec![field(&"a".repeat(33), "甲")]), Some((Some(0), MalformedKey))),
        (form(vec![field("a", "甲"), field("a", "乙")]), Some((Some(1), KeyTaken))),
        (form(vec![field("a", "甲"), field("b", "甲 ")]), Some((Some(1), LabelTaken))),
        (form(vec![field("a", "\u{3000}")]), Some((Some(0), NoLabel))),
        (form(vec![field("a", &"甲".repeat(30))]), None),
        (form(vec![field("a", &"甲".repeat(31))]), Some((Some(0), LabelTooLong { max_chars: 30 }))),
        (form(vec![field("a", "甲\u{202E}乙")]), Some((Some(0), ControlCharacter))),
        (hinted("甲".repeat(60)), None),
        (hinted("甲".repeat(61)), Some((Some(0), HintTooLong { max_chars: 60 }))),
        (asks(Component::text(0)), Some((Some(0), LengthOutOfRange { most: 500 }))),
        (asks(Component::text(500)), None),
        (asks(Component::text(501)), Some((Some(0), LengthOutOfRange { most: 500 }))),
        (asks(options(0)), Some((Some(0), NoOptions))),
        (asks(options(100)), None),
        (asks(options(101)), Some((Some(0), TooManyOptions { most: 100 }))),
        (asks(choice(&["甲", "甲"], true)), Some((Some(0), OptionTaken))),
        (asks(choice(&["甲", ""], true)), Some((Some(0), BlankOption))),
        (asks(choice(&["甲 "], true)), Some((Some(0), BlankOption))),
        (asks(choice(&["甲\n乙"], true)), Some((Some(0), ControlCharacter))),
        (asks(choice(&[&"甲".repeat(51)], true)), Some((Some(0), OptionTooLong { max_chars: 50 }))),
    ];
    for (schema, expected) in table {
        let errors = schema.validate_schema().err().unwrap_or_default();
        assert_eq!(errors.iter().map(|error| (error.field, error.why)).collect::<Vec<_>>(), Vec::from_iter(expected), "{schema:?}");
    }
}

#[test]
fn a_saved_choice_can_be_chosen() {
    let schema = every_component();
    assert_eq!(schema.validate_schema(), Ok(()));
    for field in schema.asked() {
        if let Component::Choice { options, .. } = &field.component {
            for option in options {
                let only = form(vec![field.clone()]);
                assert_eq!(only.check(&Typed::default().with(&field.key, option)).unwrap()[0].text, *option);
            }
        }
    }
}

proptest! {
    /// What is accepted once is accepted again, and says the same: an answer's text can be typed again (drafts, retries).
    #[test]
    fn an_accepted_line_is_accepted_again_unchanged(
        typed in "\\PC{0,12}|[0-9０-９ ]{8,14}|[京沪A-Za-z0-9·]{6,9}|[a-z.@]{3,12}|.{0,8}",
        rule in prop::sample::select(vec![TextRule::Any, TextRule::Digits, TextRule::Phone, TextRule::Email, TextRule::Plate, TextRule::IdNumber]),
    ) {
        let schema = form(vec![Field::new("f", "问", Component::ruled(rule))]);
        if let Ok(answers) = schema.check(&Typed::default().with("f", &typed)) {
            let text = answers.first().map_or("", |answer| answer.text.as_str());
            prop_assert_eq!(text, text.trim());
            prop_assert!(text.chars().all(|c| !c.is_control()));
            prop_assert_eq!(schema.check(&Typed::default().with("f", text)), Ok(answers.clone()));
        }
    }

    /// Whatever arrives, every component answers or refuses; nothing panics, and each error names a field of the form.
    #[test]
    fn nothing_that_is_sent_breaks_the_interpreter(
        sent in prop::collection::vec((prop::sample::select(vec![
            "student", "no", "phone", "mail", "id", "class", "dishes", "spicy", "agree", "ticket", "parcel", "proof", "place",
            "place.text", "place.lat", "place.lng", "title", "title.kind", "title.name", "title.tax_no", "", ".",
        ]), "\\PC{0,20}|.{0,20}|[0-9.+-]{0,20}|(on|company|person|一班|面)"), 0..20),
    ) {
        let schema = every_component();
        let typed = Typed::from_pairs(sent.iter().map(|(path, value)| (format!("field.{path}"), value.as_str())));
        match schema.check(&typed) {
            Ok(answers) => prop_assert!(answers.iter().all(|answer| !answer.text.is_empty())),
            Err(errors) => prop_assert!(errors.iter().all(|error| schema.asked().any(|field| field.key == error.key))),
        }
        let json = serde_json::to_string(&typed).unwrap();
        prop_assert_eq!(serde_json::from_str::<Typed>(&json).unwrap(), typed);
    }
}
