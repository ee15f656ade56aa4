//! Reads a mail as far as a person does: subject and plain text (RFC 2045, 2047), and the links in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a mail says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadMail {
    pub subject: String,
    pub text: String,
    pub message_id: String,
}

/// Reads a mail of one part; of several parts the first plain one is taken.
pub(crate) fn read(raw: &[u8]) -> ReadMail {
    let whole = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let (head, body) = whole.split_once("\n\n").unwrap_or((&whole, ""));
    let head = unfolded(head);
    let (head, body) = first_part(&head, body);
    ReadMail {
        subject: words(&header(&unfolded(whole.split_once("\n\n").map_or("", |(head, _)| head)), "subject")),
        message_id: header(&head, "message-id"),
        text: text(&header(&head, "content-transfer-encoding"), &body).trim_end().to_owned(),
    }
}

/// Every address of the web in the text, in order.
pub(crate) fn links(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| word.starts_with("http://") || word.starts_with("https://")).collect()
}

fn first_part(head: &str, body: &str) -> (String, String) {
    let kind = header(head, "content-type");
    let boundary = kind.split_once("boundary=").map(|(_, rest)| rest.split(';').next().unwrap_or_default().trim_matches('"').to_owned());
    let Some(boundary) = boundary.filter(|_| kind.to_ascii_lowercase().starts_with("multipart/")) else {
        return (head.to_owned(), body.to_owned());
    };
    let id = header(head, "message-id");
    let part = body.split(&format!("--{boundary}")).find(|part| part.to_ascii_lowercase().contains("text/plain")).unwrap_or_default();
    let (part_head, part_body) = part.trim_start().split_once("\n\n").unwrap_or(("", part));
    (format!("{}\nmessage-id: {id}", unfolded(part_head)), part_body.to_owned())
}

/// Lines that go on are joined.
fn unfolded(head: &str) -> String {
    head.replace("\n\t", " ").replace("\n ", " ")
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next().unwrap_or_default()
}

fn text(encoding: &str, body: &str) -> String {
    match encoding.to_ascii_lowercase().as_str() {
        "base64" => {
            let joined: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(joined).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
        }
        "quoted-printable" => String::from_utf8_lossy(&quoted(&body.replace("=\n", ""), false)).replace("\r\n", "\n"),
        _ => body.to_owned(),
    }
}

/// `=E6=94=B6` is a byte each; in a header a low line is a space.
fn quoted(text: &str, is_header: bool) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (0, vec![]);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'=').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (hex, bytes[at]) {
            (Some(byte), _) => {
                found.push(byte);
                at += 2;
            }
            (None, b'_') if is_header => found.push(b' '),
            (None, byte) => found.push(byte),
        }
        at += 1;
    }
    found
}

/// A header with encoded words; white space between two of them means nothing.
fn words(value: &str) -> String {
    let (mut bytes, mut rest, mut was_word) = (vec![], value, false);
    while let Some((before, tail)) = rest.split_once("=?") {
        let mut parts = tail.splitn(3, '?');
        let (Some(_charset), Some(kind), Some(after)) = (parts.next(), parts.next(), parts.next()) else { break };
        let Some((coded, behind)) = after.split_once("?=") else { break };
        if !(was_word && before.trim().is_empty()) {
            bytes.extend_from_slice(before.as_bytes());
        }
        match kind {
            "b" | "B" => bytes.extend(STANDARD.decode(coded).unwrap_or_default()),
            _ => bytes.extend(quoted(coded, true)),
        }
        (rest, was_word) = (behind, true);
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_people_read_it() {
        let raw = "Subject: =?utf-8?b?6K+35L2g?=\r\n =?utf-8?b?5byA6YCa?= Shouma\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n5L2g5aW9DQo=\r\n";
        let expected = ReadMail { subject: "请你开通 Shouma".into(), text: "你好".into(), message_id: "<1@x>".into() };
        assert_eq!(read(raw.as_bytes()), expected);
        let raw = "subject: =?UTF-8?Q?=E6=94=B6_a?=\ncontent-transfer-encoding: quoted-printable\n\n=E6=94=B6 http://x.y/z?a=3Db=\nc d\n";
        assert_eq!(read(raw.as_bytes()).text, "收 http://x.y/z?a=bc d");
        assert_eq!(read(raw.as_bytes()).subject, "收 a");
        let raw = "Subject: plain\nContent-Type: multipart/alternative; boundary=\"b\"\n\n--b\nContent-Type: text/html\n\n<p>no\n--b\n\
             Content-Type: text/plain\n\nyes\n--b--\n";
        assert_eq!((read(raw.as_bytes()).subject.as_str(), read(raw.as_bytes()).text.as_str()), ("plain", "yes"));
        assert_eq!(links("a http://x/y b\nhttps://z c ftp://no"), ["http://x/y", "https://z"]);
    }
}
