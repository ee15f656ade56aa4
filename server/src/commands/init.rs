//! `shouma init`: founding an organisation.

use domain::account::Phone;
use domain::code::AmountRule;
use domain::form::{Component, Field, FormSchema};
use domain::letter::MailAddress;
use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{Role, TenantId};
use server::found::{Found, NewCode, NewPerson};
use server::store::codes::CodeKind;
use server::{clock, fresh};

use super::{Failed, config, is_demo, open_or_migrate};

/// `shouma init`.
#[derive(clap::Args)]
pub struct Init {
    /// Name of the organisation, as payers read it
    #[arg(long)]
    organisation: String,
    /// Phone number of the first administrator
    #[arg(long)]
    administrator: String,
    /// Phone number of the first manager
    #[arg(long)]
    manager: String,
    /// Name of the first manager, as payers read it
    #[arg(long)]
    manager_name: String,
    /// Mail address of the first administrator, for lost passwords
    #[arg(long, value_parser = mail_address)]
    administrator_mail: Option<MailAddress>,
    /// Mail address of the first manager, for lost passwords
    #[arg(long, value_parser = mail_address)]
    manager_mail: Option<MailAddress>,
}

fn mail_address(typed: &str) -> Result<MailAddress, String> {
    MailAddress::parse(typed).ok_or_else(|| format!("{typed:?} is not a mail address"))
}

/// Founds an organisation; people set their passwords by the links that are printed.
pub async fn init(init: Init) -> Result<(), Failed> {
    let config = config()?;
    let clock = clock::system();
    let now = clock();
    let phone = |typed: &str| Phone::parse(typed).ok_or_else(|| Failed::setting(format!("{typed:?} is not a mobile number")));
    let store = open_or_migrate(&config).await?;
    if is_demo(&store).await? {
        return Err(Failed::setting(format!("database_url: {} holds a demo; name another database", config.database_url)));
    }
    let tenant = TenantId::of(fresh::uuid(now));
    let manager = NewPerson { mail: init.manager_mail, ..NewPerson::new(phone(&init.manager)?, &init.manager_name, Role::Manager, now) };
    let administrator = NewPerson::new(phone(&init.administrator)?, "管理员", Role::Administrator, now);
    let administrator = NewPerson { mail: init.administrator_mail, ..administrator };
    let remark = FormSchema { version: 1, fields: vec![Field::new("remark", "备注", Component::text(50))] };
    let code = |name, kind| NewCode::new(tenant, manager.account, name, kind, AmountRule::Free, remark.clone(), now);
    let codes = vec![code("默认收款码", CodeKind::App), code("码牌", CodeKind::Plate)];
    let day_ms = 86_400_000;
    let links: Vec<_> = [&manager, &administrator].map(|person| (person.account, fresh::token(), now.plus_ms(day_ms))).to_vec();
    let plate = codes.last().map(|code| format!("{}/p/{}", config.public_url, code.token)).unwrap_or_default();
    let lines = links.clone();
    let people = vec![manager, administrator];
    let known = store
        .write(Found {
            tenant,
            name: init.organisation,
            is_open: true,
            contact: None,
            logo_png: None,
            manager_refunds: ManagerRefunds::Never,
            manager_write_offs: ManagerWriteOffs::Never,
            people,
            codes,
            links,
            is_demo: false,
            now,
        })
        .await?;
    store.close().await;
    for (who, (account, secret, _)) in ["manager", "administrator"].into_iter().zip(lines) {
        if known.contains(&account) {
            println!("{:<42} signs in with the password that they have, and chooses the organisation", format!("{who}:"));
        } else {
            println!("{:<42} {}/password/{secret}", format!("{who} sets a password within 24 h:"), config.public_url);
        }
    }
    println!("a printed code to collect with:            {plate}");
    println!("then: shouma serve, and sign in at {0}/m or, as administrator, at {0}/admin", config.public_url);
    Ok(())
}
