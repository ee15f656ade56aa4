//! The payer's act, whoever triggers it (cashier, stand-in bridge or control door): money moves, then the merchant is told or not.

use crate::notices::{NoticeState, file, payment_notice, send};
use crate::orders::{Order, PayRefusal, Purse};
use crate::world::World;

/// Pays an order. With `notify` the merchant hears of it; without, the notice is written but never sent by itself.
pub(crate) fn pay(world: &World, out_trade_no: &str, purse: &Purse<'_>, notify: bool) -> Result<Order, PayRefusal> {
    let now_ms = world.now_ms();
    // Struck only by payments that will succeed, so that a refused one does not use the fault up.
    let possible = purse.force || world.books().may_pay(out_trade_no, purse.openid, now_ms).is_ok();
    let fault = if possible { world.faults.strike("pay", &[out_trade_no]) } else { None };
    let amount_fen = purse.amount_fen.or_else(|| fault.and_then(|fault| fault.amount_fen));
    let purse = Purse { amount_fen, ..*purse };
    let order = world.books().pay(out_trade_no, &purse, now_ms)?.clone();
    world.changed.notify_one();
    match payment_notice(world, &order, now_ms) {
        Ok(notice) if notify => send(world, notice, now_ms),
        Ok(mut notice) => {
            notice.state = NoticeState::Dropped;
            file(world, notice);
        }
        Err(error) => tracing::error!(%error, "a payment notice could not be written"),
    }
    Ok(order)
}
