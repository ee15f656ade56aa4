//! `/m/settings/sign-ins`: where one is signed in, where one was, and how that ended.

use app::sign_ins::{EarlierSignIn, HowItEnded, SignInsPage, sign_ins_screen};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Caller;
use domain::device::Device;

use super::manager::{show_plain, signed_in};
use super::visit::Visit;
use crate::store::StoreError;
use crate::store::sessions::{self, EndWhy, Ended};

/// Where the screen is.
const HERE: &str = "/m/settings/sign-ins";

/// `GET /m/settings/sign-ins`.
pub async fn history(visit: Visit, headers: HeaderMap) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, HERE).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let page = match read(&visit, &caller).await {
        Ok(page) => page,
        Err(error) => return visit.store_trouble(&error, Some(HERE)),
    };
    let title = app::sign_ins::title(visit.prefs.locale);
    show_plain(visit, caller, HERE, StatusCode::OK, title, move |locale| sign_ins_screen(locale, &page)).await
}

async fn read(visit: &Visit, caller: &Caller) -> Result<SignInsPage, StoreError> {
    let mut conn = visit.site.store.read().await?;
    let tx = &mut conn.tx();
    let present = sessions::present(tx, caller, visit.now).await?;
    let earlier = sessions::history(tx, caller).await?;
    let site = &visit.site;
    Ok(SignInsPage {
        present: present.map(|(agent, since)| (Device::of_agent(&agent), since)),
        earlier: earlier.into_iter().map(line).collect(),
        may_report: site.proofs.is_offered() || site.config.mail.is_some(),
        now: visit.now,
    })
}

fn line(ended: Ended) -> EarlierSignIn {
    let how = match ended.why {
        EndWhy::SignedOut => HowItEnded::SignedOut,
        EndWhy::Elsewhere => HowItEnded::Elsewhere(Device::of_agent(ended.by_device.as_deref().unwrap_or_default())),
        EndWhy::NewPassword => HowItEnded::NewPassword,
        EndWhy::Suspended => HowItEnded::Suspended,
        EndWhy::Expired => HowItEnded::Expired,
        EndWhy::Reported => HowItEnded::Reported,
    };
    EarlierSignIn { device: Device::of_agent(&ended.device), from_ms: ended.created_at_ms, to_ms: ended.ended_at_ms, how }
}
