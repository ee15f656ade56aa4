//! Everything that was sent to people through the simulator, for tests and for the eye.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// Older messages are forgotten beyond this many.
const KEPT: usize = 10_000;

/// One message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    pub id: u64,
    /// `wechat-template`, `wechat-subscribe`, `mail` or `sms`.
    pub kind: &'static str,
    pub to: String,
    pub at_ms: i64,
    /// The body as it came.
    pub content: Value,
}

/// The messages, newest first.
#[derive(Default)]
pub(crate) struct Outbox {
    messages: VecDeque<Message>,
    sequence: u64,
}

impl Outbox {
    /// Files a message; answers its number.
    pub fn add(&mut self, kind: &'static str, to: &str, content: Value, at_ms: i64) -> u64 {
        self.sequence += 1;
        self.messages.push_front(Message { id: self.sequence, kind, to: to.into(), at_ms, content });
        self.messages.truncate(KEPT);
        self.sequence
    }

    pub fn list(&self) -> Vec<Message> {
        self.messages.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.messages.clear();
    }
}
