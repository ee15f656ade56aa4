//! WeChat Pay APIv3: JSAPI and Native orders, queries, closing, refunds and the notices about them.

mod breaker;
mod config;
mod gateway;
mod keys;
mod look;
mod notice;
mod sealed;
mod signature;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use domain::payment::{AttemptKind, Trade};
use domain::refund::RefundWord;
use domain::{ChannelCode, Fen, OtherRefundNo, OutRefundNo, OutTradeNo, Refund};
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::breaker::Door;
pub(super) use self::config::check_base;
pub use self::config::{ConfigError, NOTIFY_PATH, WECHAT_API, WechatConfig};
use self::gateway::{Answer, Gateway};
pub use self::notice::{MOST_NOTICE_BYTES, is_probe};
use self::wire::{OrderAmount, OrderRequest, PayerRef, RefundAmount, SceneInfo};
use super::{BridgeParams, Channel, ChannelError, Closing, Created, Look, NewOrder, Notice, NoticeRefusal, OtherRefund};
use crate::clock::Clock;

const TRANSACTIONS: &str = "/v3/pay/transactions";
const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// A merchant's account at WeChat Pay.
pub struct Wechat {
    appid: String,
    mchid: String,
    notify_url: String,
    gateway: Gateway,
}

impl Wechat {
    /// Reads the keys once. Nothing is asked of WeChat yet: platform certificates are fetched when they are first needed.
    ///
    /// # Errors
    /// The first setting that cannot work, as one line.
    pub fn new(config: &WechatConfig, clock: Clock) -> Result<Wechat, ConfigError> {
        config.check_names()?;
        Ok(Wechat {
            appid: config.appid.clone(),
            mchid: config.mchid.clone(),
            notify_url: format!("{}{NOTIFY_PATH}", config.notify_url_base),
            gateway: Gateway::new(config, clock)?,
        })
    }

    /// Fetches the platform certificates and answers how many there are; none for a merchant that has only the public key. Worth
    /// calling at start and every hour, so that a new certificate is known before it is used (wechat-pay 2.3, H7).
    ///
    /// # Errors
    /// [`ChannelError`]; the keys stay as they were.
    pub async fn refresh_keys(&self) -> Result<usize, ChannelError> {
        self.gateway.refresh().await
    }

    async fn post<B: Serialize + Sync>(&self, door: Door, path: &str, body: &B) -> Result<Answer, ChannelError> {
        let body = serde_json::to_vec(body).map_err(|error| ChannelError::unknown(error.to_string()))?;
        self.gateway.call(door, Method::POST, path, body).await
    }

    async fn get(&self, door: Door, path: &str) -> Result<Answer, ChannelError> {
        self.gateway.call(door, Method::GET, path, Vec::new()).await
    }

    /// The refund of this number; `None` when WeChat Pay has none such.
    async fn refund_answer(&self, no: &str) -> Result<Option<wire::RefundAnswer>, ChannelError> {
        let answer = match self.get(Door::QueryRefund, &format!("{REFUNDS}/{no}")).await {
            Err(ChannelError::Refused { code: ChannelCode::ResourceMissing | ChannelCode::OrderMissing, .. }) => return Ok(None),
            answer => read::<wire::RefundAnswer>(&answer?)?,
        };
        if answer.out_refund_no != no {
            return Err(ChannelError::unknown("the answer is about another refund"));
        }
        Ok(Some(answer))
    }

    fn order_request<'a>(&'a self, order: &'a NewOrder) -> OrderRequest<'a> {
        let description = wire::plain(&order.description, 127);
        OrderRequest {
            appid: &self.appid,
            mchid: &self.mchid,
            // WeChat insists on one, and a name made of emoji leaves none.
            description: if description.is_empty() { order.no.to_string() } else { description },
            out_trade_no: order.no.as_str(),
            time_expire: order.expires_at_ms.rfc3339(),
            attach: order.attach.as_deref().map(|attach| wire::plain(attach, 128)).filter(|attach| !attach.is_empty()),
            notify_url: &self.notify_url,
            amount: OrderAmount { total: order.amount_fen, currency: wire::CNY },
            payer: match order.kind {
                AttemptKind::Jsapi => order.openid.as_deref().map(|openid| PayerRef { openid }),
                AttemptKind::Native => None,
            },
            scene_info: order.payer_ip.as_deref().map(|payer_client_ip| SceneInfo { payer_client_ip }),
        }
    }
}

#[async_trait]
impl Channel for Wechat {
    async fn create(&self, order: &NewOrder) -> Result<Created, ChannelError> {
        if order.kind == AttemptKind::Jsapi && order.openid.as_deref().is_none_or(str::is_empty) {
            let said = "an order inside WeChat needs the payer's openid".to_owned();
            return Err(ChannelError::Refused { code: ChannelCode::OpenidMissing, said, request_id: None });
        }
        let path = match order.kind {
            AttemptKind::Jsapi => format!("{TRANSACTIONS}/jsapi"),
            AttemptKind::Native => format!("{TRANSACTIONS}/native"),
        };
        let answer = match self.post(Door::Create, &path, &self.order_request(order)).await {
            Err(ChannelError::Refused { code: ChannelCode::OrderPaid, .. }) => return Ok(Created::AlreadyPaid),
            answer => read::<wire::OrderAnswer>(&answer?)?,
        };
        match (order.kind, answer.prepay_id, answer.code_url) {
            (AttemptKind::Jsapi, Some(prepay_id), _) => Ok(Created::Prepay { prepay_id }),
            (AttemptKind::Native, _, Some(code_url)) => Ok(Created::CodeUrl { code_url }),
            _ => Err(ChannelError::unknown("the answer to an order names neither prepay_id nor code_url")),
        }
    }

    async fn query(&self, no: &OutTradeNo) -> Result<Trade, ChannelError> {
        let path = format!("{TRANSACTIONS}/out-trade-no/{no}?mchid={}", self.mchid);
        let transaction = match self.get(Door::Query, &path).await {
            Err(ChannelError::Refused { code: ChannelCode::OrderMissing, .. }) => return Ok(Trade::Missing),
            answer => read::<wire::Transaction>(&answer?)?,
        };
        // A signature proves who speaks, not which question is answered.
        if (transaction.appid.as_str(), transaction.mchid.as_str()) != (&self.appid, &self.mchid) {
            return Err(ChannelError::unknown("the answer is about another merchant or application"));
        }
        if transaction.out_trade_no != no.as_str() {
            return Err(ChannelError::unknown("the answer is about another order"));
        }
        let state = &transaction.trade_state;
        transaction.trade().ok_or_else(|| ChannelError::unknown(format!("the answer does not say enough about an order in {state}")))
    }

    async fn close(&self, no: &OutTradeNo) -> Result<Closing, ChannelError> {
        let path = format!("{TRANSACTIONS}/out-trade-no/{no}/close");
        match self.post(Door::Close, &path, &wire::CloseRequest { mchid: &self.mchid }).await {
            Ok(_) => Ok(Closing::Closed),
            Err(error) => match error.code().filter(|_| matches!(error, ChannelError::Refused { .. })) {
                Some(ChannelCode::OrderPaid) => Ok(Closing::AlreadyPaid),
                Some(ChannelCode::OrderMissing) => Ok(Closing::Missing),
                Some(ChannelCode::OrderClosed | ChannelCode::OrderExpired) => Ok(Closing::Closed),
                _ => Err(error),
            },
        }
    }

    async fn refund(&self, refund: &Refund) -> Result<RefundWord, ChannelError> {
        let request = wire::RefundRequest {
            out_trade_no: refund.attempt.as_str(),
            out_refund_no: refund.no.as_str(),
            reason: Some(wire::plain(&refund.reason, 80)).filter(|reason| !reason.is_empty()),
            notify_url: &self.notify_url,
            amount: RefundAmount { refund: refund.amount_fen, total: refund.received_fen, currency: wire::CNY },
        };
        let answer = match self.post(Door::Refund, REFUNDS, &request).await {
            Err(ChannelError::Refused { code: ChannelCode::NotEnough, .. }) => return Ok(RefundWord::Unfunded),
            answer => read::<wire::RefundAnswer>(&answer?)?,
        };
        if answer.out_refund_no != refund.no.as_str() || answer.out_trade_no != refund.attempt.as_str() {
            return Err(ChannelError::unknown("the answer is about another refund"));
        }
        if answer.amount.refund != refund.amount_fen.get() {
            return Err(ChannelError::unknown("the refund stands there with another amount"));
        }
        Ok(answer.status.into())
    }

    async fn query_refund(&self, no: &OutRefundNo) -> Result<Option<RefundWord>, ChannelError> {
        Ok(self.refund_answer(no.as_str()).await?.map(|answer| answer.status.into()))
    }

    async fn query_other_refund(&self, no: &OtherRefundNo) -> Result<Option<OtherRefund>, ChannelError> {
        let Some(answer) = self.refund_answer(no.as_str()).await? else { return Ok(None) };
        Ok(Some(OtherRefund { attempt: answer.out_trade_no, amount_fen: Fen::of(answer.amount.refund), word: answer.status.into() }))
    }

    async fn read_notice(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notice, NoticeRefusal> {
        let us = notice::Addressee { appid: &self.appid, mchid: &self.mchid };
        notice::read(&self.gateway, us, headers, body).await
    }

    async fn refresh(&self) {
        if let Err(error) = self.refresh_keys().await {
            tracing::warn!(%error, "the channel's keys could not be refreshed");
        }
    }

    fn keys_to_keep(&self) -> Option<String> {
        self.gateway.listed_to_keep()
    }

    fn keys_were_kept(&self, kept: &str) {
        self.gateway.listed_was_kept(kept);
    }

    fn recall_keys(&self, kept: &str) {
        match self.gateway.recall(kept) {
            Ok(count) => tracing::info!(count, "platform certificates of an earlier run are believed until WeChat answers"),
            Err(error) => tracing::warn!(error, "kept platform certificates are of no use"),
        }
    }

    async fn look(&self) -> Look {
        look::look(self, &self.gateway).await
    }

    fn clock_off_ms(&self) -> Option<i64> {
        self.gateway.seen().clock_off_ms
    }

    fn bridge(&self, prepay_id: &str) -> BridgeParams {
        let time_stamp = self.gateway.now().get().div_euclid(1000).to_string();
        let package = format!("prepay_id={prepay_id}");
        let signed = signature::nonce().and_then(|nonce| {
            let message = signature::bridge_message(&self.appid, &time_stamp, &nonce, &package);
            Ok((nonce, self.gateway.sign(&message)?))
        });
        // Without a signature the bridge refuses to open, and no money moves.
        let (nonce_str, pay_sign) = signed.unwrap_or_else(|error| {
            tracing::error!(error, "the bridge parameters could not be signed");
            Default::default()
        });
        BridgeParams { app_id: self.appid.clone(), time_stamp, nonce_str, package, sign_type: "RSA".to_owned(), pay_sign }
    }
}

/// Reads a proven answer. One that does not have the agreed shape leaves the result unknown.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ChannelError> {
    serde_json::from_slice(&answer.body).map_err(|error| ChannelError::unknown(format!("the answer cannot be read: {error}")))
}
