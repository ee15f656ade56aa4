//! What an error means that a card terminal, an app or a log shows: what happened, who mends it, whether to try again (row I16).
//!
//! Whoever asks has read it from a small screen: a code, a few of the words behind it, or both, in any spelling. Sentences for
//! people live in the message files under [`Entry::key`].

mod catalogue;

use catalogue::ENTRIES;

use crate::channel_code::{ChannelCode, Mender};

/// Where an error is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// On a terminal that reads cards.
    CardTerminal,
    /// By Alipay.
    Alipay,
    /// By WeChat Pay.
    WeChatPay,
    /// By whoever collects for the merchant: its interface, its platform, its letters.
    Acquirer,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Again {
    /// At once: nothing was charged.
    Yes,
    /// Only after seeing that the first try was not paid.
    Checked,
    /// Once somebody mended the cause.
    Mended,
    /// Never: it was paid, or it will be refused again.
    No,
}

/// An error that is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name under which message files hold its sentences.
    pub key: &'static str,
    /// Where it is shown.
    pub source: Source,
    /// The codes that it bears, in capitals.
    pub codes: &'static [&'static str],
    /// What stands beside the code, or alone: enough of it to be told from others.
    pub words: &'static [&'static str],
    /// Who can do something about it.
    pub mender: Mender,
    /// Whether to try again.
    pub again: Again,
}

impl Entry {
    /// Every error that is known besides [`ChannelCode`].
    pub const ALL: &'static [Entry] = ENTRIES;

    /// How well it fits what was read, and what of it was read; `None` when it does not fit.
    fn fit(&self, said: &Said) -> Option<(Fit, String)> {
        let longest = |read: Vec<String>| read.into_iter().max_by_key(|read| read.chars().count());
        let words = || self.words.iter().map(|words| folded(words));
        let worded = longest(words().filter(|words| said.folded.contains(words)).collect());
        let coded = longest(self.codes.iter().filter(|code| said.holds(code)).map(|code| (*code).to_owned()).collect());
        match (worded, coded) {
            (Some(words), Some(_)) => Some((Fit::Both, words)),
            (_, Some(code)) if code.len() > MOST_SHARED_CHARS => Some((Fit::Name, code)),
            (Some(words), None) => Some((Fit::Words, words)),
            (None, Some(code)) => Some((Fit::Code, code)),
            (None, None) => (said.is_worded() && words().any(|words| words.contains(&said.folded))).then(|| (Fit::Part, String::new())),
        }
    }
}

/// Codes of so few characters are shared by many meanings; a longer one names its own.
const MOST_SHARED_CHARS: usize = 3;

/// How well something fits, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// A part of its words was read.
    Part,
    /// Its code was read, which others may share.
    Code,
    /// Its words were read.
    Words,
    /// Its code was read, and it is the only one that bears it.
    Name,
    /// Code and words were read.
    Both,
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explanation {
    /// WeChat Pay's word, or the number at the end of its `Request-ID`.
    Channel(ChannelCode),
    /// One of the catalogue.
    Entry(&'static Entry),
}

impl Explanation {
    /// Where it is shown.
    pub const fn source(self) -> Source {
        match self {
            Explanation::Channel(_) => Source::WeChatPay,
            Explanation::Entry(entry) => entry.source,
        }
    }

    /// Who can do something about it.
    pub const fn mender(self) -> Mender {
        match self {
            Explanation::Channel(code) => code.mender(),
            Explanation::Entry(entry) => entry.mender,
        }
    }

    /// Whether to try again.
    pub const fn again(self) -> Again {
        let code = match self {
            Explanation::Entry(entry) => return entry.again,
            Explanation::Channel(code) => code,
        };
        match code.mender() {
            _ if !code.is_final() => Again::Checked,
            Mender::Administrator => Again::Mended,
            // With another account or card, or on another day.
            Mender::Payer if matches!(code, ChannelCode::PayerAbnormal | ChannelCode::RuleLimit | ChannelCode::TradeError) => Again::Mended,
            Mender::Payer => Again::Yes,
            Mender::Nobody | Mender::Time => match code {
                ChannelCode::OrderMissing | ChannelCode::ResourceMissing => Again::Checked,
                _ => Again::No,
            },
        }
    }
}

/// What `said` may mean: those that fit best, the likeliest first. Several where one code has several meanings and the words that
/// tell them apart were not read; none where nothing is known.
pub fn explain(said: &str) -> Vec<Explanation> {
    let said = Said::read(said);
    let channel = said.channel_code().map(|code| (Fit::Name, String::new(), Explanation::Channel(code)));
    let entries = ENTRIES.iter().filter_map(|entry| entry.fit(&said).map(|(fit, read)| (fit, read, Explanation::Entry(entry))));
    let mut found: Vec<_> = channel.into_iter().chain(entries).collect();
    let best = found.iter().map(|(fit, ..)| *fit).max();
    found.retain(|(fit, ..)| Some(*fit) == best);
    let read: Vec<String> = found.iter().map(|(_, read, _)| read.clone()).collect();
    // "密码错" says nothing of its own within "密码错误次数超限".
    found.retain(|(_, own, _)| own.is_empty() || !read.iter().any(|other| other != own && other.contains(own)));
    found.sort_by_key(|(_, read, _)| std::cmp::Reverse(read.chars().count()));
    found.into_iter().map(|(.., explanation)| explanation).collect()
}

/// What was read from a screen.
struct Said {
    /// Its codes: what stands together in letters, figures, `_`, `.` and `-`, in capitals.
    codes: Vec<String>,
    /// All of it, without what writers leave out.
    folded: String,
}

impl Said {
    fn read(said: &str) -> Said {
        let read: Vec<char> = said.chars().map(capital).collect();
        let is_part = |at: &usize| read.get(*at).is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        let places: Vec<usize> = (0..read.len()).filter(is_part).collect();
        let runs = places.chunk_by(|left, right| left + 1 == *right);
        let codes = runs.filter(|run| !is_quantity(&read, run[0], run[run.len() - 1]));
        let codes = codes.map(|run| run.iter().map(|at| read[*at]).collect::<String>());
        let codes = codes.map(|code| code.trim_matches(['.', '-']).to_owned()).filter(|code| !code.is_empty());
        Said { codes: codes.collect(), folded: folded(said) }
    }

    /// Whether `code` was read, with or without the name of Alipay's part that says it.
    fn holds(&self, code: &str) -> bool {
        let bare = |read: &str| read.trim_start_matches("AOP.").strip_prefix("ACQ.") == Some(code);
        self.codes.iter().any(|read| read == code || read.strip_prefix("AOP.") == Some(code) || bare(read))
    }

    /// Whether there are words in it, and not figures alone: those stand in many sentences.
    fn is_worded(&self) -> bool {
        self.folded.chars().count() >= 2 && !self.folded.chars().all(|c| c.is_ascii_digit())
    }

    /// WeChat Pay's code: its word, its number, or both.
    fn channel_code(&self) -> Option<ChannelCode> {
        let numbered = self.codes.iter().find_map(|code| {
            let number = code.rsplit('-').next()?.parse().ok()?;
            ChannelCode::of_number(number).map(|code| (number, code))
        });
        let request_id = numbered.map(|(number, _)| format!("-{number}"));
        let worded = self.codes.iter().find_map(|word| ChannelCode::of_word(word).and(ChannelCode::read(word, request_id.as_deref())));
        worded.or(numbered.map(|(_, code)| code))
    }
}

/// Whether what stands from `first` to `last` is a sum or a part of a time of day, and no code.
fn is_quantity(read: &[char], first: usize, last: usize) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| read.get(place)).copied().unwrap_or(' ');
    let (before, after) = (at(first.checked_sub(1)), at(Some(last + 1)));
    let is_clock = |colon: char, beyond: char| colon == ':' && beyond.is_ascii_digit();
    matches!(before, '¥' | '￥') || after == '元' || is_clock(before, at(first.checked_sub(2))) || is_clock(after, at(Some(last + 2)))
}

/// In capitals, and of ordinary width: Chinese keyboards write `６１` and `（`.
fn capital(c: char) -> char {
    let ordinary = match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    ordinary.to_ascii_uppercase()
}

/// Letters, figures and Chinese words alone.
fn folded(said: &str) -> String {
    said.chars().map(capital).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys(said: &str) -> Vec<&'static str> {
        let key = |found: &Explanation| match found {
            Explanation::Channel(code) => code.key(),
            Explanation::Entry(entry) => entry.key,
        };
        explain(said).iter().map(key).collect()
    }

    #[test]
    fn every_error_that_merchants_asked_about_is_explained() {
        // The errors among the questions of seed 001, by their number there, as a screen shows them.
        let table = [
            ("1.1", "不允许提交商户821123456的请求", "no_sharing"),
            ("2.1", "61", "pos_61"),
            ("2.1", "61响应码，交易金额超限", "pos_61"),
            ("2.2", "报备失败参数有误，响应码95", "pos_95_category"),
            ("2.3", "金额超限", "pos_61"),
            ("2.3", "请持卡人与发卡行联系", "pos_01"),
            ("2.5", "03无效商户", "pos_03"),
            ("2.5", "挥卡报03", "pos_03_contactless"),
            ("2.7", "96:该商户不允许交易", "pos_96_merchant"),
            ("2.9", "95 此商户不支持双免", "pos_95_contactless"),
            ("2.10", "95 英文名不能为空", "pos_95_english"),
            ("2.11", "93 终端不符合规范,请联系收单机", "pos_93"),
            ("2.12", "没有原交易,请联系发卡方", "pos_25"),
            ("3.1", "[95]请求商户异常,返回为空,商户号:821", "pos_95_order_silent"),
            ("3.2", "[95]验签失败", "pos_95_signature"),
            ("3.3", "[95]非法订单号", "pos_95_order"),
            ("3.3", "[95]3000001", "pos_95_order"),
            ("3.3", "[95]3000002", "pos_95_order"),
            ("3.3", "[95]系统故障", "pos_95_order"),
            ("3.4", "97终端未登记", "pos_97"),
            ("3.5", "交易失败,请确认商户信息是否报备,查询失败", "pos_order_query"),
            ("3.6", "商户返回商户号不一致", "pos_merchant_differs"),
            ("3.7", "无法获取对接参数", "pos_no_parameters"),
            ("4.3", "认证主体与商户名称不一致", "wechat_subject_differs"),
            ("4.4", "商户不是申请单联系人", "wechat_not_contact"),
            ("4.6", "95商户未确认开户意愿", "pos_95_unwilling"),
            ("4.18", "商户性质不对,修改主体类型", "wechat_wrong_kind"),
            ("4.21", "没有找到微信支付子商户号", "wechat_no_sub_merchant"),
            ("4.22", "不允许进行的交易", "not_signed"),
            ("4.24", "subappid账号类型不支持,请修改后重试", "wechat_subappid_type"),
            ("4.25", "该类型Appid暂不支持在API中提交关联", "wechat_appid_api"),
            ("5.1", "该公司因违规,暂不能接入微信支付", "wechat_banned"),
            ("5.2", "商户收款存在异常,请中断本次操作", "alipay_seller_risk"),
            ("5.3", "该笔交易异常,请稍后重试", "trade_abnormal"),
            ("5.4", "TRADE_CLOSED", "alipay_closed"),
            ("5.6", "未开通产品或产品状态不在可用范围", "not_enabled"),
            ("5.7", "商户报备失败参数有误输入参数非法,异常参数[\"addres", "no_address"),
            ("5.8", "客服电话不能为空", "no_service_phone"),
            ("5.10", "缺少必要字段 sub_appid", "wechat_sub_appid"),
            ("5.11", "涉及协议保护", "wechat_protected"),
            ("5.26", "支付订单不存在", "wechat_shipping_order"),
            ("5.27", "商户对接权限已冻结", "frozen"),
            ("5.28", "协议不存在", "no_agreement"),
            ("5.29", "此交易不允许进行退货处理", "no_refunds"),
            ("5.30", "未开通此产品或产品状态不在可用范围内", "not_enabled"),
            ("5.31", "sign验证失败", "signature"),
            ("5.32", "海外版的支付宝无法受理", "alipay_overseas"),
            ("7.2", "对账报表导出失败,对账单还在生成中", "statement_pending"),
            ("7.4", "提现受理失败,原因:输入的信息存在风险", "withdrawal_risk"),
            ("8.3", "您输入的信息经测算存在金融风险", "merchant_risk"),
            ("8.3", "您输入的信息经测算判断为高危商户", "merchant_risk"),
            ("8.4", "三要素验证不通过", "three_elements"),
            ("8.7", "api角色权限不足", "no_sharing"),
            ("8.8", "该商户法人证件号已入网等于或超过3个", "too_many_merchants"),
            ("8.10", "合作机构未开通代码为W01的产品", "not_enabled"),
            ("9.12", "登录密码输入错误5次", "locked_out"),
        ];
        for (question, said, expected) in table {
            assert_eq!(keys(said).first(), Some(&expected), "{question}: {said} gives {:?}", keys(said));
        }
    }

    #[test]
    fn a_code_is_found_in_every_spelling() {
        let table = [
            ("ACQ.TRADE_HAS_SUCCESS", &["alipay_paid"][..]),
            ("sub_code=ACQ.BUYER_BALANCE_NOT_ENOUGH&", &["alipay_balance"]),
            ("isv.invalid-signature", &["alipay_signature"]),
            ("acq.system_error", &["alipay_system"]),
            ("aop.ACQ.SYSTEM_ERROR", &["alipay_system"]),
            ("aop.unknow-error", &["alipay_system"]),
            // A code of its own says more than words that others use too.
            ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL 退款金额超限", &["alipay_refund_amount"]),
            ("ACQ.BUYER_BALANCE_NOT_ENOUGH 买家余额不足", &["alipay_balance"]),
            ("isv.invalid-signature 验签失败", &["alipay_signature"]),
            ("NOTENOUGH 基本账户余额不足，请充值", &["not_enough"]),
            ("BEYOND_PAY_RESTRICTION", &["alipay_seller_limit"]),
            ("TRADE_BUYER_NOT_MATCH", &["alipay_buyer_differs"]),
            // WeChat Pay has that word without Alipay's prefix.
            ("SYSTEM_ERROR", &["system_error"]),
            ("６１", &["pos_61"]),
            ("POS 55", &["pos_55"]),
            ("08F7C8AC0610-268512771", &["order_missing"]),
            ("Request-ID: 08F7C8AC0610DC-268512771", &["order_missing"]),
            ("268512771", &["order_missing"]),
            ("INVALID_REQUEST 08F7C8AC0610-268498688", &["number_taken"]),
            ("INVALID_REQUEST", &["invalid_request"]),
            ("NOTENOUGH", &["not_enough"]),
            // Words decide where a code says little, and either alone is enough.
            ("96 系统故障", &["pos_96"]),
            ("03", &["pos_03", "pos_03_contactless"]),
            ("双免", &["pos_03_contactless"]),
            ("密码错误次数超限", &["pos_38"]),
            ("卖家余额不足", &["alipay_refund_balance"]),
            ("退款金额超限", &["alipay_refund_amount"]),
            ("基本账户余额不足，请充值", &["wechat_balance"]),
            ("PIN格式错误", &["pos_99"]),
            ("支付验证签名失败", &["wechat_pay_sign"]),
            ("订单不存在", &["wechat_order_missing"]),
            ("支付订单不存在", &["wechat_shipping_order"]),
            ("没有原始交易，请联系发卡方", &["pos_25"]),
            ("协议保护", &["wechat_protected"]),
            ("未确认开户", &["pos_95_unwilling"]),
            ("Z9", &[]),
            ("什么都不是", &[]),
            ("7", &[]),
            // Neither a sum nor a time is a code.
            ("61.00", &[]),
            ("金额61元", &[]),
            ("¥51", &[]),
            ("10:03:05", &[]),
            ("96:", &["pos_96", "pos_96_merchant"]),
            ("", &[]),
            ("  ,。", &[]),
        ];
        for (said, expected) in table {
            assert_eq!(keys(said), expected, "{said}");
        }
    }

    #[test]
    fn a_code_with_many_meanings_shows_all_of_them_the_general_one_first() {
        let found = keys("95");
        assert_eq!(found.first(), Some(&"pos_95"));
        assert!(found.len() > 6 && found.iter().all(|key| key.starts_with("pos_95")), "{found:?}");
    }

    #[test]
    fn every_entry_has_a_name_of_its_own_and_is_found_by_all_that_it_bears() {
        let names: HashSet<_> = Entry::ALL.iter().map(|entry| entry.key).collect();
        assert_eq!(names.len(), Entry::ALL.len());
        for entry in Entry::ALL {
            assert!(!entry.codes.is_empty() || !entry.words.is_empty(), "{}", entry.key);
            for said in entry.codes.iter().chain(entry.words) {
                assert!(keys(said).contains(&entry.key), "{}: {said} gives {:?}", entry.key, keys(said));
            }
            assert!(entry.codes.iter().all(|code| *code == code.to_ascii_uppercase()), "{}", entry.key);
        }
    }

    #[test]
    fn nobody_is_invited_to_collect_again_what_may_be_paid() {
        let table = [
            ("68", Again::Checked),
            ("96", Again::Checked),
            ("SYSTEM_ERROR", Again::Checked),
            ("ORDERPAID", Again::No),
            ("ORDER_NOT_EXIST", Again::Checked),
            ("TRADE_HAS_SUCCESS", Again::No),
            ("51", Again::Yes),
            ("A0", Again::Checked),
            ("RULE_LIMIT", Again::Mended),
            ("SIGN_ERROR", Again::Mended),
            ("ORDERCLOSED", Again::Yes),
        ];
        for (said, expected) in table {
            assert_eq!(explain(said).first().map(|found| found.again()), Some(expected), "{said}");
        }
    }
}
