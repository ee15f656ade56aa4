//! Founding: the first organisation, its people and codes. One command each, so that a half-founded organisation cannot be.

use domain::account::{Lang, Phone};
use domain::code::{AmountRule, CodeState, Validity};
use domain::contact::Contact;
use domain::form::{FormSchema, Typed};
use domain::letter::MailAddress;
use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{AccountId, Code, CodeId, Millis, Role, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::fresh;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::CodeKind;
use crate::store::{Command, StoreError, Tx, accounts, audit, codes, sessions, tenants, tokens};
use crate::web::cookies::sha256;

/// A person to register.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Who they are from now on.
    pub account: AccountId,
    /// How they sign in.
    pub phone: Phone,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The hash of their password; without one they get a link.
    pub password_hash: Option<String>,
    /// Where they can be written to.
    pub mail: Option<MailAddress>,
}

impl NewPerson {
    /// Somebody who gets a link to set a password.
    pub fn new(phone: Phone, name: &str, role: Role, now: Millis) -> NewPerson {
        NewPerson { account: AccountId::of(fresh::uuid(now)), phone, name: name.to_owned(), role, password_hash: None, mail: None }
    }
}

/// A code to make, with its form and token.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// The code.
    pub code: Code,
    /// Where it is shown.
    pub kind: CodeKind,
    /// The form's identity.
    pub form_id: Uuid,
    /// The token in its address.
    pub token: String,
}

impl NewCode {
    /// A code of `payee` that works from now on, without end.
    pub fn new(
        tenant: TenantId,
        payee: AccountId,
        name: &str,
        kind: CodeKind,
        amount: AmountRule,
        form: FormSchema,
        now: Millis,
    ) -> NewCode {
        let code = Code {
            tenant,
            id: CodeId::of(fresh::uuid(now)),
            payee,
            name: name.to_owned(),
            amount,
            form,
            presets: Typed::default(),
            state: CodeState::Active,
            validity: Validity::default(),
        };
        NewCode { code, kind, form_id: fresh::uuid(now), token: fresh::code_token() }
    }
}

impl NewCode {
    /// The same code, which gives these answers itself.
    #[must_use]
    pub fn with_presets(mut self, presets: Typed) -> NewCode {
        self.code.presets = presets;
        self
    }
}

/// An organisation with its first people and codes.
#[derive(Debug, Clone)]
pub struct Found {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Whether it collects.
    pub is_open: bool,
    /// Where payers reach it.
    pub contact: Option<Contact>,
    /// Its logo.
    pub logo_png: Option<Vec<u8>>,
    /// What its managers may return by themselves.
    pub manager_refunds: ManagerRefunds,
    /// What its managers may write off by themselves.
    pub manager_write_offs: ManagerWriteOffs,
    /// Its people.
    pub people: Vec<NewPerson>,
    /// Its codes.
    pub codes: Vec<NewCode>,
    /// Links by which people set their passwords: account, secret, end.
    pub links: Vec<(AccountId, String, Millis)>,
    /// Marks in `meta`, such as the one of a demo.
    pub is_demo: bool,
    /// When.
    pub now: Millis,
}

impl Found {
    async fn note(&self, tx: &mut Tx<'_>, links: &[(AccountId, &str, Millis)]) -> Result<(), StoreError> {
        let detail = json!({"people": self.people.len(), "codes": self.codes.len(), "is_demo": self.is_demo});
        audit::append(tx, self.tenant, &Deed::new(self.now, Actor::Operator, Act::Found, self.tenant, &detail)).await?;
        for (account, _, until) in links {
            let deed = Deed::new(self.now, Actor::Operator, Act::GiveLink, account, &json!({"until_ms": until}));
            audit::append(tx, self.tenant, &deed).await?;
        }
        Ok(())
    }
}

/// A new person, who they are in truth, and whether they have a password already.
struct Known {
    named: AccountId,
    account: AccountId,
    has_password: bool,
}

impl Command for Found {
    /// Of the people, those who have a password already: they get no link, and sign in as ever.
    type Done = Vec<AccountId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<AccountId>, StoreError> {
        tenants::insert(tx, self.tenant, &self.name, self.now).await?;
        tenants::set_open(tx, self.tenant, self.is_open).await?;
        tenants::set_contact(tx, self.tenant, self.contact.as_ref()).await?;
        tenants::set_logo(tx, self.tenant, self.logo_png.as_deref()).await?;
        tenants::set_manager_refunds(tx, self.tenant, self.manager_refunds).await?;
        tenants::set_manager_write_offs(tx, self.tenant, self.manager_write_offs).await?;
        let mut known = vec![];
        for person in &self.people {
            // Somebody may belong to several organisations; their phone is registered once.
            let account = match accounts::by_phone(tx, &person.phone).await? {
                Some(there) => {
                    known.push(Known { named: person.account, account: there.id, has_password: there.password_hash.is_some() });
                    there.id
                }
                None => {
                    accounts::insert(tx, person.account, &person.phone, &person.name, self.now).await?;
                    accounts::set_contact(tx, person.account, &person.name, person.mail.as_ref(), Lang::default()).await?;
                    person.account
                }
            };
            accounts::add_member(tx, self.tenant, account, person.role, self.now).await?;
            if let Some(hash) = &person.password_hash {
                accounts::set_password(tx, account, hash).await?;
            }
        }
        let there = |named: AccountId| known.iter().find(|known| known.named == named);
        for NewCode { code, kind, form_id, token } in &self.codes {
            let code = Code { payee: there(code.payee).map_or(code.payee, |known| known.account), ..code.clone() };
            codes::insert_form(tx, self.tenant, *form_id, &code.form, self.now).await?;
            codes::insert(tx, &code, *kind, *form_id, self.now).await?;
            tokens::insert(tx, &code, token, None, self.now).await?;
        }
        let links = self.links.iter().filter_map(|(named, secret, until)| match there(*named) {
            Some(Known { has_password: true, .. }) => None,
            known => Some((known.map_or(*named, |known| known.account), secret.as_str(), *until)),
        });
        let links: Vec<(AccountId, &str, Millis)> = links.collect();
        for (account, secret, until) in &links {
            sessions::insert_link(tx, &sha256(secret), *account, *until).await?;
        }
        if self.is_demo {
            crate::store::meta::mark_demo(tx).await?;
        }
        self.note(tx, &links).await?;
        Ok(known.into_iter().filter(|known| known.has_password).map(|known| known.named).collect())
    }
}
