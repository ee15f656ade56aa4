//! The administrator's pages about the whole organisation: what there is, and what is set.

use app::admin::{
    self, ChangedBy, ContactPart, HomePage, LogoPart, LogoWrong, OfficeDone, OfficeScript, Place, RemindsTyped, SettingsPage, SettingsTyped,
};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::Caller;
use domain::code_terms::title;
use domain::contact::Contact;
use domain::receivable::QuietHours;
use serde::Deserialize;

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::headers;
use super::next::decode;
use super::visit::{Visit, query_value};
use crate::office;
use crate::settings::{AllSettings, Changed, Setting, hour_of, refunds_of, write_offs_of};
use crate::site::Site;
use crate::store::StoreError;

/// Rows on a page of a list.
pub const PAGE_ROWS: usize = 50;

/// Where settings are.
pub(super) const SETTINGS: &str = "/admin/settings";

/// What an address says was done just now.
pub(super) fn done(uri: &Uri) -> Option<OfficeDone> {
    query_value(uri, "done").and_then(|word| OfficeDone::of_word(&word))
}

/// The words that a list's address looks for, and the page that it names.
pub(super) fn sought(uri: &Uri) -> (String, usize) {
    let page = query_value(uri, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
    (words(uri).unwrap_or_default(), page)
}

/// The words that an address looks for, without characters that nobody sees: PostgreSQL takes no NUL in a text. `None` when it looks
/// for nothing.
pub(super) fn words(uri: &Uri) -> Option<String> {
    let typed = query_value(uri, "q")?.replace('+', " ");
    let seen: String = decode(&typed).chars().filter(|c| !c.is_control()).collect();
    Some(seen.trim().chars().take(60).collect())
}

/// A page of a list that `read` reads by words, rows to skip and rows to take, and counts. A page beyond the end is the last one.
pub(super) async fn paged<T, F>(uri: &Uri, read: impl Fn(String, usize) -> F) -> Result<(Place, Vec<T>), StoreError>
where
    F: Future<Output = Result<(Vec<T>, usize), StoreError>>,
{
    let (query, wanted) = sought(uri);
    let skip = wanted.saturating_sub(1).min(1_000_000) * PAGE_ROWS;
    let (rows, count) = read(query.clone(), skip).await?;
    let place = Place::of(query.clone(), count, wanted, PAGE_ROWS);
    if place.skip(PAGE_ROWS) == skip {
        return Ok((place, rows));
    }
    let (rows, _) = read(query, place.skip(PAGE_ROWS)).await?;
    Ok((place, rows))
}

/// `GET /admin`.
pub async fn home(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let caller = asking.caller;
    let read = async {
        let counts = site.settings.overview(&caller).await?;
        Ok::<_, StoreError>((counts, office::living(&site, caller.tenant, visit.now).await?))
    };
    let (counts, living) = match read.await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some("/admin")),
    };
    let shown = HomePage {
        living,
        managers: counts.managers,
        stores: counts.stores,
        codes: counts.codes,
        attention: counts.attention,
        has_logo: counts.has_logo,
    };
    let script = OfficeScript { src: site.client.admin_js.as_deref(), nonce: &visit.nonce };
    let html = admin::home_page(shell(&visit, "/admin"), &asking.signed, &shown, script);
    let policy = headers::scripted(&visit.nonce);
    visit.app_page(StatusCode::OK, html, &policy)
}

/// `GET /admin/settings`.
pub async fn settings(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    show_settings(visit, &asking, StatusCode::OK, Trouble::None, done(&uri)).await
}

async fn read(site: &Site, caller: &Caller) -> Result<Option<AllSettings>, StoreError> {
    site.settings.all(caller).await
}

/// What is wrong with what was sent.
pub(super) enum Trouble<'a> {
    /// Nothing.
    None,
    /// What was typed into a form.
    Typed(&'a SettingsForm),
    /// The file with a logo.
    Logo(LogoWrong),
}

pub(super) async fn show_settings(
    visit: Visit,
    asking: &Administrator,
    status: StatusCode,
    trouble: Trouble<'_>,
    done: Option<OfficeDone>,
) -> Response {
    let all = match read(&visit.site, &asking.caller).await {
        Ok(Some(all)) => all,
        Ok(None) => return missing_part(visit, asking),
        Err(error) => return visit.store_trouble(&error, Some(SETTINGS)),
    };
    let mut shown_typed = SettingsTyped::of(all.refunds, all.write_offs, &all.name);
    let quiet = visit.site.reminders.quiet;
    let hour = all.reminder_hour.text();
    let mut reminds = RemindsTyped { is_on: all.reminders, hour, is_hour_wrong: false, quiet };
    let (contact, contact_changed) = all.contact;
    let mut contact = ContactPart { typed: contact.map(|contact| contact.to_string()).unwrap_or_default(), ..ContactPart::default() };
    if let Trouble::Typed(typed) = trouble {
        typed.keep(&mut shown_typed);
        if let Some(typed) = &typed.contact {
            (contact.typed, contact.is_wrong) = (typed.chars().take(60).collect(), true);
        }
        typed.keep_reminds(&mut reminds);
    }
    let logo_wrong = if let Trouble::Logo(wrong) = trouble { Some(wrong) } else { None };
    let (logo_url, logo_changed) = all.logo;
    let by = |Changed { at_ms, name }: Changed| ChangedBy { at_ms, name };
    contact.changed = contact_changed.map(by);
    let shown = SettingsPage {
        typed: shown_typed,
        contact,
        logo: LogoPart { name: all.name, url: logo_url, wrong: logo_wrong, changed: logo_changed.map(by) },
        has_messages: all.messages,
        is_open: all.is_open,
        reminds: visit.site.reminders.is_set_up().then_some(reminds),
        changed: all.changed.map(|changed| changed.map(by)),
        done,
        now: visit.now,
    };
    let html = admin::settings_page(shell(&visit, SETTINGS), &asking.signed, &shown);
    answer(visit, status, html)
}

/// What the forms of settings post; each sends its own part.
#[derive(Deserialize, Default)]
pub struct SettingsForm {
    refunds: Option<String>,
    #[serde(default)]
    limit: String,
    write_offs: Option<String>,
    #[serde(default)]
    write_off_limit: String,
    messages: Option<String>,
    name: Option<String>,
    contact: Option<String>,
    open: Option<String>,
    reminders: Option<String>,
    from: Option<String>,
}

impl SettingsForm {
    /// The setting of this part; `None` when what was typed is none.
    fn setting(&self, part: &str, quiet: QuietHours) -> Option<Setting> {
        let is_on = |word: &Option<String>| match word.as_deref() {
            Some("on") => Some(true),
            Some("off") => Some(false),
            _ => None,
        };
        match part {
            "refunds" => refunds_of(self.refunds.as_deref()?, &self.limit).map(Setting::Refunds),
            "write-offs" => write_offs_of(self.write_offs.as_deref()?, &self.write_off_limit).map(Setting::WriteOffs),
            "messages" => is_on(&self.messages).map(Setting::Messages),
            "name" => title(self.name.as_deref()?).map(Setting::Name),
            "contact" => match self.contact.as_deref()?.trim() {
                "" => Some(Setting::Contact(None)),
                typed => Contact::parse(typed).map(|contact| Setting::Contact(Some(contact))),
            },
            "open" => is_on(&self.open).map(Setting::Open),
            "reminders" => {
                let hour = self.from.as_deref().map(|from| hour_of(from, quiet).ok_or(()));
                Some(Setting::Reminders(is_on(&self.reminders)?, hour.transpose().ok()?))
            }
            _ => None,
        }
    }

    fn keep_reminds(&self, reminds: &mut RemindsTyped) {
        if let Some(from) = &self.from {
            reminds.is_on = self.reminders.as_deref() == Some("on");
            reminds.hour = from.chars().take(20).collect();
            reminds.is_hour_wrong = hour_of(from, reminds.quiet).is_none();
        }
    }

    /// Puts what was typed wrong where it was typed.
    fn keep(&self, typed: &mut SettingsTyped) {
        let short = |text: &str| text.chars().take(60).collect::<String>();
        if let Some(refunds) = &self.refunds {
            (typed.refunds, typed.limit, typed.is_limit_wrong) = (short(refunds), short(&self.limit), true);
        }
        if let Some(write_offs) = &self.write_offs {
            (typed.write_offs, typed.write_off_limit) = (short(write_offs), short(&self.write_off_limit));
            typed.is_write_off_limit_wrong = true;
        }
        if let Some(name) = &self.name {
            (typed.name, typed.is_name_wrong) = (short(name), true);
        }
    }
}

/// `POST /admin/settings/{part}`.
pub async fn set(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(part): Path<String>,
    Form(form): Form<SettingsForm>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(setting) = form.setting(&part, site.reminders.quiet) else {
        return show_settings(visit, &asking, StatusCode::UNPROCESSABLE_ENTITY, Trouble::Typed(&form), None).await;
    };
    let done = match site.settings.set(&asking.caller, setting).await {
        Ok(true) => OfficeDone::Saved,
        Ok(false) => OfficeDone::Same,
        Err(error) => return visit.store_trouble(&error, Some(SETTINGS)),
    };
    visit.redirect(&format!("{SETTINGS}?done={}", done.word()))
}
