//! `/m/proof`: typing a code that came by SMS. What the right one does was said when it was asked for.

use app::mobile::{PROOF_PATH, ProofPage, ProofSaid, proof_page};
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::account::Phone;
use domain::one_time::{CODE_MS, Digits, Purpose, Verdict};
use serde::Deserialize;

use super::headers::Policy;
use super::limits::Act;
use super::visit::Visit;
use super::{cookies, sign_in};
use crate::proofs::{Asked, Proved, Unfinished, code_hash};
use crate::sign_in::{Shown, SignInRefusal};
use crate::site::Site;
use crate::store::StoreError;
use crate::store::one_time_codes::OneTimeCode;
use crate::web::cookies::sha256;

/// What the browser keeps of the code that it asked for.
const PROOF: &str = "__Host-proof";

/// How long it keeps that: longer than the code lives, so that the page can say that it is over.
const KEPT_S: i64 = 1_800;

/// Asks for a code. A browser that asked for the same moments ago goes on with that one ([`Asked::Over`]).
///
/// # Errors
/// When the store does not do what it is asked.
pub(super) async fn ask(visit: &Visit, headers: &HeaderMap, phone: Phone, purpose: Purpose, task: String) -> Result<Asked, StoreError> {
    let site = &visit.site;
    if let Err(after_s) = site.gate.pass_sms(purpose, visit.address) {
        return Ok(Asked::Wait { after_s });
    }
    let asked = site.proofs.ask(phone.clone(), purpose, task.clone()).await?;
    let Asked::Wait { .. } = asked else { return Ok(asked) };
    let same = |kept: &OneTimeCode| kept.phone == phone && kept.task == task && kept.issued.purpose == purpose;
    let before = look(visit, headers).await?.filter(|(_, kept)| same(kept) && kept.issued.is_open(visit.now));
    Ok(if before.is_some() { Asked::Over } else { asked })
}

/// On to the page that takes the code.
pub(super) fn lead_on(mut visit: Visit, secret: &str) -> Response {
    visit.cookies.extend(cookies::set(PROOF, secret, KEPT_S));
    visit.redirect(PROOF_PATH)
}

/// `GET /m/proof`.
pub async fn form(visit: Visit, headers: HeaderMap) -> Response {
    match look(&visit, &headers).await {
        Ok(Some((_, kept))) => show(visit, &kept, None),
        Ok(None) => visit.redirect("/m/sign-in"),
        Err(error) => visit.store_trouble(&error, Some(PROOF_PATH)),
    }
}

/// What the page posts.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
}

/// `POST /m/proof`: tries a code.
pub async fn check(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<CodeForm>) -> Response {
    let (secret, kept) = match look(&visit, &headers).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.redirect("/m/sign-in"),
        Err(error) => return visit.store_trouble(&error, Some(PROOF_PATH)),
    };
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return show(visit, &kept, Some(ProofSaid::Later { after_s }));
    }
    let Some(digits) = Digits::parse(&form.code) else { return show(visit, &kept, Some(ProofSaid::NoCode)) };
    if kept.issued.purpose == Purpose::SignIn {
        return finish(visit, &headers, &secret, &digits).await;
    }
    match site.proofs.prove(&secret, kept.issued.purpose, &digits).await {
        Ok(Proved::Link { secret: link, account }) => {
            // Screens elsewhere are told at once when their session is over.
            site.live.signed_in(account);
            leave(visit, &format!("/password/{link}"))
        }
        Ok(Proved::Not(verdict)) => again(visit, &headers, verdict).await,
        Err(error) => visit.store_trouble(&error, Some(PROOF_PATH)),
    }
}

/// Finishes a sign-in with another WeChat identity than the bound one.
async fn finish(visit: Visit, headers: &HeaderMap, secret: &str, digits: &Digits) -> Response {
    let site = visit.site.clone();
    let unfinished = match site.proofs.look(secret).await {
        Ok(kept) => kept.and_then(|kept| Unfinished::read(&kept.task)),
        Err(error) => return visit.store_trouble(&error, Some(PROOF_PATH)),
    };
    let Some(Unfinished { admitted, identity, next }) = unfinished else { return visit.redirect("/m/sign-in") };
    let phone = admitted.phone.as_str().to_owned();
    let shown = Shown::Code { identity, token_hash: sha256(secret), code_hash: code_hash(secret, digits) };
    match site.sign_ins.begin(admitted, sign_in::agent(headers), shown).await {
        Ok(signed_in) => {
            let mut visit = visit;
            visit.cookies.extend(cookies::forget(PROOF));
            sign_in::enter(visit, headers, &signed_in, &next)
        }
        Err(SignInRefusal::NotProven(verdict)) => again(visit, headers, verdict).await,
        Err(refusal) => sign_in::refuse(visit, &refusal, &phone, &next).await,
    }
}

/// `POST /m/proof/again`: another message in the place of the last one.
pub async fn resend(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    let (secret, kept) = match look(&visit, &headers).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.redirect("/m/sign-in"),
        Err(error) => return visit.store_trouble(&error, Some(PROOF_PATH)),
    };
    if let Err(after_s) = site.gate.pass_sms(kept.issued.purpose, visit.address) {
        return show(visit, &kept, Some(ProofSaid::Wait { after_s }));
    }
    match site.proofs.again(&secret).await {
        Ok(Asked::Made { secret }) => lead_on(visit, &secret),
        Ok(Asked::Wait { after_s }) => show(visit, &kept, Some(ProofSaid::Wait { after_s })),
        // It was used: whatever it was for is done, or begins anew.
        Ok(Asked::Over) => leave(visit, back(kept.issued.purpose)),
        Err(error) => visit.store_trouble(&error, Some(PROOF_PATH)),
    }
}

/// Where somebody begins anew.
fn back(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "/m/sign-in",
        Purpose::Recovery => "/m/lost",
        Purpose::NotMe => "/m/not-me",
    }
}

fn leave(mut visit: Visit, to: &str) -> Response {
    visit.cookies.extend(cookies::forget(PROOF));
    visit.redirect(to)
}

/// The page after a code that was not right.
async fn again(visit: Visit, headers: &HeaderMap, verdict: Verdict) -> Response {
    let said = match verdict {
        Verdict::Wrong { left } => Some(ProofSaid::Wrong { left }),
        Verdict::Right | Verdict::Over => None,
    };
    match look(&visit, headers).await {
        Ok(Some((_, kept))) => show(visit, &kept, said),
        Ok(None) => visit.redirect("/m/sign-in"),
        Err(error) => visit.store_trouble(&error, Some(PROOF_PATH)),
    }
}

/// The secret that this browser keeps, and the code that it belongs to.
async fn look(visit: &Visit, headers: &HeaderMap) -> Result<Option<(String, OneTimeCode)>, StoreError> {
    let Some(secret) = cookies::get(headers, PROOF) else { return Ok(None) };
    Ok(visit.site.proofs.look(secret).await?.map(|kept| (secret.to_owned(), kept)))
}

fn show(visit: Visit, kept: &OneTimeCode, said: Option<ProofSaid>) -> Response {
    let is_open = kept.issued.is_open(visit.now);
    let page = ProofPage {
        purpose: kept.issued.purpose,
        phone: kept.phone.masked(),
        until_ms: kept.issued.made_at_ms.plus_ms(CODE_MS),
        delivery: kept.delivery,
        is_open,
        said,
    };
    let (status, after_s) = match said {
        Some(ProofSaid::Wait { after_s } | ProofSaid::Later { after_s }) => (StatusCode::TOO_MANY_REQUESTS, Some(after_s)),
        _ if !is_open => (StatusCode::GONE, None),
        Some(ProofSaid::NoCode | ProofSaid::Wrong { .. }) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        None => (StatusCode::OK, None),
    };
    let policy = Policy { nonce: &visit.nonce, form_origins: &[], demo_origin: None }.app();
    let html = proof_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, &page);
    let mut response = visit.app_page(status, html, &policy);
    if let Some(after_s) = after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
    }
    response
}
