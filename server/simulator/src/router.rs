//! Every path of the simulator, grouped by who calls it.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::clock::http_date;
use crate::world::Shared;
use crate::{bridge, cashier, directories, doors, followers, inbox, mailbox, messages, oauth, sms, v3};

pub(crate) fn router(world: Shared) -> Router {
    let merchant = v3::router(world.clone());
    let account = Router::new()
        .route("/sns/oauth2/access_token", get(oauth::access_token))
        .route("/cgi-bin/token", get(oauth::account_token))
        .route("/cgi-bin/stable_token", post(oauth::stable_token))
        .route("/cgi-bin/ticket/getticket", get(oauth::ticket))
        .route("/cgi-bin/message/template/send", post(messages::template))
        .route("/cgi-bin/message/subscribe/bizsend", post(messages::subscribe));
    let people = Router::new()
        .route("/", get(|| async { Redirect::temporary("/_sim") }).post(sms::call))
        .route("/connect/oauth2/authorize", get(oauth::authorize))
        .route("/cashier", get(cashier::scan))
        .route("/cashier/look.css", get(cashier::look))
        .route("/cashier/{out_trade_no}", get(cashier::page).post(cashier::act))
        .route("/inbox/wechat", get(followers::page))
        .route("/inbox/wechat/follow", post(followers::follow_form))
        .route("/inbox", get(inbox::page))
        .route("/bridge.js", get(bridge::script))
        .route("/open/js/jweixin-1.6.0.js", get(bridge::page_script))
        .route("/_sim/jssdk", post(bridge::believe).options(bridge::preflight))
        .route("/_sim/consent", post(followers::consent))
        .route("/_sim/bridge", post(bridge::call).options(bridge::preflight));
    let control = Router::new()
        .route("/_sim", get(doors::documentation))
        .route("/_sim/merchant", get(doors::merchant))
        .route("/_sim/orders", get(doors::orders))
        .route("/_sim/orders/{out_trade_no}", get(doors::order))
        .route("/_sim/orders/{out_trade_no}/pay", post(doors::pay_order))
        .route("/_sim/orders/{out_trade_no}/notify", post(doors::notify))
        .route("/_sim/refunds", get(doors::refunds))
        .route("/_sim/refund-delays", post(doors::set_refund_delays))
        .route("/_sim/faults", get(doors::list_faults).post(doors::add_fault).delete(doors::clear_faults))
        .route("/_sim/outbox", get(doors::outbox).delete(doors::clear_outbox))
        .route("/_sim/followers", get(followers::followers).post(followers::set_follower))
        .route("/_sim/account", post(followers::set_account))
        .route("/_sim/pay-directories", get(directories::list).post(directories::add).delete(directories::clear))
        .route("/_sim/mail", get(doors::mail).post(doors::set_mail))
        .route("/_sim/mailbox", get(mailbox::list).post(mailbox::add).delete(mailbox::clear))
        .route("/_sim/key-mode", get(doors::get_keys).post(doors::set_keys))
        .route("/_sim/oauth", post(doors::set_oauth))
        .route("/_sim/payer", get(oauth::become_payer));
    let dated = middleware::map_response_with_state(world.clone(), date);
    merchant.merge(account).merge(people).merge(control).layer(dated).with_state(world)
}

/// Answers say the time of this world, not the computer's: whoever compares clocks compares with it.
async fn date(State(world): State<Shared>, mut response: Response) -> Response {
    if let Ok(date) = HeaderValue::from_str(&http_date(world.now_ms())) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}
