//! The doors of APIv3, one file per noun. Each reads its request strictly and leaves the decision to the books.

pub(crate) mod bills;
pub(crate) mod certificates;
pub(crate) mod orders;
pub(crate) mod refunds;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::gate::{gate, nowhere};
use crate::world::Shared;

/// Every path under `/v3`, behind the gate.
pub(crate) fn router(world: Shared) -> Router<Shared> {
    Router::new()
        .route("/v3/pay/transactions/jsapi", post(orders::jsapi))
        .route("/v3/pay/transactions/native", post(orders::native))
        .route("/v3/pay/transactions/out-trade-no/{out_trade_no}", get(orders::by_number))
        .route("/v3/pay/transactions/id/{transaction_id}", get(orders::by_transaction))
        .route("/v3/pay/transactions/out-trade-no/{out_trade_no}/close", post(orders::close))
        .route("/v3/refund/domestic/refunds", post(refunds::create))
        .route("/v3/refund/domestic/refunds/{out_refund_no}", get(refunds::query))
        .route("/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", post(refunds::apply_abnormal))
        .route("/v3/certificates", get(certificates::list))
        .route("/v3/bill/tradebill", get(bills::trade_bill))
        .route("/v3/bill/fundflowbill", get(bills::fund_flow_bill))
        .route("/v3/billdownload/file", get(bills::download))
        .route("/v3/{*rest}", axum::routing::any(nowhere))
        .method_not_allowed_fallback(nowhere)
        .layer(from_fn_with_state(world, gate))
}
