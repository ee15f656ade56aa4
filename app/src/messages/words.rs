//! What a message says. An account's template has fields of certain kinds; which part of the news stands in which of them is a
//! setting, because every account chooses its template itself.

use domain::Millis;
use domain::digest::News;
use domain::refund::RefundCause;

use crate::Locale;
use crate::i18n::*;
use crate::ui::{fill, yuan};

/// What may stand in a field of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What happened: 收款 3 笔.
    What,
    /// How much in all.
    Sum,
    /// How many sales.
    Count,
    /// The largest sale and who paid it, or what names the payment.
    Largest,
    /// Refunds since the last message, or what to do.
    Refunds,
    /// When the first of it happened.
    Since,
    /// When the last of it happened.
    Until,
}

impl Part {
    /// Every part with the word that names it in the settings.
    pub const ALL: [(&'static str, Part); 7] = [
        ("what", Part::What),
        ("sum", Part::Sum),
        ("count", Part::Count),
        ("largest", Part::Largest),
        ("refunds", Part::Refunds),
        ("since", Part::Since),
        ("until", Part::Until),
    ];

    /// The part that a setting names.
    pub fn of_word(word: &str) -> Option<Part> {
        Part::ALL.iter().find(|(known, _)| *known == word).map(|(_, part)| *part)
    }
}

/// The words of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    what: String,
    sum: String,
    count: String,
    largest: String,
    refunds: String,
    since: String,
    until: String,
}

impl Words {
    /// The words for `news` that was written down at `at`; `who` is what the payer of a digest's largest sale filled in, or nothing.
    /// The same news has the same words whenever it is asked.
    pub fn of(locale: Locale, news: &News, who: &str, at: Millis) -> Words {
        let one = |what: &'static str, amount: domain::Fen, largest: String, refunds: &'static str| Words {
            what: what.to_owned(),
            sum: format!("¥{}", amount.yuan()),
            count: "1".to_owned(),
            largest,
            refunds: refunds.to_owned(),
            since: at.text(),
            until: at.text(),
        };
        let tail = |payment: domain::PaymentId| fill(td_string!(locale, messages.tail), &[("tail", &payment.tail())]);
        let ours = td_string!(locale, messages.nothing_to_do);
        let yours = td_string!(locale, messages.see_concerns);
        match news {
            News::Digest(digest) => {
                let count = digest.count;
                let what = match count {
                    1 => td_string!(locale, messages.one_sale).to_owned(),
                    _ => fill(td_string!(locale, messages.sales), &[("count", &count)]),
                };
                let refunds = match digest.refunded_count {
                    0 => td_string!(locale, messages.no_refunds).to_owned(),
                    count => fill(td_string!(locale, messages.refunds), &[("count", &count), ("amount", &yuan(digest.refunded_fen))]),
                };
                Words {
                    what,
                    sum: format!("¥{}", digest.sum_fen.yuan()),
                    count: count.to_string(),
                    largest: match (count, who) {
                        (1, who) if !who.is_empty() => who.to_owned(),
                        _ => fill(td_string!(locale, messages.largest), &[("amount", &yuan(digest.largest_fen)), ("who", &who)])
                            .trim_end()
                            .to_owned(),
                    },
                    refunds,
                    since: digest.from_ms.unwrap_or(at).text(),
                    until: digest.until_ms.unwrap_or(at).text(),
                }
            }
            News::Refunded { payment, amount_fen } => one(td_string!(locale, messages.refunded), *amount_fen, tail(*payment), ours),
            News::Returning { payment, amount_fen, cause } => {
                let what = match cause {
                    RefundCause::PaidAfterClose => td_string!(locale, messages.returning_late),
                    _ => td_string!(locale, messages.returning_twice),
                };
                one(what, *amount_fen, tail(*payment), ours)
            }
            News::WrongAmount { payment, asked_fen, received_fen } => {
                let mut words = one(td_string!(locale, messages.wrong_amount), *received_fen, tail(*payment), yours);
                words.refunds = fill(td_string!(locale, messages.asked), &[("amount", &yuan(*asked_fen))]);
                words
            }
            News::RefundStuck { payment, amount_fen, given_up } => {
                let what = if *given_up { td_string!(locale, messages.refund_failed) } else { td_string!(locale, messages.refund_stuck) };
                one(what, *amount_fen, tail(*payment), yours)
            }
            News::Test => {
                let mut words =
                    one(td_string!(locale, messages.test), domain::Fen::ZERO, td_string!(locale, messages.test_works).to_owned(), ours);
                words.count = "0".to_owned();
                words
            }
        }
    }

    /// A part as it fits into the field `name`: a `thing` takes twenty characters (wechat-pay 2.11).
    pub fn fitting(&self, part: Part, name: &str) -> String {
        const MOST_CHARS: usize = 20;
        let text = match part {
            Part::What => &self.what,
            Part::Sum => &self.sum,
            Part::Count => &self.count,
            Part::Largest => &self.largest,
            Part::Refunds => &self.refunds,
            Part::Since => &self.since,
            Part::Until => &self.until,
        };
        if !name.starts_with("thing") || text.chars().count() <= MOST_CHARS {
            return text.clone();
        }
        let short: String = text.chars().take(MOST_CHARS - 1).collect();
        format!("{}…", short.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use domain::digest::Digest;
    use domain::{Fen, PaymentId};
    use uuid::Uuid;

    use super::*;

    const NOON: Millis = Millis::of(1_795_233_600_000);

    #[test]
    fn a_digest_tells_count_sum_largest_and_refunds() {
        let mut digest = Digest::default();
        digest.add_sale(payment(1), Fen::of(123_456), NOON);
        digest.add_sale(payment(2), Fen::of(100), NOON.plus_ms(60_000));
        let plain = Words::of(Locale::zh, &News::Digest(digest), "", NOON);
        assert_eq!((plain.what.as_str(), plain.sum.as_str(), plain.largest.as_str()), ("收款 2 笔", "¥1235.56", "最大一笔 ¥1,234.56"));
        assert_eq!(
            (plain.refunds.as_str(), plain.since.as_str(), plain.until.as_str()),
            ("没有退款", "2026-11-21 12:00:00", "2026-11-21 12:01:00")
        );
        digest.add_refund(Fen::of(100), NOON);
        assert_eq!(Words::of(Locale::zh, &News::Digest(digest), "", NOON).refunds, "退款 1 笔，共 ¥1.00");
        assert_eq!(Words::of(Locale::en, &News::Digest(digest), "", NOON).what, "2 payments");
    }

    fn payment(number: u128) -> PaymentId {
        PaymentId::of(Uuid::from_u128(number))
    }

    #[test]
    fn a_digest_says_who_paid_the_largest_and_of_one_sale_nothing_twice() {
        let mut digest = Digest::default();
        digest.add_sale(payment(1), Fen::of(1_250), NOON);
        let largest = |digest: Digest, who: &str| Words::of(Locale::zh, &News::Digest(digest), who, NOON).largest;
        assert_eq!(largest(digest, "张三 三年二班"), "张三 三年二班");
        assert_eq!(largest(digest, ""), "最大一笔 ¥12.50", "a code that asks nothing");
        digest.add_sale(payment(2), Fen::of(100), NOON);
        assert_eq!((digest.largest, largest(digest, "张三 三年二班")), (Some(payment(1)), "最大一笔 ¥12.50 张三 三年二班".to_owned()));
    }

    #[test]
    fn no_part_of_any_news_is_empty_or_too_long_for_its_field() {
        let payment = PaymentId::of(Uuid::max());
        let amount_fen = Fen::of(999_999_999);
        let mut digest = Digest::default();
        for _ in 0..9_999 {
            digest.add_sale(payment, amount_fen, NOON);
            digest.add_refund(amount_fen, NOON);
        }
        let all = [
            News::Digest(digest),
            News::Digest(Digest::default()),
            News::Refunded { payment, amount_fen },
            News::Returning { payment, amount_fen, cause: RefundCause::PaidTwice },
            News::Returning { payment, amount_fen, cause: RefundCause::PaidAfterClose },
            News::WrongAmount { payment, asked_fen: amount_fen, received_fen: amount_fen },
            News::RefundStuck { payment, amount_fen, given_up: false },
            News::RefundStuck { payment, amount_fen, given_up: true },
            News::Test,
        ];
        for news in all {
            for locale in [Locale::zh, Locale::en] {
                for ((word, part), who) in
                    Part::ALL.into_iter().flat_map(|part| ["", "欧阳娜娜 三年二班 2026 年秋季学费和书本费"].map(|who| (part, who)))
                {
                    let text = Words::of(locale, &news, who, NOON).fitting(part, "thing1");
                    assert!((1..=20).contains(&text.chars().count()), "{word} of {news:?}: {text:?}");
                }
            }
        }
    }
}
