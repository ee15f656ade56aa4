//! 诊断: from what was observed to the one cause that is named, and who can mend it (rows E14, I15).
//!
//! The checks have an order, because one fault shows at several places: a clock that is wrong makes every signature wrong. The first
//! check that fails names the cause.

mod seen;

use serde::{Deserialize, Serialize};

pub use seen::{ChannelSeen, DatabaseSeen, NoticeFault, Observed, OrdersRefused, PayerSees, SignInSeen, WalletSeen};

use crate::ChannelCode;
use crate::channel_code::Mender;
use crate::code::CodeRefusal;

/// From this distance on a clock is called wrong. The channel itself refuses at five minutes (wechat-pay 2.1).
pub const CLOCK_OFF_MS: i64 = 120_000;

/// A notice that is this much older than the newest receipt did not bring it.
pub const NOTICE_LATE_MS: i64 = 10 * 60_000;

/// How long after a receipt became known its notice may still be on its way: money is often found by asking a moment before.
pub const NOTICE_PATIENCE_MS: i64 = 120_000;

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Our clock beside the channel's.
    Clock,
    /// Whether the database takes what is written.
    Database,
    /// Our keys at the channel, and the channel's with us.
    Keys,
    /// Our address as pay directory and as OAuth domain.
    Address,
    /// The code that is shown, and its owner.
    Code,
    /// Whether the channel answers and takes orders.
    Channel,
    /// Whether the channel's notices arrive.
    Notice,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Our clock is that far ahead of the channel's (behind: less than zero).
    ClockOff {
        /// Milliseconds.
        by_ms: i64,
    },
    /// The database takes nothing.
    DatabaseFails,
    /// The database is overloaded.
    DatabaseBusy,
    /// The channel does not recognise our key, number or application.
    KeysRefused {
        /// In its words.
        code: ChannelCode,
    },
    /// The channel answers, and refuses orders.
    OrdersRefused(OrdersRefused),
    /// The channel signs with a key that we do not hold.
    ChannelKeyUnknown,
    /// The channel's public key, as configured here, is not the channel's.
    ChannelKeyWrong,
    /// The APIv3 key is not the one set at the channel.
    ApiKeyWrong,
    /// Payers' wallets refuse what our key signed for them.
    WalletSignature,
    /// Our address is not https.
    AddressNotPublic,
    /// Our host is not the application's OAuth domain.
    OauthDomain,
    /// The application has no right to ask who payers are.
    OauthScope,
    /// The application's secret or name is refused.
    OauthSecret,
    /// Our address is not a pay directory.
    PayDirectory,
    /// The manager has no code.
    NoCode,
    /// The code cannot be paid.
    Code {
        /// What its payer is told.
        refusal: CodeRefusal,
    },
    /// The channel refuses for another reason.
    ChannelRefuses {
        /// In its words.
        code: ChannelCode,
    },
    /// The channel says that it cannot at present.
    ChannelBusy,
    /// The channel does not answer.
    ChannelSilent,
    /// Notices come and are refused.
    NoticesRefused {
        /// Why.
        why: NoticeFault,
    },
    /// Money is found only by asking: notices do not come.
    NoticesMissing,
    /// Everything is fine here: the payer's phone does not get through.
    PayersNetwork,
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever asks.
    Manager,
    /// The administrator of the organisation.
    Administrator,
    /// Nobody here: it passes.
    Time,
    /// The payer.
    Payer,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Fine,
    /// Could not be told.
    Unknown,
    /// Wrong.
    Wrong(Cause),
}

impl Check {
    /// All of them, in their order.
    pub const ALL: [Check; 7] = [Check::Clock, Check::Database, Check::Keys, Check::Address, Check::Code, Check::Channel, Check::Notice];

    /// What this check finds.
    pub fn find(self, seen: &Observed) -> Finding {
        let found = match self {
            Check::Clock => return clock(seen),
            Check::Database => database(seen),
            Check::Keys => return keys(seen),
            Check::Address => address(seen),
            Check::Code => code(seen),
            Check::Channel => channel(seen),
            Check::Notice => return notice(seen),
        };
        found.map_or(Finding::Fine, Finding::Wrong)
    }
}

/// The cause that is named: of the first check that fails. When none does and a payer sees nothing, it is on the payer's side.
pub fn conclude(seen: &Observed) -> Option<Cause> {
    let first = Check::ALL.into_iter().find_map(|check| match check.find(seen) {
        Finding::Wrong(cause) => Some(cause),
        Finding::Fine | Finding::Unknown => None,
    });
    first.or((seen.payer_sees == Some(PayerSees::Nothing)).then_some(Cause::PayersNetwork))
}

impl Cause {
    /// The name under which the message files hold its sentence.
    pub const fn key(self) -> &'static str {
        match self {
            Cause::ClockOff { .. } => "clock_off",
            Cause::DatabaseFails => "database_fails",
            Cause::DatabaseBusy => "database_busy",
            Cause::KeysRefused { .. } => "keys_refused",
            Cause::OrdersRefused(_) => "orders_refused",
            Cause::ChannelKeyUnknown => "channel_key_unknown",
            Cause::ChannelKeyWrong => "channel_key_wrong",
            Cause::ApiKeyWrong => "api_key_wrong",
            Cause::WalletSignature => "wallet_signature",
            Cause::AddressNotPublic => "address_not_public",
            Cause::OauthDomain => "oauth_domain",
            Cause::OauthScope => "oauth_scope",
            Cause::OauthSecret => "oauth_secret",
            Cause::PayDirectory => "pay_directory",
            Cause::NoCode => "no_code",
            Cause::Code { .. } => "code",
            Cause::ChannelRefuses { .. } => "channel_refuses",
            Cause::ChannelBusy => "channel_busy",
            Cause::ChannelSilent => "channel_silent",
            Cause::NoticesRefused { .. } => "notices_refused",
            Cause::NoticesMissing => "notices_missing",
            Cause::PayersNetwork => "payers_network",
        }
    }

    /// Who can mend it.
    pub const fn who(self) -> Who {
        match self {
            Cause::Code { refusal: CodeRefusal::Replaced } => Who::Manager,
            Cause::Code { refusal: CodeRefusal::NotYet } | Cause::ChannelBusy | Cause::DatabaseBusy => Who::Time,
            Cause::ChannelRefuses { code } if matches!(code.mender(), Mender::Time) => Who::Time,
            Cause::PayersNetwork => Who::Payer,
            _ => Who::Administrator,
        }
    }
}

fn clock(seen: &Observed) -> Finding {
    match seen.clock_off_ms {
        None => Finding::Unknown,
        Some(by_ms) if by_ms.abs() >= CLOCK_OFF_MS => Finding::Wrong(Cause::ClockOff { by_ms }),
        Some(_) => Finding::Fine,
    }
}

fn database(seen: &Observed) -> Option<Cause> {
    match seen.database {
        DatabaseSeen::Writes => None,
        DatabaseSeen::Busy => Some(Cause::DatabaseBusy),
        DatabaseSeen::Fails => Some(Cause::DatabaseFails),
    }
}

fn keys(seen: &Observed) -> Finding {
    let orders = orders(seen).filter(|refused| is_about_keys(refused.code));
    match (seen.channel, orders) {
        (ChannelSeen::KeyUnknown, _) => Finding::Wrong(Cause::ChannelKeyUnknown),
        (ChannelSeen::KeyWrong, _) => Finding::Wrong(Cause::ChannelKeyWrong),
        (ChannelSeen::KeysSealed, _) => Finding::Wrong(Cause::ApiKeyWrong),
        (ChannelSeen::Refuses { code }, _) if is_about_keys(code) => Finding::Wrong(Cause::KeysRefused { code }),
        (_, Some(refused)) => Finding::Wrong(Cause::OrdersRefused(refused)),
        _ if wallet(seen) == Some(WalletSeen::WrongSignature) => Finding::Wrong(Cause::WalletSignature),
        (ChannelSeen::Answers | ChannelSeen::Refuses { .. }, None) => Finding::Fine,
        (ChannelSeen::Busy | ChannelSeen::Silent, None) => Finding::Unknown,
    }
}

/// Whether the refusal is about who we are, not about what we asked.
const fn is_about_keys(code: ChannelCode) -> bool {
    use ChannelCode::*;
    matches!(code, SignError | AppMismatch | MerchantMissing | ProviderMismatch)
}

/// What still holds of refused orders: a channel that answers now has just found our signature right.
fn orders(seen: &Observed) -> Option<OrdersRefused> {
    let is_signed_rightly = matches!(seen.channel, ChannelSeen::Answers | ChannelSeen::Refuses { .. });
    seen.orders_refused.filter(|refused| refused.code != ChannelCode::SignError || !is_signed_rightly)
}

fn address(seen: &Observed) -> Option<Cause> {
    match (seen.is_address_public, seen.payer_sees, seen.sign_in) {
        (false, _, _) => Some(Cause::AddressNotPublic),
        (_, Some(PayerSees::WrongDomain), _) => Some(Cause::OauthDomain),
        (_, Some(PayerSees::WrongScope), _) => Some(Cause::OauthScope),
        (_, Some(PayerSees::WrongDirectory), _) => Some(Cause::PayDirectory),
        (_, _, SignInSeen::Misconfigured) => Some(Cause::OauthSecret),
        _ if wallet(seen) == Some(WalletSeen::WrongDirectory) => Some(Cause::PayDirectory),
        (true, Some(PayerSees::Nothing) | None, SignInSeen::Fine) => None,
    }
}

fn wallet(seen: &Observed) -> Option<WalletSeen> {
    seen.wallet.map(|(_, wallet)| wallet)
}

fn code(seen: &Observed) -> Option<Cause> {
    match seen.code {
        None => Some(Cause::NoCode),
        Some(Err(refusal)) => Some(Cause::Code { refusal }),
        Some(Ok(())) => None,
    }
}

fn channel(seen: &Observed) -> Option<Cause> {
    match seen.channel {
        ChannelSeen::Refuses { code } if !is_about_keys(code) => Some(Cause::ChannelRefuses { code }),
        ChannelSeen::Busy => Some(Cause::ChannelBusy),
        ChannelSeen::Silent => Some(Cause::ChannelSilent),
        _ => orders(seen).map(Cause::OrdersRefused),
    }
}

fn notice(seen: &Observed) -> Finding {
    let Observed { now, notice_at_ms, notice_refused, receipt_at_ms, .. } = *seen;
    match notice_refused {
        Some((at, why)) if notice_at_ms.is_none_or(|came| came < at) => return Finding::Wrong(Cause::NoticesRefused { why }),
        _ => {}
    }
    match (receipt_at_ms, notice_at_ms) {
        (None, None) => Finding::Unknown,
        (None, Some(_)) => Finding::Fine,
        (Some(receipt), Some(notice)) if receipt.since_ms(notice) < NOTICE_LATE_MS => Finding::Fine,
        (Some(receipt), _) if now.since_ms(receipt) < NOTICE_PATIENCE_MS => Finding::Unknown,
        (Some(_), _) => Finding::Wrong(Cause::NoticesMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Millis;
    use crate::payment::AttemptKind;

    const FINE: Observed = Observed {
        now: Millis::of(10_000_000),
        clock_off_ms: Some(0),
        database: DatabaseSeen::Writes,
        channel: ChannelSeen::Answers,
        orders_refused: None,
        is_address_public: true,
        sign_in: SignInSeen::Fine,
        wallet: None,
        wallet_failed_at_ms: None,
        payer_sees: None,
        code: Some(Ok(())),
        notice_at_ms: Some(Millis::of(1_000)),
        notice_refused: None,
        receipt_at_ms: Some(Millis::of(2_000)),
    };

    const fn refusing(code: ChannelCode) -> OrdersRefused {
        OrdersRefused { product: AttemptKind::Jsapi, code, since_ms: Millis::of(5_000) }
    }

    #[test]
    fn what_was_seen_names_its_cause_and_who_can_mend_it() {
        use ChannelSeen::*;
        use Who::*;
        let off = |by_ms| Observed { clock_off_ms: Some(by_ms), ..FINE };
        let channel = |channel| Observed { channel, ..FINE };
        let sees = |sees| Observed { payer_sees: Some(sees), ..FINE };
        let wallet = |seen| Observed { wallet: Some((Millis::of(1), seen)), ..FINE };
        let code = |code| Observed { code, ..FINE };
        let orders = |code| Observed { orders_refused: Some(refusing(code)), ..FINE };
        let refused = |at, why| Observed { notice_refused: Some((Millis::of(at), why)), ..FINE };
        let notice = |notice: Option<i64>, receipt: Option<i64>| Observed {
            notice_at_ms: notice.map(Millis::of),
            receipt_at_ms: receipt.map(Millis::of),
            ..FINE
        };
        let cause = |cause: Cause, who| Some((cause, who));
        let table = [
            (FINE, None),
            (Observed { clock_off_ms: None, ..FINE }, None),
            (off(CLOCK_OFF_MS - 1), None),
            (off(CLOCK_OFF_MS), cause(Cause::ClockOff { by_ms: CLOCK_OFF_MS }, Administrator)),
            (off(-CLOCK_OFF_MS), cause(Cause::ClockOff { by_ms: -CLOCK_OFF_MS }, Administrator)),
            (Observed { database: DatabaseSeen::Busy, ..FINE }, cause(Cause::DatabaseBusy, Time)),
            (Observed { database: DatabaseSeen::Fails, ..FINE }, cause(Cause::DatabaseFails, Administrator)),
            (channel(KeyUnknown), cause(Cause::ChannelKeyUnknown, Administrator)),
            (channel(KeyWrong), cause(Cause::ChannelKeyWrong, Administrator)),
            (channel(KeysSealed), cause(Cause::ApiKeyWrong, Administrator)),
            (channel(Refuses { code: ChannelCode::SignError }), cause(Cause::KeysRefused { code: ChannelCode::SignError }, Administrator)),
            (channel(Refuses { code: ChannelCode::NoAuth }), cause(Cause::ChannelRefuses { code: ChannelCode::NoAuth }, Administrator)),
            (orders(ChannelCode::AppMismatch), cause(Cause::OrdersRefused(refusing(ChannelCode::AppMismatch)), Administrator)),
            (orders(ChannelCode::NoAuth), cause(Cause::OrdersRefused(refusing(ChannelCode::NoAuth)), Administrator)),
            (
                Observed { payer_sees: Some(PayerSees::Nothing), ..orders(ChannelCode::MerchantRestricted) },
                cause(Cause::OrdersRefused(refusing(ChannelCode::MerchantRestricted)), Administrator),
            ),
            // A question that was answered just now is signed with the same key.
            (orders(ChannelCode::SignError), None),
            (
                Observed { channel: Busy, ..orders(ChannelCode::SignError) },
                cause(Cause::OrdersRefused(refusing(ChannelCode::SignError)), Administrator),
            ),
            (Observed { channel: Silent, ..orders(ChannelCode::NoAuth) }, cause(Cause::ChannelSilent, Administrator)),
            (channel(Busy), cause(Cause::ChannelBusy, Time)),
            (channel(Silent), cause(Cause::ChannelSilent, Administrator)),
            (Observed { is_address_public: false, ..FINE }, cause(Cause::AddressNotPublic, Administrator)),
            (Observed { sign_in: SignInSeen::Misconfigured, ..FINE }, cause(Cause::OauthSecret, Administrator)),
            (sees(PayerSees::WrongDomain), cause(Cause::OauthDomain, Administrator)),
            (sees(PayerSees::WrongScope), cause(Cause::OauthScope, Administrator)),
            (sees(PayerSees::WrongDirectory), cause(Cause::PayDirectory, Administrator)),
            (wallet(WalletSeen::Opened), None),
            (wallet(WalletSeen::WrongDirectory), cause(Cause::PayDirectory, Administrator)),
            (wallet(WalletSeen::WrongSignature), cause(Cause::WalletSignature, Administrator)),
            (Observed { wallet_failed_at_ms: Some(Millis::of(1)), ..FINE }, None),
            (sees(PayerSees::Nothing), cause(Cause::PayersNetwork, Payer)),
            (code(None), cause(Cause::NoCode, Administrator)),
            (code(Some(Err(CodeRefusal::Disabled))), cause(Cause::Code { refusal: CodeRefusal::Disabled }, Administrator)),
            (code(Some(Err(CodeRefusal::NotYet))), cause(Cause::Code { refusal: CodeRefusal::NotYet }, Time)),
            (code(Some(Err(CodeRefusal::Replaced))), cause(Cause::Code { refusal: CodeRefusal::Replaced }, Manager)),
            (refused(2_000, NoticeFault::Sealed), cause(Cause::NoticesRefused { why: NoticeFault::Sealed }, Administrator)),
            (refused(1_000, NoticeFault::Sealed), None),
            (notice(None, None), None),
            (notice(Some(1), None), None),
            (notice(None, Some(1)), cause(Cause::NoticesMissing, Administrator)),
            (notice(None, Some(10_000_000 - NOTICE_PATIENCE_MS)), cause(Cause::NoticesMissing, Administrator)),
            (notice(None, Some(10_000_000 - NOTICE_PATIENCE_MS + 1)), None),
            (notice(Some(0), Some(NOTICE_LATE_MS - 1)), None),
            (notice(Some(0), Some(NOTICE_LATE_MS)), cause(Cause::NoticesMissing, Administrator)),
        ];
        for (seen, expected) in table {
            assert_eq!(conclude(&seen).map(|cause| (cause, cause.who())), expected, "{seen:?}");
        }
    }

    #[test]
    fn of_several_faults_the_first_in_order_is_the_cause() {
        let all = Observed {
            now: Millis::of(10_000_000),
            clock_off_ms: Some(600_000),
            database: DatabaseSeen::Fails,
            channel: ChannelSeen::KeyWrong,
            orders_refused: Some(refusing(ChannelCode::AppMismatch)),
            is_address_public: false,
            sign_in: SignInSeen::Misconfigured,
            wallet: Some((Millis::of(1), WalletSeen::WrongSignature)),
            wallet_failed_at_ms: None,
            payer_sees: Some(PayerSees::Nothing),
            code: None,
            notice_at_ms: None,
            notice_refused: None,
            receipt_at_ms: Some(Millis::of(1)),
        };
        type Mend = fn(&mut Observed);
        let steps: [(Mend, Cause); 11] = [
            (|_| {}, Cause::ClockOff { by_ms: 600_000 }),
            (|seen| seen.clock_off_ms = None, Cause::DatabaseFails),
            (|seen| seen.database = DatabaseSeen::Writes, Cause::ChannelKeyWrong),
            (|seen| seen.channel = ChannelSeen::Silent, Cause::OrdersRefused(refusing(ChannelCode::AppMismatch))),
            (|seen| seen.orders_refused = Some(refusing(ChannelCode::NoAuth)), Cause::WalletSignature),
            (|seen| seen.wallet = Some((Millis::of(1), WalletSeen::WrongDirectory)), Cause::AddressNotPublic),
            (|seen| (seen.is_address_public, seen.sign_in) = (true, SignInSeen::Fine), Cause::PayDirectory),
            (|seen| seen.wallet = None, Cause::NoCode),
            (|seen| seen.code = Some(Ok(())), Cause::ChannelSilent),
            (|seen| seen.channel = ChannelSeen::Answers, Cause::OrdersRefused(refusing(ChannelCode::NoAuth))),
            (|seen| seen.orders_refused = None, Cause::NoticesMissing),
        ];
        let mut seen = all;
        for (mend, expected) in steps {
            mend(&mut seen);
            assert_eq!(conclude(&seen), Some(expected));
        }
        seen.notice_at_ms = Some(Millis::of(1));
        assert_eq!(conclude(&seen), Some(Cause::PayersNetwork), "what is left is the payer's side");
    }

    #[test]
    fn what_a_payer_sees_and_what_a_wallet_says_is_known_by_its_word() {
        for seen in WalletSeen::ALL {
            assert_eq!(WalletSeen::of_word(seen.word()), Some(seen));
        }
        assert_eq!(WalletSeen::of_word("当前页面的URL未注册"), None);
        for sees in PayerSees::ALL {
            assert_eq!(PayerSees::of_word(sees.word()), Some(sees));
        }
        assert_eq!(PayerSees::of_word("https://evil.example"), None);
    }
}
