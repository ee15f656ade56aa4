//! What a payment channel says when it does not do what it was asked: one catalogue for all its spellings.
//!
//! The channel's pages spell the same error in two ways (`ORDERNOTEXIST`, `ORDER_NOT_EXIST`), and the number at the end of its
//! `Request-ID` is often more exact than the word (wechat-pay 2.2, 2.8). Sentences for people live in the message files under
//! [`ChannelCode::key`].

use serde::{Deserialize, Serialize};

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mender {
    /// Nothing is broken: the channel says where things stand.
    Nobody,
    /// It passes; the same call is made again later.
    Time,
    /// The payer, with another account, another card or by beginning again.
    Payer,
    /// Whoever looks after settings, keys, contracts and balance at the channel.
    Administrator,
}

macro_rules! channel_codes {
    ($($(#[$doc:meta])* $name:ident = $key:literal, [$($spelling:literal),*], [$($number:literal),*], $mender:ident;)*) => {
        /// A channel's reason, whatever its spelling.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ChannelCode {
            $($(#[$doc])* $name,)*
        }

        impl ChannelCode {
            /// Every code, so that a test can ask for a sentence for each.
            pub const ALL: &'static [ChannelCode] = &[$(ChannelCode::$name),*];

            /// The name under which message files hold its sentences.
            pub const fn key(self) -> &'static str {
                match self { $(ChannelCode::$name => $key,)* }
            }

            /// Who can do something about it.
            pub const fn mender(self) -> Mender {
                match self { $(ChannelCode::$name => Mender::$mender,)* }
            }

            /// The code of a word such as `ORDER_NOT_EXIST`, in either spelling; `None` when the catalogue has none such.
            pub fn of_word(word: &str) -> Option<ChannelCode> {
                // Underscores are where the spellings differ, so they do not count.
                let bare: String = word.chars().filter(|c| *c != '_').collect();
                match bare.as_str() { $($($spelling => Some(ChannelCode::$name),)*)* _ => None }
            }

            /// The code whose [`ChannelCode::key`] this is; `None` when the catalogue has none such.
            pub fn of_key(key: &str) -> Option<ChannelCode> {
                match key { $($key => Some(ChannelCode::$name),)* _ => None }
            }

            /// The code of a number such as 268512771; `None` when the catalogue has none such.
            pub const fn of_number(number: u64) -> Option<ChannelCode> {
                match number { $($($number => Some(ChannelCode::$name),)*)* _ => None }
            }
        }
    };
}

channel_codes! {
    /// The order is paid already.
    OrderPaid = "order_paid", ["ORDERPAID"], [268449538, 268498689], Nobody;
    /// The order was closed; a further try needs a new number.
    OrderClosed = "order_closed", ["ORDERCLOSED"], [], Payer;
    /// The order's time is over.
    OrderExpired = "order_expired", ["ORDEREXPIRED"], [268447914], Payer;
    /// The channel knows no such order.
    OrderMissing = "order_missing", ["ORDERNOTEXIST"], [268512771], Nobody;
    /// The channel knows no such thing (a refund, a certificate).
    ResourceMissing = "resource_missing", ["RESOURCENOTEXISTS", "REFUNDNOTEXIST", "REFUNDNOTEXISTS"], [], Nobody;
    /// The number exists there already, with other parameters than were sent now.
    NumberTaken = "number_taken", ["OUTTRADENOUSED"], [268498688], Administrator;
    /// This kind of order cannot be closed.
    CannotClose = "cannot_close", [], [268449641], Nobody;
    /// The order belongs to another merchant.
    OrderNotOurs = "order_not_ours", [], [268447843], Administrator;
    /// A parameter is wrong.
    ParamError = "param_error", ["PARAMERROR"], [268435461], Administrator;
    /// A parameter lies outside its range.
    OutOfRange = "out_of_range", [], [268435464], Administrator;
    /// A parameter is not known to the channel.
    UnknownParameter = "unknown_parameter", [], [270924358], Administrator;
    /// The request does not fit the state of things there.
    InvalidRequest = "invalid_request", ["INVALIDREQUEST"], [], Administrator;
    /// The account of the payer does not belong to this application.
    OpenidMismatch = "openid_mismatch", ["OPENIDMISMATCH"], [], Payer;
    /// The payer was not named.
    OpenidMissing = "openid_missing", [], [268501013], Payer;
    /// The payer's account cannot pay, or cannot be paid back.
    PayerAbnormal = "payer_abnormal", ["USERACCOUNTABNORMAL", "ACCOUNTERROR"], [], Payer;
    /// The transaction failed for a reason of business.
    TradeError = "trade_error", ["TRADEERROR"], [], Payer;
    /// A limit of the merchant or of the payer is reached.
    RuleLimit = "rule_limit", ["RULELIMIT"], [], Payer;
    /// The merchant's balance there is too low.
    NotEnough = "not_enough", ["NOTENOUGH"], [], Administrator;
    /// The application and the merchant number are not bound to each other.
    AppMismatch = "app_mismatch", ["APPIDMCHIDNOTMATCH"], [268445527], Administrator;
    /// There is no such merchant.
    MerchantMissing = "merchant_missing", ["MCHNOTEXISTS", "MCHNOTEXIST"], [], Administrator;
    /// The merchant is switched off.
    MerchantDisabled = "merchant_disabled", [], [268443715], Administrator;
    /// The merchant may not receive money at present.
    MerchantRestricted = "merchant_restricted", [], [268448010], Administrator;
    /// The relation between a service provider and its merchant is wrong.
    ProviderMismatch = "provider_mismatch", [], [268443705, 268443704, 268447845, 268443701], Administrator;
    /// The merchant may not use this product.
    NoAuth = "no_auth", ["NOAUTH"], [], Administrator;
    /// The signature was refused: key, serial number or clock.
    SignError = "sign_error", ["SIGNERROR"], [268443699], Administrator;
    /// Too many calls.
    FrequencyLimited = "frequency_limited", ["FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "RATELIMITEXCEEDED"], [268447840], Time;
    /// The channel failed inside; what was asked may have happened.
    SystemError = "system_error", ["SYSTEMERROR"], [], Time;
    /// The payer's bank failed; what was asked may have happened.
    BankError = "bank_error", ["BANKERROR"], [], Time;
    /// The channel is out of service.
    ServiceUnavailable = "service_unavailable", ["SERVICEUNAVAILABLE"], [], Time;
    /// The payer is busy with it.
    UserPaying = "user_paying", ["USERPAYING"], [], Time;
}

/// So many payers in a row, and nobody between whose order is taken, are no chance any more.
pub const PAYERS_IN_A_ROW: usize = 3;

impl ChannelCode {
    /// The code of an answer: its word, made more exact by the number at the end of `request_id` (`08F7...-268512771`) where
    /// the word alone is general or new. A word that is exact, or that says "not certain", stands whatever the number says.
    pub fn read(word: &str, request_id: Option<&str>) -> Option<ChannelCode> {
        let by_word = ChannelCode::of_word(word);
        if by_word.is_some_and(|code| !code.is_general()) {
            return by_word;
        }
        let number = request_id.and_then(|id| id.rsplit_once('-')).and_then(|(_, number)| number.trim().parse().ok());
        number.and_then(ChannelCode::of_number).filter(|code| !code.is_general()).or(by_word)
    }

    /// Whether it is one of the words under which very different reasons hide.
    const fn is_general(self) -> bool {
        use ChannelCode::{InvalidRequest, NoAuth, ParamError, RuleLimit, TradeError};
        matches!(self, ParamError | InvalidRequest | NoAuth | TradeError | RuleLimit)
    }

    /// Whether it is explicit that this call changed nothing at the channel. Everything else is unknown and has to be queried:
    /// a busy channel may have done what it was asked, and a taken number means that an order stands there.
    pub const fn is_final(self) -> bool {
        !matches!(self.mender(), Mender::Time) && !matches!(self, ChannelCode::NumberTaken)
    }

    /// Whether an order that is refused so tells of the merchant's account or its settings: then others are refused as well until
    /// somebody mends it. What may be of one payer, one order or one moment is no such reason (rows E14, C12).
    pub const fn is_about_account(self) -> bool {
        use ChannelCode::*;
        matches!(self, AppMismatch | MerchantMissing | MerchantDisabled | MerchantRestricted | ProviderMismatch | NoAuth | SignError)
    }

    /// Whether an order that is refused so tells of one payer or one order, or of the merchant's account: nobody knows which before
    /// other payers' orders are refused in the same words ([`PAYERS_IN_A_ROW`]).
    pub const fn may_be_about_account(self) -> bool {
        use ChannelCode::*;
        matches!(self, ParamError | OutOfRange | UnknownParameter | InvalidRequest | OpenidMismatch | RuleLimit | TradeError)
    }

    /// Whether the reason may hold for one product of the channel only: JSAPI and Native are opened each by itself, and each is asked
    /// for in words of its own.
    pub const fn is_about_product(self) -> bool {
        matches!(self, ChannelCode::NoAuth) || self.may_be_about_account()
    }

    /// Whether the same call with the same number can succeed later, by itself or once somebody mended the cause. False when
    /// the channel would only say the same again.
    pub const fn may_retry(self) -> bool {
        matches!(
            self,
            ChannelCode::FrequencyLimited
                | ChannelCode::SystemError
                | ChannelCode::BankError
                | ChannelCode::ServiceUnavailable
                | ChannelCode::UserPaying
                | ChannelCode::NotEnough
                | ChannelCode::RuleLimit
                | ChannelCode::SignError
                | ChannelCode::NoAuth
                | ChannelCode::AppMismatch
                | ChannelCode::MerchantMissing
                | ChannelCode::MerchantDisabled
                | ChannelCode::MerchantRestricted
                | ChannelCode::ProviderMismatch
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn both_spellings_and_the_number_are_one_code() {
        use ChannelCode::*;
        let table = [
            ("ORDERNOTEXIST", None, Some(OrderMissing)),
            ("ORDER_NOT_EXIST", None, Some(OrderMissing)),
            ("SYSTEMERROR", None, Some(SystemError)),
            ("SYSTEM_ERROR", None, Some(SystemError)),
            ("NOTENOUGH", None, Some(NotEnough)),
            ("NOT_ENOUGH", None, Some(NotEnough)),
            ("FREQUENCY_LIMITED", None, Some(FrequencyLimited)),
            ("RATELIMIT_EXCEEDED", None, Some(FrequencyLimited)),
            ("OUT_TRADE_NO_USED", None, Some(NumberTaken)),
            ("APPID_MCHID_NOT_MATCH", None, Some(AppMismatch)),
            ("INVALID_REQUEST", Some("08F7C8AC0610-268498688"), Some(NumberTaken)),
            ("INVALID_REQUEST", Some("08F7C8AC0610-268449538"), Some(OrderPaid)),
            ("PARAM_ERROR", Some("08F7C8AC0610-268501013"), Some(OpenidMissing)),
            ("INVALID_REQUEST", Some("08F7C8AC0610-1"), Some(InvalidRequest)),
            ("INVALID_REQUEST", Some("no number"), Some(InvalidRequest)),
            ("NEWS_TO_US", Some("08F7C8AC0610-268512771"), Some(OrderMissing)),
            ("NEWS_TO_US", Some("08F7C8AC0610-1"), None),
            // "Bad parameter" says too little to call a word that we do not know a refusal.
            ("NEWS_TO_US", Some("08F7C8AC0610-268435461"), None),
            ("NOT_ENOUGH", Some("08F7C8AC0610-268435461"), Some(NotEnough)),
            ("RESOURCE_NOT_EXISTS", Some("08F7C8AC0610-268512771"), Some(ResourceMissing)),
            ("NO_AUTH", Some("08F7C8AC0610-268443704"), Some(ProviderMismatch)),
            ("order_not_exist", None, None),
            ("", None, None),
            // Uncertainty is never argued away by a number.
            ("SYSTEM_ERROR", Some("08F7C8AC0610-268512771"), Some(SystemError)),
        ];
        for (word, request_id, expected) in table {
            assert_eq!(ChannelCode::read(word, request_id), expected, "{word} {request_id:?}");
        }
    }

    #[test]
    fn what_may_have_happened_is_never_final() {
        use ChannelCode::*;
        let table = [
            (SystemError, false, true),
            (BankError, false, true),
            (ServiceUnavailable, false, true),
            (FrequencyLimited, false, true),
            (UserPaying, false, true),
            (NumberTaken, false, false),
            (NotEnough, true, true),
            (SignError, true, true),
            (OrderClosed, true, false),
            (OrderPaid, true, false),
            (ParamError, true, false),
        ];
        for (code, is_final, may_retry) in table {
            assert_eq!((code.is_final(), code.may_retry()), (is_final, may_retry), "{code:?}");
        }
    }

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let keys: HashSet<_> = ChannelCode::ALL.iter().map(|code| code.key()).collect();
        assert_eq!(keys.len(), ChannelCode::ALL.len());
        for code in ChannelCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.key());
            assert_eq!(ChannelCode::of_key(code.key()), Some(*code));
        }
        assert_eq!(ChannelCode::of_key("fine"), None);
    }

    #[test]
    fn an_account_is_accused_only_of_what_an_administrator_mends_and_no_payer_causes() {
        use ChannelCode::*;
        let accused: Vec<ChannelCode> = ChannelCode::ALL.iter().copied().filter(|code| code.is_about_account()).collect();
        for code in &accused {
            assert_eq!((code.mender(), code.is_final()), (Mender::Administrator, true), "{code:?}");
        }
        for code in
            [FrequencyLimited, RuleLimit, PayerAbnormal, OpenidMismatch, TradeError, ParamError, OrderPaid, OrderClosed, NumberTaken]
        {
            assert!(!accused.contains(&code), "{code:?}");
        }
    }

    #[test]
    fn what_several_payers_hear_in_a_row_is_nothing_that_passes_nor_how_their_own_order_stands() {
        use ChannelCode::*;
        for code in ChannelCode::ALL.iter().copied().filter(|code| code.may_be_about_account()) {
            assert!(code.is_final() && !code.is_about_account(), "{code:?}");
            assert!(!matches!(code.mender(), Mender::Nobody | Mender::Time), "{code:?}");
        }
        for code in [OrderPaid, OrderClosed, OrderExpired, NumberTaken, FrequencyLimited, PayerAbnormal, OpenidMissing] {
            assert!(!code.may_be_about_account(), "{code:?}");
        }
    }
}
