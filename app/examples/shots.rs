//! Writes every payer page in its states to `target/shots/*.html`, for a look with one's own eyes:
//! `cargo run -p app --example shots --features ssr`.

use std::path::Path;

use app::Locale;
use app::pay::*;
use app::ui::Mark;
use domain::code::{AmountRefusal, AmountRule};
use domain::fen::YuanError;
use domain::form::{Answer, AnswerValue, Component, Field, FieldError, FieldRefusal, FormSchema, ScanKind, TextRule, TitleKind, Typed};
use domain::payment::Standing;
use domain::receipt::Receipt;
use domain::{Fen, Millis, PaymentId};

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path));
    // What Trunk built may be handed over instead (a folder), to see the real sizes.
    let built = std::env::var("PAY_BUILT").ok().map(std::path::PathBuf::from);
    let assets = match built {
        Some(folder) => built_assets(&folder)?,
        None => Assets::new(
            &(read("style/tokens.css")? + &read("style/pay.css")?),
            [("pay.js", read("public/pay.js")?), ("tools.js", read("public/tools.js")?), ("result.js", read("public/result.js")?)],
        ),
    };
    let folder = root.join("target/shots");
    std::fs::create_dir_all(&folder)?;
    for (locale, tag) in [(Locale::zh, "zh"), (Locale::en, "en")] {
        let shell = Shell { locale, nonce: "bm9uY2U", assets: &assets, is_demo: true, theme: Theme::Device, is_care: false };
        for (name, html) in pages(shell) {
            std::fs::write(folder.join(format!("{name}-{tag}.html")), html)?;
        }
        for (name, html) in pages(Shell { is_care: true, is_demo: false, ..shell }) {
            std::fs::write(folder.join(format!("{name}-care-{tag}.html")), html)?;
        }
    }
    Ok(())
}

fn built_assets(folder: &Path) -> std::io::Result<Assets> {
    let (mut css, mut scripts) = (String::new(), vec![]);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("css") => css += &std::fs::read_to_string(path)?,
            Some("js") => scripts.push((name, std::fs::read_to_string(path)?)),
            _ => {}
        }
    }
    Ok(Assets::new(&css, scripts))
}

fn pages(shell: Shell<'_>) -> Vec<(&'static str, String)> {
    let shop = Shop {
        name: "青禾实验学校".into(),
        logo_url: None,
        payee: "王敏".into(),
        code_name: "教务处".into(),
        contact: domain::contact::Contact::parse("0571-5550 0100"),
    };
    let long = Shop {
        name: "内蒙古自治区呼和浩特市第一实验小学附属幼儿园食堂管理服务有限责任公司".into(),
        payee: "阿卜杜拉·买买提·艾合买提江".into(),
        code_name: "二号食堂西侧窗口临时收款码".into(),
        ..shop.clone()
    };
    let demo = FormSchema {
        version: 1,
        fields: vec![
            Field::new("student", "学生姓名", Component::text(20)).required(),
            Field::new("class", "班级", options(&["三年一班", "三年二班", "三年三班"], false)).required(),
            Field { hint: "选填，20 字以内".into(), ..Field::new("remark", "备注", Component::text(20)) },
        ],
    };
    let every = every_component();
    let none = Typed::default();
    let typed = Typed::default().with("student", "李小雨").with("class", "三年二班");
    let wrong = Typed::default().with("phone", "1380013800").with("invoice.name", "恒达物业有限公司").with("invoice.kind", "company");
    let presets = Typed::default().with("unit", "恒达物业 3 号楼");
    let empty = FormSchema::default();
    let base = PayForm {
        action: "/p/demo",
        shop: &shop,
        amount: AmountRule::Free,
        owing: None,
        amount_typed: "",
        amount_error: None,
        form: &demo,
        typed: &none,
        presets: &none,
        field_errors: &[],
        photo_errors: &[],
        idem: "0196f3a2b1c47d8e9f00112233445566",
        draft: None,
        wechat_script: None,
        trouble: None,
    };
    let refused = |key: &str, why| FieldError { key: key.into(), why };
    let errors = [
        refused("name", FieldRefusal::Required),
        refused("phone", FieldRefusal::NotAPhone),
        refused("class", FieldRefusal::Required),
        refused("agree", FieldRefusal::MustBeTicked),
        refused("invoice", FieldRefusal::TaxNoRequired),
    ];
    let two = [refused("class", FieldRefusal::Required)];
    let photo = [PhotoError { key: "photo".into(), why: PhotoRefusal::TooLarge { max_mib: 8 } }];
    let fixed = AmountRule::Fixed { amount_fen: Fen::of(1250) };
    let between = AmountRule::Between { min_fen: Fen::of(1000), max_fen: Fen::of(500_000) };
    let above = Some(AmountError::Refused(AmountRefusal::AboveMax { max_fen: Fen::of(500_000) }));
    let payment = PaymentId::of(uuid::Uuid::from_u128(0x0196_f3a2_b1c4_7d8e_9f00_1122_a7d8_4c21));
    let waiting = Waiting {
        shop: &shop,
        standing: Standing::Pending,
        is_back: false,
        why: None,
        concerns: &[],
        amount_fen: Fen::of(12_850),
        payment,
        way: Way::None,
        status_url: "/p/demo/0196f3a2b1c47d8e9f001122a7d84c21",
        form_url: Some("/p/demo"),
        receipt_url: None,
    };
    let bridge = Way::Bridge { params_json: r#"{"appId":"wx1","package":"prepay_id=x</script>"}"#.into(), bridge_script: None };
    let native = Way::Native {
        qr_png_data_uri: QR.into(),
        code_url: "weixin://wxpay/bizpayurl?pr=x".into(),
        cashier_url: Some("http://localhost:4000/cashier/0196f3a2b1c47d8e9f001122a7d84c21".into()),
    };
    let stand = |standing| waiting_page(shell, &Waiting { standing, ..waiting.clone() });
    let receipt = receipt(payment);
    let back = Receipt { refunding_fen: Fen::of(2000), refunded_fen: Fen::of(3000), ..receipt.clone() };
    let now = Millis::of(1_795_242_735_000);
    let show = |receipt: &Receipt, seed| {
        receipt_page(shell, &ReceiptPage { receipt, returned: &[], shop: &shop, now, mark: Mark::of_seed(seed), photos: None })
    };
    let note = |kind: &NoticeKind| notice_page(shell, kind, Some(&shop), Some("/p/demo"));
    vec![
        ("pay", pay_page(shell, &base)),
        ("pay-typed", pay_page(shell, &PayForm { amount_typed: "128.5", typed: &typed, ..base })),
        ("pay-fixed", pay_page(shell, &PayForm { amount: fixed, form: &empty, ..base })),
        (
            "pay-between",
            pay_page(shell, &PayForm { amount: between, amount_typed: "6000", amount_error: above, field_errors: &two, ..base }),
        ),
        ("pay-empty", pay_page(shell, &PayForm { amount_error: Some(AmountError::Typed(YuanError::Empty)), form: &empty, ..base })),
        ("pay-long", pay_page(shell, &PayForm { shop: &long, amount_typed: "50000.00", ..base })),
        ("pay-every", pay_page(shell, &PayForm { form: &every, presets: &presets, ..base })),
        (
            "pay-errors",
            pay_page(
                shell,
                &PayForm { form: &every, presets: &presets, typed: &wrong, field_errors: &errors, photo_errors: &photo, ..base },
            ),
        ),
        ("pay-trouble", pay_page(shell, &PayForm { amount_typed: "128.50", typed: &typed, trouble: Some(Trouble::ChannelDown), ..base })),
        ("wait-bridge", waiting_page(shell, &Waiting { way: bridge, ..waiting.clone() })),
        ("wait-native", waiting_page(shell, &Waiting { way: native, ..waiting.clone() })),
        ("wait-pending", stand(Standing::Pending)),
        ("wait-confirming", stand(Standing::Confirming)),
        ("wait-not-paid", stand(Standing::NotPaid)),
        ("wait-held", stand(Standing::Held)),
        ("wait-returned", stand(Standing::Returned)),
        ("wait-refunded", stand(Standing::Refunded)),
        ("receipt", show(&receipt, 13)),
        ("receipt-back", show(&back, 28)),
        ("note-expired", note(&NoticeKind::Expired)),
        ("note-unknown", notice_page(shell, &NoticeKind::UnknownCode, None, None)),
        ("note-broken", note(&NoticeKind::Broken { trace: "7f3a9c".into() })),
        ("note-preview", note(&NoticeKind::PreviewIdentity)),
    ]
}

fn options(names: &[&str], multiple: bool) -> Component {
    Component::Choice { options: names.iter().map(|name| (*name).to_owned()).collect(), multiple }
}

fn every_component() -> FormSchema {
    let grades = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "初一", "初二"];
    FormSchema {
        version: 3,
        fields: vec![
            Field::new("unit", "缴费单位", Component::text(50)).required(),
            Field::new("name", "姓名", Component::text(20)).required(),
            Field { hint: "11 位手机号".into(), ..Field::new("phone", "手机", Component::ruled(TextRule::Phone)).required() },
            Field::new("id", "身份证号", Component::ruled(TextRule::IdNumber)),
            Field::new("class", "班级", options(&["三年一班", "三年二班", "三年三班"], false)).required(),
            Field::new("grade", "年级", options(&grades, false)),
            Field {
                hint: "可多选".into(),
                ..Field::new("items", "缴费项目（含校服、教材与秋游费用）", options(&["校服", "教材", "秋游", "保险"], true))
            },
            Field::new("bus", "乘坐校车", Component::Switch),
            Field::new("asset", "设备编号", Component::Scan { accepts: ScanKind::Auto }),
            Field { hint: "学生证正面".into(), ..Field::new("photo", "照片", Component::Photo).required() },
            Field::new("where", "地址", Component::Location),
            Field::new("invoice", "发票抬头", Component::InvoiceTitle),
            Field::new("agree", "我已阅读并同意缴费须知", Component::Checkbox).required(),
        ],
    }
}

fn receipt(payment: PaymentId) -> Receipt {
    let title =
        AnswerValue::InvoiceTitle {
            title: TitleKind::Company, name: "恒达物业有限公司".into(), tax_no: "91310000MA1FL0AB2X".into()
        };
    Receipt {
        payment,
        amount_fen: Fen::of(12_850),
        refunding_fen: Fen::ZERO,
        refunded_fen: Fen::ZERO,
        paid_at_ms: Millis::of(1_795_242_728_000),
        code_name: "教务处".into(),
        payee_name: "王敏".into(),
        answers: vec![
            Answer::plain("student", "学生姓名", "李小雨"),
            Answer::plain("class", "班级", "三年二班"),
            Answer { key: "bus".into(), label: "乘坐校车".into(), text: "是".into(), value: AnswerValue::Yes },
            Answer { key: "invoice".into(), label: "发票抬头".into(), text: String::new(), value: title },
        ],
        transaction: Some("4200002377202611215566778899".into()),
    }
}

/// A small chequered picture in place of a code.
const QR: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACEAAAAhAQAAAAB/n//CAAAAzklEQVR42mNg1ExjYGConbsvnoHB9fzOiQwMLgW/BYEk29GLDAw1G8vnA6XPXWlgYHjxVuYSA0NrosbzBoaFBeeEGhiini1/DFQjIlTGwCBrdv9YA8Pq7VtMGBicp34Xb2DYytZ+jYHh4Pf95xoYJMt8dzUwpKetm9rAwDhvQWgDw+ZMnuYGhjt39NcxMEzJUhduYIg/suFFA0N93ZknQPXLvn8GWqn83x/otk8Npg0Mror5WUBXbVlzsYHBxf2IONBefoPZDAyMjKt+NwAAF19JqgAemAcAAAAASUVORK5CYII=";
