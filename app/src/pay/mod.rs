//! What the payer sees: the payment page, the waiting page, the receipt, and a human sentence when none of them can be shown.
//!
//! Plain functions from plain data to HTML: no resource, no suspense, no router, no WebAssembly, so that nothing can be disposed
//! of while it renders. The server calls them from its handlers; nothing of this is in the browser's bundles. CSS and the one
//! script (`style/pay.css`, `public/pay.js`) are inlined with a nonce, so a page is one request. No `style` attribute is used,
//! because the content security policy would refuse it.
//!
//! | page | file |
//! | --- | --- |
//! | the frame of every page | `document` |
//! | amount and questions | `page`, with one file for the questions: `field` |
//! | after the submit | `waiting` |
//! | paid | `receipt`, with one file for what went back: `returned` |
//! | cannot be paid, or went wrong | `notice` |
//! | money that did not simply arrive | `apart` |
//! | a form to send again | `unsaved` |
//! | no more reminders | `reminders` |

mod apart;
mod document;
mod field;
mod notice;
mod owing;
mod page;
mod receipt;
mod refusal;
mod reminders;
mod returned;
mod shop;
mod unsaved;
mod waiting;

pub use document::{Assets, Shell, Theme};
pub use notice::{NoticeKind, notice_page};
pub use owing::Owing;
pub use page::{AmountError, PayForm, Trouble, pay_page};
pub use receipt::{ReceiptPage, receipt_page};
pub(crate) use refusal::field_sentence;
pub use refusal::{PhotoError, PhotoRefusal};
pub use reminders::{RemindersPage, reminders_page};
pub use returned::Returned;
pub(crate) use returned::promised;
pub use shop::Shop;
pub use unsaved::unsaved_page;
pub use waiting::{Waiting, Way, waiting_page};

#[cfg(test)]
mod tests;
