//! A mail server for one machine (protocol: RFC 5321, AUTH PLAIN and LOGIN of RFC 4954 without TLS): takes mails in and files them in the
//! outbox, where people and tests read them.
//!
//! It refuses addresses for good or for now as it is told: the configured list (`POST /_sim/mail`), addresses at
//! `nowhere.example`, and the fault door `mail`. What it takes for `bounces-later` at any host comes back to the sender's mailbox.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::accept::accept;
use crate::mailbox;
use crate::mime;
use crate::world::{Shared, World, lock};

/// Largest mail.
const MOST_BYTES: usize = 1 << 20;

/// A client that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Nobody lives there, whatever was configured: for trying a wrong address by hand.
const NOWHERE: &str = "@nowhere.example";

/// Takes connections until the task is dropped.
pub(crate) async fn listen(world: Shared, listener: TcpListener) {
    let one = move |stream| {
        let world = world.clone();
        async move { serve(&world, stream).await }
    };
    accept(listener, "mail", one).await;
}

/// What one connection has said so far.
#[derive(Default)]
struct Talk {
    is_greeted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

enum Next {
    Say(String),
    TakeMail,
    AskLogin { user: Option<String> },
    Hang(String),
}

async fn serve(world: &World, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 shouma-sim ESMTP").await?;
    let mut talk = Talk::default();
    loop {
        let Some(line) = read_line(&mut stream).await? else { return Ok(()) };
        match talk.answer(world, &line) {
            Next::Say(words) => say(&mut stream, &words).await?,
            Next::Hang(words) => return say(&mut stream, &words).await,
            Next::AskLogin { user } => {
                let words = login(&mut stream, &mut talk, user).await?;
                say(&mut stream, &words).await?;
            }
            Next::TakeMail => {
                say(&mut stream, "354 end with a dot").await?;
                let words = match read_mail(&mut stream).await? {
                    Some(mail) => talk.file(world, &mail),
                    None => "552 5.3.4 the mail is too large".to_owned(),
                };
                say(&mut stream, &words).await?;
            }
        }
    }
}

impl Talk {
    fn answer(&mut self, world: &World, line: &str) -> Next {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let say = |words: &str| Next::Say(words.to_owned());
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.is_greeted = true;
                say("250-shouma-sim\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN")
            }
            "HELO" => {
                self.is_greeted = true;
                say("250 shouma-sim")
            }
            "NOOP" => say("250 2.0.0 ok"),
            "QUIT" => Next::Hang("221 2.0.0 bye".to_owned()),
            "RSET" => {
                (self.from, self.to) = (None, vec![]);
                say("250 2.0.0 forgotten")
            }
            "AUTH" => self.auth(world, rest),
            _ if !self.is_greeted => say("503 5.5.1 say EHLO first"),
            "MAIL" => self.mail(world, rest),
            "RCPT" => self.rcpt(world, rest),
            "DATA" if self.to.is_empty() => say("503 5.5.1 nobody to send it to"),
            "DATA" => match struck(world, "mail-data", &self.to) {
                Some(words) => Next::Say(words),
                None => Next::TakeMail,
            },
            _ => say("500 5.5.2 unknown command"),
        }
    }

    fn auth(&mut self, world: &World, rest: &str) -> Next {
        if let Some(words) = struck(world, "mail-auth", &[]) {
            return Next::Say(words);
        }
        let (mechanism, first) = rest.split_once(' ').unwrap_or((rest, ""));
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let parts = decoded(first);
                let mut parts = parts.split('\0').skip(1);
                match (parts.next().filter(|user| !user.is_empty()), parts.next().filter(|password| !password.is_empty())) {
                    (Some(user), Some(_)) => {
                        self.user = Some(user.to_owned());
                        Next::Say("235 2.7.0 welcome".to_owned())
                    }
                    _ => Next::Say("535 5.7.8 user and password, please".to_owned()),
                }
            }
            "LOGIN" => Next::AskLogin { user: Some(decoded(first)).filter(|user| !user.is_empty()) },
            _ => Next::Say("504 5.5.4 PLAIN or LOGIN".to_owned()),
        }
    }

    fn mail(&mut self, world: &World, rest: &str) -> Next {
        let Some(from) = address(rest, "FROM:") else { return Next::Say("501 5.5.4 MAIL FROM:<address>".to_owned()) };
        if let Some(words) = struck(world, "mail-from", std::slice::from_ref(&from)) {
            return Next::Say(words);
        }
        (self.from, self.to) = (Some(from), vec![]);
        Next::Say("250 2.1.0 ok".to_owned())
    }

    fn rcpt(&mut self, world: &World, rest: &str) -> Next {
        let say = |words: &str| Next::Say(words.to_owned());
        if self.from.is_none() {
            return say("503 5.5.1 MAIL FROM first");
        }
        let Some(to) = address(rest, "TO:").filter(|to| to.contains('@')) else { return say("501 5.5.4 RCPT TO:<address>") };
        if let Some(words) = struck(world, "mail", std::slice::from_ref(&to)) {
            return Next::Say(words);
        }
        let is_refused = to.ends_with(NOWHERE) || lock(&world.refused_mail).contains(&to);
        if is_refused {
            return Next::Say(format!("550 5.1.1 <{to}>: no such user here"));
        }
        self.to.push(to);
        say("250 2.1.5 ok")
    }

    fn file(&mut self, world: &World, raw: &[u8]) -> String {
        let mail = mime::read(raw);
        let mut id = 0;
        for to in std::mem::take(&mut self.to) {
            let content = json!({
                "from": self.from, "to": to, "user": self.user, "subject": mail.subject, "text": mail.text,
                "links": mime::links(&mail.text), "message_id": mail.message_id,
            });
            id = lock(&world.outbox).add("mail", &to, content, world.now_ms());
            // A report about a report goes nowhere: its sender is empty.
            if let Some(from) = self.from.as_deref().filter(|from| !from.is_empty() && mailbox::comes_back(&to)) {
                lock(&world.mailbox).add(&mailbox::report(from, &to, raw, world.now_ms()));
            }
        }
        self.from = None;
        format!("250 2.0.0 filed as {id}")
    }
}

/// The words of a fault at this door, if one waits.
fn struck(world: &World, door: &str, subjects: &[String]) -> Option<String> {
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let fault = world.faults.strike(door, &subjects)?;
    Some(match fault.fault.as_str() {
        "421" => "421 4.3.2 closing for a moment".to_owned(),
        "451" => "451 4.7.1 greylisted, please try again later".to_owned(),
        "535" => "535 5.7.8 user or password is wrong".to_owned(),
        "552" => "552 5.2.2 the mailbox is full".to_owned(),
        "554" => "554 5.7.1 looks like spam".to_owned(),
        _ => "550 5.1.1 no such user here".to_owned(),
    })
}

async fn login(stream: &mut BufReader<TcpStream>, talk: &mut Talk, user: Option<String>) -> std::io::Result<String> {
    let user = match user {
        Some(user) => user,
        None => {
            say(stream, "334 VXNlcm5hbWU6").await?;
            decoded(&read_line(stream).await?.unwrap_or_default())
        }
    };
    say(stream, "334 UGFzc3dvcmQ6").await?;
    let password = decoded(&read_line(stream).await?.unwrap_or_default());
    if user.is_empty() || password.is_empty() {
        return Ok("535 5.7.8 user and password, please".to_owned());
    }
    talk.user = Some(user);
    Ok("235 2.7.0 welcome".to_owned())
}

fn decoded(text: &str) -> String {
    let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What stands in angle brackets after `FROM:` or `TO:`; parameters behind it are passed over.
fn address(rest: &str, word: &str) -> Option<String> {
    let head = rest.get(..word.len())?;
    let rest = rest.get(word.len()..)?.trim_start().strip_prefix('<')?;
    let (address, _) = rest.split_once('>')?;
    head.eq_ignore_ascii_case(word).then(|| address.to_ascii_lowercase())
}

async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<()> {
    stream.write_all(format!("{words}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// A line without its end; nothing when the other side is gone or talks too much.
async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = vec![];
    let mut limited = (&mut *stream).take(4096);
    let read = limited.read_until(b'\n', &mut line);
    let read = tokio::time::timeout(PATIENCE, read).await.map_err(|_| std::io::ErrorKind::TimedOut)??;
    let is_whole = line.ends_with(b"\n");
    Ok((read > 0 && is_whole).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
}

/// The mail up to its dot; nothing when it was too large.
async fn read_mail(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let (mut mail, mut is_too_large) = (vec![], false);
    loop {
        let mut line = vec![];
        let mut limited = (&mut *stream).take(MOST_BYTES as u64);
        let read = limited.read_until(b'\n', &mut line);
        let read = tokio::time::timeout(PATIENCE, read).await.map_err(|_| std::io::ErrorKind::TimedOut)??;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" || line == b".\n" {
            return Ok((!is_too_large).then_some(mail));
        }
        // A dot at the beginning of a line was doubled on the way.
        let line = line.strip_prefix(b".").unwrap_or(&line);
        is_too_large |= mail.len() + line.len() > MOST_BYTES;
        if !is_too_large {
            mail.extend_from_slice(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_in_angle_brackets() {
        let table = [
            ("FROM:<a@b.c>", "FROM:", Some("a@b.c")),
            ("from: <A@B.c> SIZE=5", "FROM:", Some("a@b.c")),
            ("FROM:<>", "FROM:", Some("")),
            ("TO:a@b.c", "TO:", None),
            ("", "TO:", None),
            ("FROM:<a@b.c>", "TO:", None),
        ];
        for (rest, word, expected) in table {
            assert_eq!(address(rest, word).as_deref(), expected, "{rest}");
        }
    }
}
