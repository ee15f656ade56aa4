//! The rules of collecting money, as a merchant would state them.
//!
//! Nothing here performs I/O, reads a clock or draws a random number: time and identities are arguments. The same code
//! runs on the server, which decides, and in the browser, which only warns early.

pub mod account;
pub mod capitals;
pub mod channel_code;
pub mod code;
pub mod code_terms;
pub mod concern;
pub mod contact;
pub mod device;
pub mod diagnosis;
pub mod digest;
pub mod drift;
pub mod explanation;
pub mod fen;
pub mod form;
pub mod ids;
pub mod ledger;
pub mod letter;
pub mod one_time;
pub mod payment;
pub mod receipt;
pub mod receivable;
pub mod refund;
pub mod refund_right;
pub mod refund_time;
pub mod search;
pub mod time;
pub mod token;

pub use account::{Caller, Role};
pub use channel_code::ChannelCode;
pub use code::{AmountRule, Code};
pub use fen::Fen;
pub use ids::{AccountId, CodeId, ConcernId, OtherRefundNo, OutRefundNo, OutTradeNo, PaymentId, ReceivableId, StoreId, TenantId};
pub use payment::{Payment, PaymentState};
pub use refund::Refund;
pub use time::{Day, Millis};
