//! Setting a password from a single-use link, as a person who was registered gets one.

use app::mobile::{LEAST_CHARS, PasswordPage, PasswordRefusal, password_page};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{AccountId, Millis, Role};
use serde::Deserialize;

use super::cookies::sha256;
use super::headers::Policy;
use super::limits::Act;
use super::visit::Visit;
use crate::passwords;
use crate::site::Site;
use crate::store::accounts::Account;
use crate::store::audit::{Actor, Deed};
use crate::store::sessions::TokenHash;
use crate::store::{Command, StoreError, Tx, accounts, audit, bindings, doors, one_time_codes, sessions};

/// Passwords that are tried first everywhere; the phone number itself is refused too.
const COMMON: &[&str] = &[
    "12345678",
    "123456789",
    "1234567890",
    "88888888",
    "00000000",
    "11111111",
    "password",
    "password1",
    "qwertyui",
    "qwerty123",
    "abc12345",
    "1qaz2wsx",
    "iloveyou",
    "woaini1314",
    "woaini520",
    "5201314520",
    "a12345678",
    "shouma123",
];

/// `GET /password/{secret}`.
pub async fn form(State(site): State<Site>, visit: Visit, Path(secret): Path<String>) -> Response {
    match owner(&site, &secret, visit.now).await {
        Ok(Some(account)) => show(visit, StatusCode::OK, PasswordPage::Ask { name: &account.name, wrong: None }),
        Ok(None) => show(visit, StatusCode::GONE, PasswordPage::Over),
        Err(error) => visit.store_trouble(&error, None),
    }
}

/// What the page posts.
#[derive(Deserialize)]
pub struct NewPassword {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /password/{secret}`: sets the password, uses the link up and ends whatever sessions there were.
pub async fn set(State(site): State<Site>, visit: Visit, Path(secret): Path<String>, Form(new): Form<NewPassword>) -> Response {
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return visit.notice(StatusCode::TOO_MANY_REQUESTS, &app::pay::NoticeKind::TooMany { after_s }, None, None);
    }
    let account = match owner(&site, &secret, visit.now).await {
        Ok(Some(account)) => account,
        Ok(None) => return show(visit, StatusCode::GONE, PasswordPage::Over),
        Err(error) => return visit.store_trouble(&error, None),
    };
    if let Some(wrong) = refusal(&new, &account) {
        return show(visit, StatusCode::UNPROCESSABLE_ENTITY, PasswordPage::Ask { name: &account.name, wrong: Some(wrong) });
    }
    let Ok(hash) = site.sign_ins.passwords.hash(&new.password).await else {
        return visit.notice(StatusCode::SERVICE_UNAVAILABLE, &app::pay::NoticeKind::Busy, None, None);
    };
    match site.store.write(Set { link: sha256(&secret), hash, now: visit.now }).await {
        Ok(true) => {
            // Screens elsewhere are told at once that their session is over.
            site.live.signed_in(account.id);
            let is_administrator = is_only_administrator(&site, account.id).await;
            show(visit, StatusCode::OK, PasswordPage::Done { is_administrator })
        }
        Ok(false) => show(visit, StatusCode::GONE, PasswordPage::Over),
        Err(error) => visit.store_trouble(&error, None),
    }
}

fn refusal(new: &NewPassword, account: &Account) -> Option<PasswordRefusal> {
    let password = &new.password;
    match () {
        _ if password.chars().count() < LEAST_CHARS => Some(PasswordRefusal::TooShort),
        _ if password.len() > passwords::MOST_BYTES => Some(PasswordRefusal::TooLong),
        _ if COMMON.contains(&password.to_lowercase().as_str()) || password == account.phone.as_str() => Some(PasswordRefusal::TooCommon),
        _ if *password != new.again => Some(PasswordRefusal::Different),
        _ => None,
    }
}

async fn owner(site: &Site, secret: &str, now: Millis) -> Result<Option<Account>, StoreError> {
    let mut conn = site.store.read().await?;
    let Some(account) = sessions::look_at_link(&mut conn.tx(), &sha256(secret), now).await? else { return Ok(None) };
    accounts::by_id(&mut conn.tx(), account).await
}

/// Whether the way in is the administrators' one. Where it cannot be told, the managers' door says the rest.
async fn is_only_administrator(site: &Site, account: AccountId) -> bool {
    let Ok(mut conn) = site.store.read().await else { return false };
    let memberships = accounts::memberships(&mut conn.tx(), account).await.unwrap_or_default();
    memberships.iter().any(|seat| seat.role == Role::Administrator) && !memberships.iter().any(|seat| seat.role == Role::Manager)
}

fn show(visit: Visit, status: StatusCode, page: PasswordPage<'_>) -> Response {
    let policy = Policy { nonce: &visit.nonce, form_origins: &[], demo_origin: None }.app();
    let html = password_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, page);
    visit.app_page(status, html, &policy)
}

struct Set {
    link: TokenHash,
    hash: String,
    now: Millis,
}

impl Command for Set {
    /// `false` when the link was used meanwhile.
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(account) = sessions::take_link(tx, &self.link, self.now).await? else { return Ok(false) };
        accounts::set_password(tx, account, &self.hash).await?;
        let end = sessions::End { why: sessions::EndWhy::NewPassword, by_device: None, now: self.now };
        let ended = sessions::end(tx, sessions::Which::All(account), end).await?;
        sessions::void_links(tx, account, self.now).await?;
        // Whoever sets a password by a link proved who they are, so the WeChat identity that is bound need not be theirs.
        bindings::forget(tx, account).await?;
        self.open_doors(tx, account).await?;
        let detail = serde_json::json!({"sessions_ended": ended});
        let deed = Deed::new(self.now, Actor::Account(account), audit::Act::SetPassword, account, &detail);
        audit::append_everywhere(tx, account, &deed).await?;
        Ok(true)
    }
}

impl Set {
    async fn open_doors(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
        match accounts::by_id(tx, account).await? {
            Some(account) => {
                one_time_codes::void_all(tx, &account.phone, self.now).await?;
                doors::open_all(tx, &account.phone).await.map(drop)
            }
            None => Ok(()),
        }
    }
}
