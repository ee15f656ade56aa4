//! What payees are told must follow from the attempts and refunds that it is about.

use domain::concern::{ConcernKind, ConcernState};
use domain::refund::{RefundCause, RefundState};

use super::rows::{ConcernRow, Folder, PaymentRow, RefundRow};
use crate::store::words::of_word;

/// One entry for each attempt with money kept apart or on its way back, each refund and each concern: what is wrong with it.
pub fn faults(payment: &PaymentRow, folder: &Folder) -> Vec<Option<String>> {
    let apart = folder.attempts.iter().filter(|attempt| attempt.state == "held" || attempt.state == "extra");
    let apart = apart.map(|attempt| {
        let returns = folder.refunds.iter().filter(|refund| refund.attempt == attempt.no && !is_merchants(refund));
        // What was given up was asked for anew, so one that was not is the present one.
        let present = returns.clone().find(|refund| refund.state != "given_up").or(returns.clone().next_back());
        told(folder, &attempt.no, &attempt.state, present, attempt.received_fen.unwrap_or_default())
    });
    let asked = folder.refunds.iter().filter(|refund| is_merchants(refund)).map(|refund| {
        let is_trouble = ["unfunded", "abnormal", "given_up"].contains(&refund.state.as_str());
        let is_told = folder.concerns.iter().any(|concern| concern.subject == refund.no);
        if is_trouble || is_told { told(folder, &refund.no, "", Some(refund), refund.amount_fen) } else { None }
    });
    let rows = folder.concerns.iter().map(|concern| {
        let fault = |why: &str| Some(format!("concerns its payee by {:?}, which {why}", concern.subject));
        match read(concern) {
            None => fault("has no known kind or state"),
            Some(_) if concern.payee != payment.payee => fault("is told to somebody else"),
            Some((kind, state)) if concern.is_open != (concern.seen_at_ms.is_none() || state.needs_operator(kind)) => {
                fault("is open without a reason, or closed with one")
            }
            Some((ConcernKind::Contradiction, _)) => None,
            Some(_) if !names_something(concern, folder) => fault("is about nothing of this payment"),
            Some(_) => None,
        }
    });
    apart.chain(asked).chain(rows).collect()
}

fn is_merchants(refund: &RefundRow) -> bool {
    of_word::<RefundCause>("", &refund.cause).is_ok_and(|cause| cause == RefundCause::Merchant)
}

fn names_something(concern: &ConcernRow, folder: &Folder) -> bool {
    folder.attempts.iter().any(|attempt| attempt.no == concern.subject) || folder.refunds.iter().any(|refund| refund.no == concern.subject)
}

fn read(concern: &ConcernRow) -> Option<(ConcernKind, ConcernState)> {
    Some((of_word("", &concern.kind).ok()?, of_word("", &concern.state).ok()?))
}

/// Whether there is a concern about `subject` of this amount that says where it stands.
fn told(folder: &Folder, subject: &str, attempt_state: &str, refund: Option<&RefundRow>, amount_fen: i64) -> Option<String> {
    let Some(concern) = folder.concerns.iter().find(|concern| concern.subject == subject) else {
        return Some(format!("has {subject} to tell its payee about and does not"));
    };
    let state = read(concern)?.1;
    let refund = refund.and_then(|refund| of_word::<RefundState>("", &refund.state).ok());
    let fits = match refund {
        _ if attempt_state == "held" => state == ConcernState::Held,
        None => false,
        // A refusal is noted beside a refund that waits.
        Some(RefundState::Asked) => matches!(state, ConcernState::Returning | ConcernState::Blocked),
        Some(RefundState::Unfunded) => state == ConcernState::Blocked,
        Some(RefundState::Processing) => state == ConcernState::Returning,
        Some(RefundState::Abnormal) => state == ConcernState::Stuck,
        Some(RefundState::Done) => state == ConcernState::Returned,
        Some(RefundState::GivenUp) => state == ConcernState::GivenUp,
    };
    (!fits || concern.amount_fen != amount_fen).then(|| format!("tells its payee something else about {subject} than is so"))
}
