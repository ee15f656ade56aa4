//! The administrator's form with the organisation's logo.

use app::admin::{LogoWrong, OfficeDone};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::admin::administrator;
use super::office::{SETTINGS, Trouble, show_settings};
use super::submit::{Posted, ReadError};
use super::visit::Visit;
use crate::logos;
use crate::settings::Setting;
use crate::site::Site;

/// `POST /admin/settings/logo`. Nothing is read of what somebody sends who may not.
pub async fn set(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, request: Request) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let drawn = match Posted::read(request).await {
        Err(ReadError::TooLarge) => Err(LogoWrong::TooManyBytes),
        Err(ReadError::NotAForm) => Err(LogoWrong::Nothing),
        Ok(posted) => match posted.files.into_iter().find(|(name, _)| name == "logo") {
            None => Err(LogoWrong::Nothing),
            Some((_, file)) => logos::drawn(file).await,
        },
    };
    let done = match drawn {
        Ok(png) => site.settings.set(&asking.caller, Setting::Logo(Some(png))).await,
        Err(wrong) => return show_settings(visit, &asking, StatusCode::UNPROCESSABLE_ENTITY, Trouble::Logo(wrong), None).await,
    };
    match done {
        Ok(true) => visit.redirect(&format!("{SETTINGS}?done={}", OfficeDone::LogoSet.word())),
        Ok(false) => visit.redirect(&format!("{SETTINGS}?done={}", OfficeDone::Same.word())),
        Err(error) => visit.store_trouble(&error, Some(SETTINGS)),
    }
}

/// `POST /admin/settings/logo/remove`.
pub async fn remove(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let done = match site.settings.set(&asking.caller, Setting::Logo(None)).await {
        Ok(true) => OfficeDone::LogoRemoved,
        Ok(false) => OfficeDone::Same,
        Err(error) => return visit.store_trouble(&error, Some(SETTINGS)),
    };
    visit.redirect(&format!("{SETTINGS}?done={}", done.word()))
}
