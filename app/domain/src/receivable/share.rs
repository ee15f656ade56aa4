//! One payment that settles several debts: how much of it counts for each, and what of that stays when some of it goes back.

use crate::Fen;

/// What counts for a debt when somebody matches a payment to it: what no debt has of it yet, and no more than is owed. `None` when
/// that is nothing.
pub fn countable(uncounted: Fen, owed: Fen) -> Option<Fen> {
    Some(uncounted.min(owed)).filter(|amount| amount.is_positive())
}

/// What each share of a payment comes to, oldest first, when the merchant keeps `kept` of it. What counts for no debt goes back
/// before what does, and what was counted last before what was counted first; when a return fails it comes again the same way.
pub fn kept_of_shares(kept: Fen, shares: impl IntoIterator<Item = Fen>) -> Vec<Fen> {
    let mut left = kept.get().max(0);
    let take = |share: Fen| {
        let taken = share.get().clamp(0, left);
        left -= taken;
        Fen::of(taken)
    };
    shares.into_iter().map(take).collect()
}
