//! The whole server from outside: the real router over TCP, the real store, the simulator as WeChat, and one clock for both.
//!
//! Each test is a promise to somebody: a payer, a manager, an operator, or WeChat. Every story ends with `verify`, which proves
//! from the rows that no money was lost, doubled or invented on the way.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects, in its helpers too")]

use server::store::*;

mod audit;
mod browser;
mod choosing;
mod claims;
mod clock;
mod concerns;
mod connections;
mod debt_files;
mod debts;
mod deeds;
mod deep_links;
mod delivering;
mod diagnosing;
mod edge;
mod endings;
mod explaining;
mod exported;
mod giving_up;
mod hindrance;
mod idle;
mod kept;
mod killed;
mod live;
mod log;
mod lost;
mod manager;
mod managers;
mod many_debts;
mod matching;
mod messages;
mod missed;
mod notices;
mod office_codes;
mod office_list;
mod office_live;
mod office_logo;
mod office_payments;
mod office_settings;
mod operated_forms;
mod paying;
mod photos;
mod printing;
mod receipts;
mod refreshing;
mod refund_again;
mod refund_words;
mod refunding;
mod refused_account;
mod refused_order;
mod reminded;
mod reminder_hours;
mod reminders;
mod restarts;
mod returning;
mod returning_mail;
mod scanning;
mod scene;
mod security;
mod sms;
mod stores;
mod trusted;
mod two_instances;
mod unanswered;
mod unsaved;
mod unseen_characters;
mod wallets;

#[path = "../../src/store/testing/mod.rs"]
#[allow(dead_code, unused_imports, reason = "other test programs use the rest")]
mod testing;
