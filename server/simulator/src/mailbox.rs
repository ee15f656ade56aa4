//! The mailbox to which mails come back, and the reports that say why (RFC 3464).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::http_date;
use crate::world::{Shared, lock};

/// Older mails are forgotten beyond this many.
const KEPT: usize = 1000;

/// Mails to this name at any host are taken, and come back.
const BOUNCING: &str = "bounces-later@";

/// A mail that lies there.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Kept {
    pub uid: u32,
    pub is_read: bool,
    pub raw: String,
}

/// The mails, oldest first.
#[derive(Default)]
pub(crate) struct Mailbox {
    mails: Vec<Kept>,
    last_uid: u32,
}

impl Mailbox {
    /// Files a mail; answers its number.
    pub fn add(&mut self, raw: &str) -> u32 {
        self.last_uid += 1;
        let raw = raw.replace("\r\n", "\n").replace('\n', "\r\n");
        self.mails.push(Kept { uid: self.last_uid, is_read: false, raw });
        if self.mails.len() > KEPT {
            self.mails.remove(0);
        }
        self.last_uid
    }

    pub fn list(&self) -> &[Kept] {
        &self.mails
    }

    /// The number that the next mail gets.
    pub fn next_uid(&self) -> u32 {
        self.last_uid + 1
    }

    pub fn set_read(&mut self, uid: u32, is_read: bool) {
        self.mails.iter_mut().filter(|mail| mail.uid == uid).for_each(|mail| mail.is_read = is_read);
    }

    pub fn clear(&mut self) {
        self.mails.clear();
    }
}

/// Whether a mail to this address comes back.
pub(crate) fn comes_back(to: &str) -> bool {
    to.starts_with(BOUNCING)
}

/// What a mail server writes that could not deliver a mail: `back_to` is the sender in the envelope, `raw` the mail.
pub(crate) fn report(back_to: &str, to: &str, raw: &[u8], now_ms: i64) -> String {
    let raw = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let head = raw.split_once("\n\n").map_or(raw.as_str(), |(head, _)| head);
    let date = http_date(now_ms).replace("GMT", "+0000");
    let boundary = format!("returned-{now_ms}");
    format!(
        "Return-Path: <>\n\
         From: Mail Delivery System <MAILER-DAEMON@shouma-sim.example>\n\
         To: <{back_to}>\n\
         Subject: Undelivered Mail Returned to Sender\n\
         Date: {date}\n\
         Auto-Submitted: auto-replied\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"{boundary}\"\n\
         \n\
         --{boundary}\n\
         Content-Type: text/plain; charset=us-ascii\n\
         \n\
         This is the mail system at host shouma-sim.example.\n\
         \n\
         <{to}>: host mx.example said: 550 5.1.1 mailbox unavailable\n\
         \n\
         --{boundary}\n\
         Content-Type: message/delivery-status\n\
         \n\
         Reporting-MTA: dns; shouma-sim.example\n\
         Arrival-Date: {date}\n\
         \n\
         Final-Recipient: rfc822; {to}\n\
         Original-Recipient: rfc822;{to}\n\
         Action: failed\n\
         Status: 5.1.1\n\
         Remote-MTA: dns; mx.example\n\
         Diagnostic-Code: smtp; 550 5.1.1 mailbox unavailable\n\
         \n\
         --{boundary}\n\
         Content-Type: text/rfc822-headers\n\
         \n\
         {head}\n\
         \n\
         --{boundary}--\n"
    )
}

/// `GET /_sim/mailbox`: what lies in the mailbox, oldest first.
pub(crate) async fn list(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "items": lock(&world.mailbox).list() }))
}

/// A mail as it is to be found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    raw: String,
}

/// `POST /_sim/mailbox`: a mail arrives.
pub(crate) async fn add(State(world): State<Shared>, Json(mail): Json<Mail>) -> Json<Value> {
    Json(json!({ "uid": lock(&world.mailbox).add(&mail.raw) }))
}

/// `DELETE /_sim/mailbox`: nothing lies there any more.
pub(crate) async fn clear(State(world): State<Shared>) -> StatusCode {
    lock(&world.mailbox).clear();
    StatusCode::NO_CONTENT
}
