//! What a mail in the return mailbox says about a letter of ours: delivery status notifications (RFC 3464) in a `multipart/report`
//! (RFC 6522), with the returned mail or its head behind.
//!
//! Only what stands in the report's own parts counts: whoever forwards one, answers one or writes one by hand says nothing. Some mail
//! servers call the whole `multipart/mixed`; the parts tell.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use uuid::Uuid;

use crate::senders::mail::letter_of;

/// Longest diagnosis that is kept, in characters.
const MOST_WORDS: usize = 300;

/// Longest address that is compared, in bytes (RFC 5321, 4.5.3.1.3).
const MOST_ADDRESS: usize = 254;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A letter could not be delivered, for good.
    Failed(Failure),
    /// A letter of ours is late, or arrived: nothing is decided.
    NotFinal,
    /// A report about a mail that is no letter of ours.
    NotOurs,
    /// No report at all: a person or a program writes.
    NoReport,
}

/// A letter that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The letter, by the identity of the returned mail.
    pub letter: Uuid,
    /// To whom it could not be delivered.
    pub recipients: Vec<FailedRecipient>,
}

/// Somebody to whom a letter could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRecipient {
    /// Where it went at last, in small letters; empty when the report does not say.
    pub last: String,
    /// Where it was sent, where the report says so, in small letters.
    pub original: Option<String>,
    /// Such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// What the mail server said in its own words.
    pub words: String,
}

impl Failure {
    /// What became of the letter at this address; `None` when the report tells of others only.
    pub fn at(&self, address: &str) -> Option<&FailedRecipient> {
        let is_it = |text: &str| text.eq_ignore_ascii_case(address);
        self.recipients.iter().find(|one| is_it(&one.last) || one.original.as_deref().is_some_and(is_it))
    }
}

impl FailedRecipient {
    /// Status and words in a line of at most [`MOST_WORDS`] characters.
    pub fn reason(&self) -> String {
        let status = self.status.as_deref().filter(|status| !self.words.contains(status)).unwrap_or_default();
        format!("{status} {}", self.words).trim().chars().take(MOST_WORDS).collect()
    }
}

/// Reads a mail, of which the end may be missing. `id_host` is the host in the identities of our letters.
pub fn read(raw: &[u8], id_host: &str) -> Report {
    let closed = closed(raw);
    let Some(mail) = MessageParser::default().parse(closed.as_deref().unwrap_or(raw)) else { return Report::NoReport };
    let parts = own_parts(&mail);
    let Some(status) = parts.iter().find(|part| is_kind(part, "message", &["delivery-status", "global-delivery-status"])) else {
        return Report::NoReport;
    };
    let Some(letter) = parts.iter().find_map(|part| returned_id(part)).and_then(|id| letter_of(&id, id_host)) else {
        return Report::NotOurs;
    };
    let recipients: Vec<FailedRecipient> = groups(status.contents()).iter().filter_map(|fields| failed(fields)).collect();
    if recipients.is_empty() { Report::NotFinal } else { Report::Failed(Failure { letter, recipients }) }
}

/// The mail with the line that ends its last part, where that is missing: parts that nothing ends are not told apart.
fn closed(raw: &[u8]) -> Option<Vec<u8>> {
    let head = MessageParser::default().parse_headers(raw)?;
    let end = format!("--{}--", head.content_type()?.attribute("boundary")?);
    let is_closed = raw.windows(end.len()).any(|window| window == end.as_bytes());
    (!is_closed).then(|| [raw, b"\r\n", end.as_bytes(), b"\r\n"].concat())
}

/// The parts of the mail itself, not of what is attached to it.
fn own_parts<'a, 'x>(mail: &'a Message<'x>) -> Vec<&'a MessagePart<'x>> {
    match mail.parts.first().map(|root| &root.body) {
        Some(PartType::Multipart(children)) => children.iter().filter_map(|child| mail.part(*child)).collect(),
        _ => vec![],
    }
}

fn is_kind(part: &MessagePart<'_>, kind: &str, subkinds: &[&str]) -> bool {
    part.content_type().is_some_and(|found| {
        let subkind = found.subtype().unwrap_or_default();
        found.ctype().eq_ignore_ascii_case(kind) && subkinds.iter().any(|one| one.eq_ignore_ascii_case(subkind))
    })
}

/// The identity of the mail that came back, from the mail or from its head.
fn returned_id(part: &MessagePart<'_>) -> Option<String> {
    if let PartType::Message(mail) = &part.body {
        return mail.message_id().map(str::to_owned);
    }
    let is_head = is_kind(part, "text", &["rfc822-headers"]) || is_kind(part, "message", &["global-headers", "rfc822", "global"]);
    let head = is_head.then(|| [part.contents(), b"\r\n\r\n"].concat())?;
    MessageParser::default().parse_headers(&head)?.message_id().map(str::to_owned)
}

/// The groups of fields in a report (RFC 3464, 2.1), names in small letters.
fn groups(text: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("\n\t", " ").replace("\n ", " ");
    let group = |block: &str| -> Vec<(String, String)> {
        let lines = block.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
    };
    text.split("\n\n").map(group).filter(|fields| !fields.is_empty()).collect()
}

/// A recipient for whom the mail server gave up (RFC 3464, 2.3.3). A status that speaks of success contradicts that: nothing is known.
fn failed(fields: &[(String, String)]) -> Option<FailedRecipient> {
    let field = |name: &str| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let word = |text: &str| text.split([' ', '(', ';']).next().unwrap_or_default().to_ascii_lowercase();
    let status = field("status").and_then(status);
    let is_contradicted = status.as_deref().is_some_and(|status| status.starts_with('2'));
    if word(field("action")?) != "failed" || is_contradicted {
        return None;
    }
    Some(FailedRecipient {
        last: field("final-recipient").and_then(address).unwrap_or_default(),
        original: field("original-recipient").and_then(address),
        status,
        words: words(field("diagnostic-code").unwrap_or_default()),
    })
}

/// `5.1.1 (bad destination)` is `5.1.1`.
fn status(text: &str) -> Option<String> {
    let token = text.split([' ', '(', ';']).next()?;
    let numbers: Vec<&str> = token.split('.').collect();
    let is_number = |text: &&str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (numbers.len() == 3 && numbers.iter().all(is_number)).then(|| token.to_owned())
}

/// `rfc822; wang@example.com`.
fn address(text: &str) -> Option<String> {
    let (kind, address) = text.split_once(';').unwrap_or(("rfc822", text));
    let is_mail = ["rfc822", "utf-8"].iter().any(|known| kind.trim().eq_ignore_ascii_case(known));
    let address = address.trim().trim_start_matches('<').trim_end_matches('>');
    (is_mail && address.len() <= MOST_ADDRESS && address.contains('@')).then(|| address.to_ascii_lowercase())
}

/// `smtp; 550 5.1.1 no such user` without the kind of its writer, in one line.
fn words(text: &str) -> String {
    let is_kind = |kind: &str| !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let text = text.split_once(';').filter(|(kind, _)| is_kind(kind.trim())).map_or(text, |(_, rest)| rest);
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
