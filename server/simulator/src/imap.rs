//! A door to the mailbox for one machine (protocol: the part of RFC 3501 that reading returned mails needs, and `ID` of RFC 2971,
//! without TLS): any user and password, one folder.
//!
//! It refuses as the fault door `imap` tells it.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::accept::accept;
use crate::mailbox::Kept;
use crate::world::{Shared, World, lock};

/// A client that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it can do.
const CAPABILITIES: &str = "IMAP4rev1 ID";

/// Takes connections until the task is dropped.
pub(crate) async fn listen(world: Shared, listener: TcpListener) {
    let one = move |stream| {
        let world = world.clone();
        async move { serve(&world, stream).await }
    };
    accept(listener, "mailbox", one).await;
}

/// How far one connection has come (RFC 3501, 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    Greeted,
    SignedIn,
    Selected,
}

/// What is answered: lines before the last one, and the last one without its tag.
struct Answer {
    before: Vec<u8>,
    last: String,
    ends: bool,
}

impl Answer {
    fn ok(before: impl Into<Vec<u8>>, words: &str) -> Answer {
        Answer { before: before.into(), last: format!("OK {words}"), ends: false }
    }

    fn no(words: &str) -> Answer {
        Answer { before: vec![], last: words.to_owned(), ends: false }
    }
}

async fn serve(world: &World, stream: TcpStream) -> std::io::Result<()> {
    if world.faults.strike("imap", &[]).is_some_and(|fault| fault.fault == "hang-up") {
        return Ok(());
    }
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* OK shouma-sim\r\n").await?;
    let mut stage = Stage::Greeted;
    while let Some(line) = read_line(&mut stream).await? {
        let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let Answer { before, last, ends } = answer(world, &mut stage, rest);
        stream.write_all(&before).await?;
        stream.write_all(format!("{tag} {last}\r\n").as_bytes()).await?;
        stream.flush().await?;
        if ends {
            break;
        }
    }
    Ok(())
}

fn answer(world: &World, stage: &mut Stage, line: &str) -> Answer {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let verb = verb.to_ascii_uppercase();
    match verb.as_str() {
        "CAPABILITY" => Answer::ok(format!("* CAPABILITY {CAPABILITIES}\r\n"), "done"),
        "NOOP" => Answer::ok("", "done"),
        "ID" => Answer::ok("* ID (\"name\" \"shouma-sim\")\r\n", "done"),
        "LOGOUT" => Answer { ends: true, ..Answer::ok("* BYE see you\r\n", "done") },
        "LOGIN" if *stage == Stage::Greeted => login(world, stage, rest),
        "SELECT" if *stage >= Stage::SignedIn => select(world, stage, rest),
        "UID" if *stage == Stage::Selected => uid(world, rest),
        "LOGIN" | "SELECT" | "UID" => Answer::no("BAD not at this point"),
        _ => Answer::no("BAD unknown command"),
    }
}

fn login(world: &World, stage: &mut Stage, rest: &str) -> Answer {
    let words = words(rest);
    let is_named = words.len() == 2 && words.iter().all(|word| !word.is_empty());
    if !is_named || world.faults.strike("imap-login", &[]).is_some() {
        return Answer::no("NO [AUTHENTICATIONFAILED] user or password is wrong");
    }
    *stage = Stage::SignedIn;
    Answer::ok("", "welcome")
}

fn select(world: &World, stage: &mut Stage, rest: &str) -> Answer {
    let is_inbox = words(rest).first().is_some_and(|name| name.eq_ignore_ascii_case("INBOX"));
    if !is_inbox || world.faults.strike("imap-select", &[]).is_some() {
        return Answer::no("NO no such folder");
    }
    *stage = Stage::Selected;
    let mailbox = lock(&world.mailbox);
    let (count, next) = (mailbox.list().len(), mailbox.next_uid());
    let lines = format!(
        "* FLAGS (\\Seen)\r\n* {count} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] one order for ever\r\n* OK [UIDNEXT {next}] next\r\n"
    );
    Answer::ok(lines, "[READ-WRITE] open")
}

fn uid(world: &World, rest: &str) -> Answer {
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb.to_ascii_uppercase().as_str() {
        "SEARCH" => search(world, rest),
        "FETCH" => fetch(world, rest),
        "STORE" => store(world, rest),
        _ => Answer::no("BAD unknown command"),
    }
}

/// `UNSEEN`, `SEEN`, `ALL` and `UID 3:*` in any number and order.
fn search(world: &World, rest: &str) -> Answer {
    let mailbox = lock(&world.mailbox);
    let mails = mailbox.list();
    let mut found: Vec<&Kept> = mails.iter().collect();
    let mut keys = rest.split_whitespace();
    while let Some(key) = keys.next() {
        match key.to_ascii_uppercase().as_str() {
            "ALL" => {}
            "UNSEEN" => found.retain(|mail| !mail.is_read),
            "SEEN" => found.retain(|mail| mail.is_read),
            "UID" => {
                let wanted = keys.next().unwrap_or_default();
                let last = mails.last().map_or(0, |mail| mail.uid);
                found.retain(|mail| is_in(wanted, mail.uid, last));
            }
            _ => return Answer::no("BAD unknown search key"),
        }
    }
    let uids: String = found.iter().map(|mail| format!(" {}", mail.uid)).collect();
    Answer::ok(format!("* SEARCH{uids}\r\n"), "done")
}

/// `3 BODY.PEEK[]`, `3 BODY.PEEK[]<0.1000>`, in brackets or not. Nothing is marked as read by it.
fn fetch(world: &World, rest: &str) -> Answer {
    let (set, what) = rest.split_once(' ').unwrap_or((rest, ""));
    if world.faults.strike("imap-fetch", &[set]).is_some() {
        return Answer::ok("* 1 FETCH (UNREADABLE)\r\n", "done");
    }
    let what = what.trim_start_matches('(').trim_end_matches(')').to_ascii_uppercase();
    let what = what.trim_start_matches("UID ");
    let Some(range) = what.strip_prefix("BODY.PEEK[]").and_then(part) else { return Answer::no("BAD only BODY.PEEK[]") };
    let mailbox = lock(&world.mailbox);
    let last = mailbox.list().last().map_or(0, |mail| mail.uid);
    let mut lines = vec![];
    for (index, mail) in mailbox.list().iter().enumerate().filter(|(_, mail)| is_in(set, mail.uid, last)) {
        let raw = mail.raw.as_bytes();
        let (origin, body) = match range {
            None => (String::new(), raw),
            Some((from, count)) => {
                let from = from.min(raw.len());
                (format!("<{from}>"), &raw[from..from.saturating_add(count).min(raw.len())])
            }
        };
        lines.extend_from_slice(format!("* {} FETCH (UID {} BODY[]{origin} {{{}}}\r\n", index + 1, mail.uid, body.len()).as_bytes());
        lines.extend_from_slice(body);
        lines.extend_from_slice(b")\r\n");
    }
    Answer::ok(lines, "done")
}

/// Nothing is the whole; `<0.1000>` is from which byte on how many.
fn part(text: &str) -> Option<Option<(usize, usize)>> {
    if text.is_empty() {
        return Some(None);
    }
    let (from, count) = text.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
    Some(Some((from.parse().ok()?, count.parse().ok()?)))
}

/// `3,5 +FLAGS (\Seen)`, also with a minus.
fn store(world: &World, rest: &str) -> Answer {
    let (set, what) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_read = match what.to_ascii_uppercase().replace(".SILENT", "").as_str() {
        "+FLAGS (\\SEEN)" => true,
        "-FLAGS (\\SEEN)" => false,
        _ => return Answer::no("BAD only +FLAGS (\\Seen) and -FLAGS (\\Seen)"),
    };
    let mut mailbox = lock(&world.mailbox);
    let last = mailbox.list().last().map_or(0, |mail| mail.uid);
    let hit: Vec<(usize, u32)> =
        mailbox.list().iter().enumerate().map(|(index, mail)| (index + 1, mail.uid)).filter(|(_, uid)| is_in(set, *uid, last)).collect();
    let mut lines = String::new();
    for (number, uid) in hit {
        mailbox.set_read(uid, is_read);
        let flags = if is_read { "\\Seen" } else { "" };
        lines.push_str(&format!("* {number} FETCH (UID {uid} FLAGS ({flags}))\r\n"));
    }
    Answer::ok(lines, "done")
}

/// Whether a set such as `1,3:5,9:*` names this mail; the asterisk is the last one, and a range may stand either way round.
fn is_in(set: &str, uid: u32, last: u32) -> bool {
    let number = |text: &str| if text == "*" { Some(last) } else { text.parse().ok() };
    set.split(',').any(|part| {
        let (from, until) = part.split_once(':').unwrap_or((part, part));
        match (number(from), number(until)) {
            (Some(from), Some(until)) => (from.min(until)..=from.max(until)).contains(&uid),
            _ => false,
        }
    })
}

/// Words with or without quotation marks, in which a backslash hides the next character.
fn words(text: &str) -> Vec<String> {
    let (mut found, mut chars) = (vec![], text.chars().peekable());
    while let Some(first) = chars.next() {
        match first {
            ' ' => {}
            '"' => {
                let mut word = String::new();
                while let Some(next) = chars.next().filter(|next| *next != '"') {
                    word.push(if next == '\\' { chars.next().unwrap_or_default() } else { next });
                }
                found.push(word);
            }
            _ => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|next| *next != ' ') {
                    word.push(next);
                }
                found.push(word);
            }
        }
    }
    found
}

/// A line without its end; nothing when the other side is gone or talks too much.
async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = vec![];
    let mut limited = (&mut *stream).take(8192);
    let read = limited.read_until(b'\n', &mut line);
    let read = tokio::time::timeout(PATIENCE, read).await.map_err(|_| std::io::ErrorKind::TimedOut)??;
    let is_whole = line.ends_with(b"\n");
    Ok((read > 0 && is_whole).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_names_mails_as_the_protocol_says() {
        let table = [
            ("3", 3, true),
            ("3", 4, false),
            ("1,3:5", 4, true),
            ("1,3:5", 2, false),
            ("4:*", 9, true),
            ("4:*", 3, false),
            ("12:*", 9, true),
            ("12:*", 8, false),
            ("*", 9, true),
            ("", 1, false),
            ("x", 1, false),
        ];
        for (set, uid, expected) in table {
            assert_eq!(is_in(set, uid, 9), expected, "{set} {uid}");
        }
    }

    #[test]
    fn words_may_stand_in_quotation_marks() {
        assert_eq!(words(r#""returns" "a \"secret\" of its own""#), ["returns", r#"a "secret" of its own"#]);
        assert_eq!(words("INBOX  x"), ["INBOX", "x"]);
    }
}
