//! Money that needs an operator: what waits for one, and how it goes back.

use std::sync::Arc;

use app::Locale;
use app::channel::{Listener, sentence};
use domain::concern::{Concern, ConcernState};
use domain::{Fen, OtherRefundNo, OutRefundNo, PaymentId};
use server::config::Config;
use server::live::Hub;
use server::refunds::{self, Ask, Refunds};
use server::serve as site;
use server::store::concerns::{self, StoredConcern};
use server::store::payments;
use server::{clock, kept_keys};

use super::{Failed, config, open_beside, open_for_reading};

/// `shouma refund`.
#[derive(clap::Args)]
pub struct RefundTask {
    /// The payment: its 32 digits, from its page's address or the receipt
    payment: String,
    /// How much, in yuan
    #[arg(long, required_unless_present_any = ["kept", "give_up"])]
    amount: Option<String>,
    /// Instead of a part of the receipt: all money of the payment that is kept apart (another amount than was asked, or a return
    /// that failed)
    #[arg(long, conflicts_with_all = ["amount", "reason"])]
    kept: bool,
    /// Instead of returning anything: end the refund of this number, which WeChat Pay refused and does not have
    #[arg(long, value_name = "NO", conflicts_with_all = ["amount", "reason", "kept"])]
    give_up: Option<String>,
    /// With --give-up: the money went back on the merchant platform, as the refund of this number there (商户退款单号), which WeChat Pay confirms. The
    /// return then counts as done
    #[arg(long, value_name = "NO", requires = "give_up")]
    made_as: Option<String>,
    /// What the payer reads as reason
    #[arg(long, default_value = "退款")]
    reason: String,
}

/// Sets the money aside; the running server (or the next one) pushes it to the channel.
pub async fn refund(task: RefundTask) -> Result<(), Failed> {
    let config = config()?;
    let id: PaymentId =
        task.payment.parse().map_err(|_| Failed::setting(format!("{:?} is not a payment's number of 32 digits", task.payment)))?;
    if let Some(no) = &task.give_up {
        return give_up(config, id, no, task.made_as.as_deref()).await;
    }
    let typed = task.amount.unwrap_or_default();
    let amount = if task.kept { Ok(Fen::ZERO) } else { Fen::parse_yuan(&typed) };
    let amount = amount.map_err(|why| Failed::setting(format!("amount: {why}")))?;
    let store = open_beside(&config).await?;
    let mut conn = store.read().await?;
    let tenant = payments::tenant_of(&mut conn.tx(), id).await?.ok_or_else(|| Failed::of("there is no such payment"))?;
    drop(conn);
    let clock = clock::system();
    let refunds = if task.kept {
        refunds::return_kept(&store, &clock, tenant, id, None).await.map_err(Failed::of)?
    } else {
        let ask = Ask { tenant, payment: id, amount, reason: task.reason, by: None, form: None };
        vec![refunds::ask(&store, &clock, ask).await.map_err(Failed::of)?]
    };
    for refund in refunds {
        println!("¥{} of payment {} is set aside; refund {}", refund.amount_fen, id, refund.no);
    }
    store.close().await;
    Ok(())
}

/// `shouma refund PAYMENT --give-up NO`: frees what is set aside for a refund that the channel never takes, or counts it as done.
async fn give_up(config: Config, payment: PaymentId, no: &str, made_as: Option<&str>) -> Result<(), Failed> {
    let no = OutRefundNo::parse(no).ok_or_else(|| Failed::setting(format!("{no:?} is not a refund's number; shouma concerns shows it")))?;
    let other =
        |no| OtherRefundNo::parse(no).ok_or_else(|| Failed::setting(format!("{no:?} is not a refund's number of the merchant platform")));
    let made_as = made_as.map(other).transpose()?;
    let clock = clock::system();
    let wechat = config.wechat.as_ref().ok_or_else(|| Failed::setting("wechat.mchid: is needed to ask WeChat Pay"))?;
    let channel = site::channel(wechat, &config.public_url, clock.clone()).map_err(Failed::setting)?;
    let call_ms = wechat.timeout_ms.cast_signed();
    let store = open_beside(&config).await?;
    let mut conn = store.read().await?;
    let tenant = payments::tenant_of(&mut conn.tx(), payment).await?.ok_or_else(|| Failed::of("there is no such payment"))?;
    drop(conn);
    kept_keys::recall(&store, &channel).await?;
    let refunds = Refunds { store: store.clone(), channel: Arc::new(channel), clock, live: Hub::default() };
    let is_done = made_as.is_some();
    let refund = refunds.give_up(tenant, payment, &no, made_as, call_ms).await.map_err(Failed::of)?;
    match is_done {
        true => println!("refund {no} is done: ¥{} of payment {payment} went back", refund.amount_fen),
        false => println!("refund {no} is given up; ¥{} of payment {payment} is no longer set aside", refund.amount_fen),
    }
    store.close().await;
    Ok(())
}

/// `shouma concerns`: what waits for an operator, oldest first, with what to do about it.
pub async fn concerns() -> Result<(), Failed> {
    const MOST: i64 = 1000;
    let store = open_for_reading().await?;
    let mut conn = store.read().await?;
    let waiting = concerns::waiting(&mut conn.tx(), MOST).await?;
    for StoredConcern { concern, asked_fen, at_ms, .. } in &waiting {
        println!("{}  payment {}  {}", at_ms.text(), concern.payment, what_to_do(concern, *asked_fen));
    }
    println!("{}", if waiting.is_empty() { "nothing waits for an operator" } else { "" });
    Ok(())
}

/// One line for the operator: what is kept, why, and the way out.
fn what_to_do(concern: &Concern, asked_fen: Fen) -> String {
    let Concern { payment, amount_fen, state, .. } = concern;
    let command = format!("shouma refund {payment} --kept");
    match (state, concern.why) {
        (ConcernState::Held, _) => format!("¥{amount_fen} came where ¥{asked_fen} was asked and is kept apart. To return it: {command}"),
        (ConcernState::GivenUp, _) => format!("WeChat Pay gave up returning ¥{amount_fen}, which is kept apart. To try anew: {command}"),
        (ConcernState::Stuck, _) => format!(
            "¥{amount_fen} cannot reach the payer's account. Handle it as an abnormal refund on WeChat Pay's merchant platform; it is looked at again every hour"
        ),
        (_, Some(code)) => {
            let advice = sentence(Locale::en, code, Listener::Administrator);
            let end = OutRefundNo::parse(&concern.subject).map(|no| {
                format!(" If it never can: shouma refund {payment} --give-up {no}, and besides --made-as with the refund's number there where it went back on the merchant platform")
            });
            format!("¥{amount_fen} cannot go back yet ({}). {advice}{}", code.key(), end.unwrap_or_default())
        }
        _ => format!("¥{amount_fen} cannot go back yet; see the log"),
    }
}
