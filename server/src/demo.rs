//! The demo: an organisation with codes in every state, against the simulator. Kept between runs in a database of its own,
//! which `serve` refuses.

use domain::account::Phone;
use domain::code::{AmountRule, CodeState, Validity};
use domain::contact::Contact;
use domain::form::{Component, Field, FormSchema, Typed};
use domain::letter::MailAddress;
use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{AccountId, CodeId, Fen, Millis, Role, TenantId};

use crate::found::{Found, NewCode, NewPerson};
use crate::fresh;
use crate::passwords::{Busy, Passwords};
use crate::store::codes::CodeKind;

/// Everybody's password in the demo.
pub const PASSWORD: &str = "shouma-demo";

/// The administrator's phone.
pub const ADMINISTRATOR: &str = "13700137000";

/// The card holder's phone.
pub const HOLDER: &str = "13900139000";

/// The phone of somebody who collects for the school and for the studio.
pub const BOTH: &str = "13800138010";

/// The phone of the studio's administrator.
pub const STUDIO_ADMINISTRATOR: &str = "13700137001";

/// What a manager of the demo may return of one receipt.
pub const MANAGER_LIMIT: Fen = Fen::of(100_000);

/// The managers' phones.
pub fn managers() -> impl Iterator<Item = String> {
    (0..10).map(|last| format!("1380013800{last}"))
}

/// The organisations of the demo: a school that collects, its old campus, which is closed, and a small studio.
///
/// # Errors
/// [`Busy`] when passwords cannot be hashed.
pub async fn organisations(passwords: &Passwords, now: Millis) -> Result<Vec<Found>, Busy> {
    let hash = passwords.hash(PASSWORD).await?;
    let names = ["王敏", "刘洋", "陈静", "赵磊", "孙悦", "周涛", "吴桐", "郑好", "冯雪", "蒋明"];
    // Who is registered last stands first in the administrator's list: there they stand by their phone numbers.
    let at = |place: usize| now.plus_ms(20 - i64::try_from(place).unwrap_or(0));
    let mut people: Vec<NewPerson> = managers()
        .zip(names)
        .enumerate()
        .filter_map(|(place, (phone, name))| person(&phone, name, Role::Manager, &hash, at(place)))
        .collect();
    let Some(first) = people.first().map(|person| person.account) else { return Ok(vec![]) };
    let last = people.last().map_or(first, |person| person.account);
    people.extend(person(BOTH, "沈宁", Role::Manager, &hash, now));
    people.extend(person(ADMINISTRATOR, "何主任", Role::Administrator, &hash, now));
    people.extend(person(HOLDER, "林工", Role::Holder, &hash, now));
    let tenant = TenantId::of(fresh::uuid(now));
    // The first plate carries the form that everybody else's codes ask.
    let mut codes = plates(tenant, first, now);
    for person in people.iter().filter(|person| person.role == Role::Manager) {
        codes.extend(app_codes(tenant, person.account, now));
    }
    let codes = in_order(codes, now);
    let school = Found {
        tenant,
        name: "青禾实验学校".into(),
        is_open: true,
        contact: Contact::parse("0571-5550 0100"),
        logo_png: None,
        manager_refunds: ManagerRefunds::UpTo { limit_fen: MANAGER_LIMIT },
        manager_write_offs: ManagerWriteOffs::UpTo { limit_fen: MANAGER_LIMIT },
        people,
        codes,
        links: vec![],
        is_demo: true,
        now,
    };
    Ok(vec![school, closed(last, now), studio(&hash, now)])
}

/// Where somebody of the demo can be written to; the simulator's inbox shows it.
pub fn mail(phone: &str) -> Option<MailAddress> {
    MailAddress::parse(&format!("{phone}@qinghe.example"))
}

fn person(phone: &str, name: &str, role: Role, hash: &str, now: Millis) -> Option<NewPerson> {
    let person = NewPerson::new(Phone::parse(phone)?, name, role, now);
    Some(NewPerson { password_hash: Some(hash.to_owned()), mail: mail(phone), ..person })
}

/// An organisation that does not collect, with one plate of somebody who works at both.
fn closed(payee: AccountId, now: Millis) -> Found {
    let tenant = TenantId::of(fresh::uuid(now));
    let code = NewCode::new(tenant, payee, "旧校区", CodeKind::Plate, AmountRule::Free, school_form(), now);
    let codes = vec![NewCode { token: "demo-closed".into(), ..code }];
    Found {
        tenant,
        name: "青禾实验学校旧校区".into(),
        is_open: false,
        contact: None,
        logo_png: None,
        manager_refunds: ManagerRefunds::Never,
        manager_write_offs: ManagerWriteOffs::Never,
        people: vec![],
        codes,
        links: vec![],
        is_demo: true,
        now,
    }
}

/// A small organisation of its own. Whoever collects there collects for the school, too.
fn studio(hash: &str, now: Millis) -> Found {
    let tenant = TenantId::of(fresh::uuid(now));
    let manager = person(BOTH, "沈宁", Role::Manager, hash, now);
    let code = |name: &str, kind: CodeKind, payee: AccountId| NewCode::new(tenant, payee, name, kind, AmountRule::Free, studio_form(), now);
    let codes = manager.iter().flat_map(|manager| {
        let desk = code("前台", CodeKind::Plate, manager.account);
        [code("画室收款码", CodeKind::App, manager.account), NewCode { token: "demo-studio".into(), ..desk }]
    });
    let codes = in_order(codes.collect(), now);
    Found {
        tenant,
        name: "河畔画室".into(),
        is_open: true,
        contact: None,
        logo_png: None,
        manager_refunds: ManagerRefunds::SameDay,
        manager_write_offs: ManagerWriteOffs::Never,
        people: manager.into_iter().chain(person(STUDIO_ADMINISTRATOR, "韩老师", Role::Administrator, hash, now)).collect(),
        codes,
        links: vec![],
        is_demo: true,
        now,
    }
}

/// What a manager may show: a code that asks everything, and two that know some of it already (row E13).
fn app_codes(tenant: TenantId, payee: AccountId, now: Millis) -> [NewCode; 3] {
    let code = |name: &str| NewCode::new(tenant, payee, name, CodeKind::App, AmountRule::Free, school_form(), now);
    let of_class = Typed::default().with("class", "三年二班").with("remark", "春游费");
    let of_customer = Typed::default().with("student", "恒达物业").with("class", "三年一班");
    [code("默认收款码"), code("三年二班春游费").with_presets(of_class), code("恒达物业专用").with_presets(of_customer)]
}

/// The same codes with ids that keep their order, for each and for its form: codes and forms of one moment are listed by their ids. A
/// manager's first code is shown until another is chosen, and the form of the first of all is the one that an administrator is offered.
fn in_order(mut codes: Vec<NewCode>, now: Millis) -> Vec<NewCode> {
    for (later, new) in (0..).zip(&mut codes) {
        let moment = now.plus_ms(later);
        new.code.id = CodeId::of(fresh::uuid(moment));
        new.form_id = fresh::uuid(moment);
    }
    codes
}

/// The printed codes, under tokens that never change.
fn plates(tenant: TenantId, payee: AccountId, now: Millis) -> Vec<NewCode> {
    let plate = |token: &str, name: &str, amount| NewCode {
        token: token.into(),
        ..NewCode::new(tenant, payee, name, CodeKind::Plate, amount, school_form(), now)
    };
    let mut expired = plate("demo-expired", "去年的活动", AmountRule::Free);
    expired.code.validity = Validity { from_ms: None, until_ms: Some(now) };
    let mut disabled = plate("demo-disabled", "停用的码牌", AmountRule::Free);
    disabled.code.state = CodeState::Disabled;
    let mut fixed = plate("demo-fixed", "午餐", AmountRule::Fixed { amount_fen: Fen::of(1250) });
    fixed.code.form = FormSchema { version: 1, fields: vec![Field::new("student", "学生姓名", Component::text(20)).required()] };
    let mut everything = plate("demo-form", "校服款", AmountRule::Between { min_fen: Fen::of(100), max_fen: Fen::of(100_000) });
    everything.code.form = every_component();
    vec![plate("demo", "教务处", AmountRule::Free), fixed, everything, expired, disabled]
}

fn choice(options: &[&str]) -> Component {
    Component::Choice { options: options.iter().map(|option| (*option).to_owned()).collect(), multiple: false }
}

fn school_form() -> FormSchema {
    let mut remark = Field::new("remark", "备注", Component::text(20));
    remark.hint = "选填，20 字以内".into();
    FormSchema {
        version: 1,
        fields: vec![
            Field::new("student", "学生姓名", Component::text(20)).required(),
            Field::new("class", "班级", choice(&["三年一班", "三年二班", "三年三班"])).required(),
            remark,
        ],
    }
}

fn studio_form() -> FormSchema {
    FormSchema {
        version: 1,
        fields: vec![
            Field::new("learner", "学员姓名", Component::text(20)).required(),
            Field::new("course", "课程", choice(&["素描", "水彩", "书法"])).required(),
        ],
    }
}

/// A form with each way of asking.
fn every_component() -> FormSchema {
    use domain::form::{ScanKind, TextRule};
    let mut id_number = Field::new("id_number", "身份证号", Component::ruled(TextRule::IdNumber));
    id_number.hint = "选填，18 位".into();
    let sizes = Component::Choice { options: ["夏装", "冬装", "运动服"].map(str::to_owned).to_vec(), multiple: true };
    FormSchema {
        version: 1,
        fields: vec![
            Field::new("student", "学生姓名", Component::text(20)).required(),
            Field::new("phone", "家长手机", Component::ruled(TextRule::Phone)),
            id_number,
            Field::new("sets", "款式", sizes).required(),
            Field::new("gift", "送到教室", Component::Switch),
            Field::new("agree", "已核对尺码", Component::Checkbox).required(),
            Field::new("serial", "订单条码", Component::Scan { accepts: ScanKind::Auto }),
            Field::new("photo", "尺码照片", Component::Photo),
            Field::new("place", "收货地点", Component::Location),
            Field::new("invoice", "发票抬头", Component::InvoiceTitle),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn codes_and_forms_of_one_moment_are_listed_in_the_order_in_which_they_are_made() {
        let organisations = organisations(&Passwords::default(), Millis::of(1_795_233_600_000)).await.unwrap();
        for Found { name, codes, .. } in &organisations {
            assert!(codes.windows(2).all(|two| two[0].form_id < two[1].form_id), "{name}");
            assert!(codes.windows(2).all(|two| two[0].code.id.get() < two[1].code.id.get()), "{name}");
        }
        let first = &organisations[0].codes[0].code;
        assert!(first.form.fields.iter().any(|field| field.key == "class"), "the first form is the school's");
        assert_eq!(organisations[2].codes[0].code.name, "画室收款码");
    }
}
