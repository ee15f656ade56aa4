//! Between the right password and the session: the organisation, where somebody may sign in to several. Until it is chosen nobody is
//! evicted, and nobody who did not type the password learns where an account belongs.

use app::seats::{SeatChoice, SeatsPage};
use app::{admin, mobile};
use axum::Form;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Role, TenantId};
use serde::{Deserialize, Serialize};

use super::admin::{answer, shell};
use super::sealed_cookie::SealedCookie;
use super::visit::Visit;
use super::{admin as office, sign_in};
use crate::sign_in::Admitted;
use crate::store::accounts::Membership;

/// What the browser keeps between the password and the choice.
const CHOICE: SealedCookie = SealedCookie { name: "__Host-choice", purpose: "choice", lasts_ms: 10 * 60_000 };

/// A password that was right.
#[derive(Serialize, Deserialize)]
struct Choice {
    admitted: Admitted,
    next: String,
}

/// Goes on with somebody who was admitted, where there is nothing to choose; otherwise leads to the choice.
///
/// # Errors
/// The answer that leads there.
pub(super) async fn choose(mut visit: Visit, admitted: Admitted, next: &str) -> Result<(Visit, Admitted), Response> {
    let role = admitted.role;
    match visit.site.sign_ins.seats(&admitted).await {
        Ok(seats) if seats.len() < 2 => Ok((visit, admitted)),
        Ok(_) => {
            CHOICE.keep(&mut visit, &Choice { admitted, next: next.to_owned() });
            Err(visit.redirect(path(role)))
        }
        Err(error) => Err(visit.store_trouble(&error, Some(door(role)))),
    }
}

fn path(role: Role) -> &'static str {
    if role == Role::Administrator { admin::SEATS_PATH } else { mobile::SEATS_PATH }
}

fn door(role: Role) -> &'static str {
    if role == Role::Administrator { "/admin/sign-in" } else { "/m/sign-in" }
}

/// `GET /m/sign-in/organisation`.
pub async fn manager(visit: Visit, headers: HeaderMap) -> Response {
    ask(visit, &headers, Role::Manager).await
}

/// `GET /admin/sign-in/organisation`.
pub async fn administrator(visit: Visit, headers: HeaderMap) -> Response {
    ask(visit, &headers, Role::Administrator).await
}

async fn ask(visit: Visit, headers: &HeaderMap, role: Role) -> Response {
    match kept(visit, headers, role).await {
        Ok((visit, _, seats)) => show(visit, role, &seats, StatusCode::OK),
        Err(response) => response,
    }
}

/// What the page posts.
#[derive(Deserialize)]
pub struct SeatForm {
    #[serde(default)]
    tenant: String,
}

/// `POST /m/sign-in/organisation`.
pub async fn take_manager(visit: Visit, headers: HeaderMap, Form(form): Form<SeatForm>) -> Response {
    take(visit, headers, Role::Manager, &form).await
}

/// `POST /admin/sign-in/organisation`.
pub async fn take_administrator(visit: Visit, headers: HeaderMap, Form(form): Form<SeatForm>) -> Response {
    take(visit, headers, Role::Administrator, &form).await
}

async fn take(visit: Visit, headers: HeaderMap, role: Role, form: &SeatForm) -> Response {
    let (mut visit, Choice { admitted, next }, seats) = match kept(visit, &headers, role).await {
        Ok(kept) => kept,
        Err(response) => return response,
    };
    let chosen = form.tenant.parse::<TenantId>().ok().filter(|tenant| seats.iter().any(|seat| seat.tenant == *tenant));
    let Some(chosen) = chosen else { return show(visit, role, &seats, StatusCode::UNPROCESSABLE_ENTITY) };
    CHOICE.forget(&mut visit);
    match role {
        Role::Administrator => office::go_on(visit, &headers, admitted.at(chosen), &next).await,
        Role::Manager | Role::Holder => sign_in::go_on(visit, &headers, admitted.at(chosen), &next).await,
    }
}

/// What this browser may choose; without a password that was right moments ago, back to the door.
async fn kept(visit: Visit, headers: &HeaderMap, role: Role) -> Result<(Visit, Choice, Vec<Membership>), Response> {
    let choice = CHOICE.read::<Choice>(&visit, headers).filter(|choice| choice.admitted.role == role);
    let Some(choice) = choice else { return Err(visit.redirect(door(role))) };
    match visit.site.sign_ins.seats(&choice.admitted).await {
        Ok(seats) if seats.is_empty() => Err(visit.redirect(door(role))),
        Ok(seats) => Ok((visit, choice, seats)),
        Err(error) => Err(visit.store_trouble(&error, Some(door(role)))),
    }
}

fn show(visit: Visit, role: Role, seats: &[Membership], status: StatusCode) -> Response {
    let seat = |(at, seat): (usize, &Membership)| SeatChoice {
        tenant: seat.tenant,
        name: seat.tenant_name.clone(),
        is_last: at == 0 && seat.signed_in_at_ms.is_some(),
    };
    let page = SeatsPage { seats: seats.iter().enumerate().map(seat).collect(), is_wrong: status != StatusCode::OK };
    if role == Role::Administrator {
        let html = admin::seats_page(shell(&visit, admin::SEATS_PATH), &page);
        return answer(visit, status, html);
    }
    let html = mobile::seats_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, &page);
    sign_in::in_wechat(visit, status, html)
}
