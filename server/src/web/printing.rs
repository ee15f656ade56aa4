//! Paper: a receipt to print or to give to its payer once more (row C13), and plates to put up (row E10).

use app::manager::tail;
use app::paper::{
    Drawn, GivenReceipt, NotPrintable, OldPicture, PLATE_PAPERS, Paper, PlateChoice, PlateList, PrintedReceipt, Printing, give_page,
    give_title, plate_list, plate_sheet, plates_title, receipt_sheet,
};
use app::receipts::RefundLine;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::receipt::Receipt;
use domain::{Caller, CodeId, PaymentId};
use serde::Deserialize;

use super::manager::{missing, show_plain, signed_in};
use super::visit::Visit;
use crate::concerns::refund_line;
use crate::qr::{self, Wear};
use crate::site::Site;
use crate::store::codes::{self, CodeKind, FoundCode};
use crate::store::reach::Reach;
use crate::store::{StoreError, payments, tenants, tokens};

/// The papers that a receipt comes on.
const RECEIPT_PAPERS: [Paper; 3] = [Paper::A4, Paper::A5, Paper::Roll];

/// Which paper is wanted.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    paper: String,
}

impl Wanted {
    fn of(&self, papers: &[Paper]) -> Paper {
        Paper::of_word(&self.paper).filter(|paper| papers.contains(paper)).unwrap_or(Paper::A4)
    }
}

/// A receipt of the caller with what stands beside it on paper.
struct Held {
    receipt: Receipt,
    merchant: String,
    refunds: Vec<RefundLine>,
    /// The payer's own page.
    url: String,
}

/// `GET /m/receipts/{payment}/print`: the receipt on paper.
pub async fn receipt(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let address = format!("/m/receipts/{payment}/print");
    let (visit, caller) = match signed_in(visit, &headers, &address).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let held = match hold(&site, &caller, &payment).await {
        Ok(Some(held)) => held,
        Ok(None) => return missing(visit, caller, "/m/receipts").await,
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let Held { receipt, merchant, refunds, url } = &held;
    let code = Drawn(qr::svg(url, Wear::Kept).unwrap_or_default());
    let back = format!("/m/receipts/{payment}");
    let printing = Printing {
        prefs: visit.prefs,
        nonce: &visit.nonce,
        paper: wanted.of(&RECEIPT_PAPERS),
        papers: &RECEIPT_PAPERS,
        address: &address,
        back: &back,
    };
    let html = receipt_sheet(printing, PrintedReceipt { receipt, merchant, refunds, code: &code, now: visit.now });
    visit.screen(StatusCode::OK, html)
}

/// `GET /m/receipts/{payment}/give`: the payer's link once more, to scan, share or copy.
pub async fn give(State(site): State<Site>, visit: Visit, Path(payment): Path<String>, headers: HeaderMap) -> Response {
    let address = format!("/m/receipts/{payment}/give");
    let (visit, caller) = match signed_in(visit, &headers, &address).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Held { receipt, merchant, url, .. } = match hold(&site, &caller, &payment).await {
        Ok(Some(held)) => held,
        Ok(None) => return missing(visit, caller, "/m/receipts").await,
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let png = qr::data_uri(&url, 8).unwrap_or_default();
    let given = GivenReceipt { receipt: &receipt, merchant: &merchant, url: &url, png_data_uri: &png };
    let title = give_title(visit.prefs.locale);
    show_plain(visit, caller, &address, StatusCode::OK, title, |locale| give_page(locale, given)).await
}

/// `GET /m/plate`: which plates there are to print.
pub async fn plates(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, "/m/plate").await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let found = async {
        let mut conn = site.store.read().await?;
        let plates = Reach::of(&mut conn.tx(), &caller).await?.plates(&mut conn.tx()).await?;
        let own = codes::app_code(&mut conn.tx(), caller.tenant, caller.account).await?;
        let old = tokens::working(&mut conn.tx(), caller.tenant, caller.account, visit.now).await?;
        Ok::<_, StoreError>((plates, own.is_some(), old))
    };
    let (plates, has_own, old) = match found.await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some("/m/plate")),
    };
    let plates: Vec<PlateChoice> = plates.iter().map(|plate| choice(plate, &visit)).collect();
    let old = old.iter().filter_map(|old| Some(OldPicture { tail: tail(&old.token), ends_at_ms: old.life.ends_at_ms()? }));
    let old: Vec<OldPicture> = old.collect();
    let list = PlateList { plates: &plates, has_own, old: &old };
    let title = plates_title(visit.prefs.locale);
    show_plain(visit, caller, "/m/plate", StatusCode::OK, title, |locale| plate_list(locale, list)).await
}

/// `GET /m/plate/{code}`: one plate on paper.
pub async fn plate(
    State(site): State<Site>,
    visit: Visit,
    Path(code): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let address = format!("/m/plate/{code}");
    let (visit, caller) = match signed_in(visit, &headers, &address).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let found = async {
        let Ok(code) = code.parse::<CodeId>() else { return Ok(None) };
        let mut conn = site.store.read().await?;
        let plates = Reach::of(&mut conn.tx(), &caller).await?.plates(&mut conn.tx()).await?;
        Ok::<_, StoreError>(plates.into_iter().find(|plate| plate.code.id == code))
    };
    // Whatever is no plate is not printed: it would stop working on the wall.
    let found = match found.await {
        Ok(Some(found)) if choice(&found, &visit).not.is_none() => found,
        Ok(_) => return missing(visit, caller, "/m/plate").await,
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    put_on_paper(visit, &found, &wanted, &address, "/m/plate")
}

/// The sheet of a plate. `address` is the sheet's own, `back` where one came from.
pub(super) fn put_on_paper(visit: Visit, found: &FoundCode, wanted: &Wanted, address: &str, back: &str) -> Response {
    let drawn = Drawn(qr::svg(&format!("{}/p/{}", visit.site.config.public_url, found.token), Wear::PutUp).unwrap_or_default());
    let printing =
        Printing { prefs: visit.prefs, nonce: &visit.nonce, paper: wanted.of(&PLATE_PAPERS), papers: &PLATE_PAPERS, address, back };
    let html = plate_sheet(printing, &choice(found, &visit), &drawn);
    visit.screen(StatusCode::OK, html)
}

async fn hold(site: &Site, caller: &Caller, payment: &str) -> Result<Option<Held>, StoreError> {
    let Ok(payment) = payment.parse::<PaymentId>() else { return Ok(None) };
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    let Some((_, receipt)) = reach.receipt(&mut conn.tx(), payment).await? else { return Ok(None) };
    let Some(stored) = payments::load(&mut conn.tx(), caller.tenant, payment).await? else { return Ok(None) };
    let merchant = tenants::by_id(&mut conn.tx(), caller.tenant).await?.map(|tenant| tenant.name).unwrap_or_default();
    let refunds = payments::refunds_of(&mut conn.tx(), caller.tenant, payment).await?;
    Ok(Some(Held {
        receipt: receipt.passed_on(),
        merchant,
        refunds: refunds.into_iter().map(refund_line).collect(),
        url: format!("{}/r/{}", site.config.public_url, stored.receipt_token),
    }))
}

/// A plate as its sheet shows it.
pub(super) fn choice(found: &FoundCode, visit: &Visit) -> PlateChoice {
    debug_assert!(found.kind == CodeKind::Plate, "only plates are printed");
    PlateChoice {
        code: found.code.id,
        name: found.code.name.clone(),
        merchant: found.merchant.name.clone(),
        payee: found.payee_name.clone(),
        amount: found.code.amount,
        tail: tail(&found.token),
        until_ms: found.code.validity.until_ms,
        not: found.opens(visit.now).err().and_then(NotPrintable::of),
    }
}
