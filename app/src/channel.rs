//! What a payment channel's code means to the person who meets it: what happened, whether they may try again, who mends it.
//!
//! The sentences are tables in the message files (`channel_payer`, `channel_manager`, `channel_administrator`), one line for
//! each [`ChannelCode::key`]. They are looked up by the code, so they need no generated accessors; the browser gets only the
//! manager's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::ChannelCode;

use crate::Locale;

/// Who reads the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Whoever pays: plain words, no codes.
    #[cfg(feature = "ssr")]
    Payer,
    /// Whoever collects.
    Manager,
    /// Whoever looks after settings, keys, contracts and balance at the channel.
    #[cfg(feature = "ssr")]
    Administrator,
}

type Table = LazyLock<BTreeMap<String, String>>;

macro_rules! tables {
    ($($(#[$cfg:meta])? $name:ident = $file:literal;)*) => {$(
        $(#[$cfg])?
        // A table that cannot be read has no sentences, which a test would see.
        static $name: Table = LazyLock::new(|| serde_json::from_slice(include_bytes!(concat!("../locales/", $file))).unwrap_or_default());
    )*};
}

tables! {
    MANAGER_ZH = "zh/channel_manager.json";
    MANAGER_EN = "en/channel_manager.json";
    #[cfg(feature = "ssr")] PAYER_ZH = "zh/channel_payer.json";
    #[cfg(feature = "ssr")] PAYER_EN = "en/channel_payer.json";
    #[cfg(feature = "ssr")] ADMINISTRATOR_ZH = "zh/channel_administrator.json";
    #[cfg(feature = "ssr")] ADMINISTRATOR_EN = "en/channel_administrator.json";
}

/// The sentence of `code` for `listener`.
pub fn sentence(locale: Locale, code: ChannelCode, listener: Listener) -> &'static str {
    let table: &'static Table = match (listener, locale) {
        (Listener::Manager, Locale::zh) => &MANAGER_ZH,
        (Listener::Manager, Locale::en) => &MANAGER_EN,
        #[cfg(feature = "ssr")]
        (Listener::Payer, Locale::zh) => &PAYER_ZH,
        #[cfg(feature = "ssr")]
        (Listener::Payer, Locale::en) => &PAYER_EN,
        #[cfg(feature = "ssr")]
        (Listener::Administrator, Locale::zh) => &ADMINISTRATOR_ZH,
        #[cfg(feature = "ssr")]
        (Listener::Administrator, Locale::en) => &ADMINISTRATOR_EN,
    };
    table.get(code.key()).map_or("", String::as_str)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::channel_code::Mender;

    use super::*;

    const TABLES: [(&str, &Table); 6] = [
        ("zh payer", &PAYER_ZH),
        ("en payer", &PAYER_EN),
        ("zh manager", &MANAGER_ZH),
        ("en manager", &MANAGER_EN),
        ("zh administrator", &ADMINISTRATOR_ZH),
        ("en administrator", &ADMINISTRATOR_EN),
    ];

    #[test]
    fn every_code_has_a_sentence_for_everybody_in_both_languages_and_no_sentence_is_idle() {
        let codes: Vec<_> = ChannelCode::ALL.iter().map(|code| code.key()).collect();
        for (name, table) in TABLES {
            let missing: Vec<_> = codes.iter().filter(|key| table.get(**key).is_none_or(|text| text.trim().is_empty())).collect();
            assert!(missing.is_empty(), "{name} lacks {missing:?}");
            let idle: Vec<_> = table.keys().filter(|key| !codes.contains(&key.as_str())).collect();
            assert!(idle.is_empty(), "{name} has sentences for no code: {idle:?}");
        }
    }

    #[test]
    fn a_payer_and_a_manager_read_no_codes() {
        let is_code = |word: &str| {
            let is_shouted = word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            word.contains('_') || is_shouted || word.chars().filter(char::is_ascii_digit).count() > 3
        };
        for (name, table) in TABLES.iter().filter(|(name, _)| !name.ends_with("administrator")) {
            for (key, text) in table.iter() {
                let found: Vec<_> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| is_code(word)).collect();
                assert!(found.is_empty(), "{name} {key}: {found:?}");
                assert!(!text.to_lowercase().contains("openid") && !text.contains('{'), "{name} {key}: {text}");
            }
        }
    }

    #[test]
    fn a_payer_is_told_whether_money_moved_and_never_invited_to_pay_what_may_be_paid() {
        for code in ChannelCode::ALL {
            let [zh, en] = [Locale::zh, Locale::en].map(|locale| sentence(locale, *code, Listener::Payer));
            let is_open = !code.is_final() || matches!(code, ChannelCode::OrderPaid | ChannelCode::CannotClose);
            let warns = zh.contains("不要重复付款") && (en.contains("not pay again") || en.contains("not pay twice"));
            let clears = zh.contains("没有扣款") && (en.contains("nothing was charged") || en.contains("nothing has been charged"));
            match code {
                // The payer meets these while money goes back, or while nothing was begun.
                ChannelCode::NotEnough | ChannelCode::ResourceMissing | ChannelCode::FrequencyLimited => {}
                _ => assert_eq!((warns, clears), (is_open, !is_open), "{code:?}: {zh} / {en}"),
            }
        }
    }

    #[test]
    fn who_mends_it_is_named() {
        for code in ChannelCode::ALL.iter().filter(|code| code.mender() == Mender::Administrator) {
            let [zh, en] = [Locale::zh, Locale::en].map(|locale| sentence(locale, *code, Listener::Manager));
            let waits = *code == ChannelCode::NumberTaken;
            assert!(waits || (zh.contains("管理员") && en.contains("administrator")), "{code:?}: {zh} / {en}");
        }
    }
}
