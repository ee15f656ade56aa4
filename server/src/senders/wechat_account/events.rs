//! What the account tells by itself: who follows it, what became of messages, who agreed to one more.

use domain::digest::Unreached;

use super::sha1;

/// Whether an event was signed with the token that the account's administrator set on both sides.
pub fn is_signed(token: &str, timestamp: &str, nonce: &str, signature: &str) -> bool {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    let expected = sha1(&parts.concat());
    bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), signature.as_bytes()))
}

/// What the account tells by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// Somebody follows the account now.
    Followed {
        /// Who.
        openid: String,
    },
    /// Somebody does not follow it any more.
    Unfollowed {
        /// Who.
        openid: String,
    },
    /// What became of a message that was taken.
    Finished {
        /// To whom.
        openid: String,
        /// WeChat's number of it.
        msgid: i64,
        /// Why it did not arrive; `None` when it did.
        lost: Option<Unreached>,
    },
    /// Somebody was asked for consent and answered.
    Asked {
        /// Who.
        openid: String,
        /// When, in seconds; an event that is told again carries the same.
        at_s: i64,
        /// For each template whether they agreed to one more message.
        answers: Vec<(String, bool)>,
    },
    /// Something that nothing here waits for.
    Other,
}

impl AccountEvent {
    /// Reads the account's XML. What is not an event of the kinds above is [`AccountEvent::Other`].
    pub fn read(xml: &str) -> AccountEvent {
        let openid = field(xml, "FromUserName").unwrap_or_default().to_owned();
        let lost = |status: &str| match status {
            "success" => None,
            status if status.contains("block") => Some(Unreached::Refused),
            _ => Some(Unreached::Unavailable),
        };
        match field(xml, "Event").unwrap_or_default() {
            _ if openid.is_empty() => AccountEvent::Other,
            "subscribe" => AccountEvent::Followed { openid },
            "unsubscribe" => AccountEvent::Unfollowed { openid },
            "TEMPLATESENDJOBFINISH" => match field(xml, "MsgID").and_then(|id| id.parse().ok()) {
                Some(msgid) => AccountEvent::Finished { openid, msgid, lost: lost(field(xml, "Status").unwrap_or_default()) },
                None => AccountEvent::Other,
            },
            "subscribe_msg_popup_event" => {
                let answer = |list: &str| {
                    let (template, said) = (field(list, "TemplateId")?, field(list, "SubscribeStatusString")?);
                    Some((template.to_owned(), said == "accept"))
                };
                let at_s = field(xml, "CreateTime").and_then(|text| text.parse().ok()).unwrap_or_default();
                AccountEvent::Asked { openid, at_s, answers: xml.split("<List>").skip(1).filter_map(answer).collect() }
            }
            _ => AccountEvent::Other,
        }
    }
}

/// The text of an element, without its CDATA mark. Events are flat, so the first one is the one.
fn field<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.trim();
    Some(text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_believed_by_its_signature() {
        let right = sha1("1795233600nonce1token");
        for (token, nonce, signature, expected) in [
            ("token", "nonce1", right.as_str(), true),
            ("other", "nonce1", &right, false),
            ("token", "nonce2", &right, false),
            ("token", "nonce1", "", false),
        ] {
            assert_eq!(is_signed(token, "1795233600", nonce, signature), expected, "{token} {nonce}");
        }
    }

    #[test]
    fn events_are_read_from_their_xml() {
        let xml = |event: &str, more: &str| {
            format!(
                "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>1</CreateTime>\
                 <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{more}</xml>"
            )
        };
        let finished =
            |status: &str| xml("TEMPLATESENDJOBFINISH", &format!("<MsgID>200163836</MsgID><Status><![CDATA[{status}]]></Status>"));
        let ended = |lost| AccountEvent::Finished { openid: "oA".into(), msgid: 200_163_836, lost };
        let table = [
            (xml("subscribe", ""), AccountEvent::Followed { openid: "oA".into() }),
            (xml("unsubscribe", ""), AccountEvent::Unfollowed { openid: "oA".into() }),
            (
                xml(
                    "subscribe_msg_popup_event",
                    "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[t1]]></TemplateId>\
                     <SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>1</PopupScene></List>\
                     <List><TemplateId><![CDATA[t2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>\
                     <PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent>",
                ),
                AccountEvent::Asked { openid: "oA".into(), at_s: 1, answers: vec![("t1".into(), true), ("t2".into(), false)] },
            ),
            (finished("success"), ended(None)),
            (finished("failed:user block"), ended(Some(Unreached::Refused))),
            (finished("failed: system failed"), ended(Some(Unreached::Unavailable))),
            (xml("CLICK", ""), AccountEvent::Other),
            (xml("TEMPLATESENDJOBFINISH", ""), AccountEvent::Other),
            ("<xml><Event>subscribe</Event></xml>".to_owned(), AccountEvent::Other),
            (String::new(), AccountEvent::Other),
        ];
        for (given, expected) in table {
            assert_eq!(AccountEvent::read(&given), expected, "{given}");
        }
    }
}
