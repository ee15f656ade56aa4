//! Requests and answers: who asks, what may be asked how often, and the handlers of each kind of person.

pub mod admin;
pub mod cookies;
pub mod diagnosing;
pub mod headers;
pub mod identify;
pub mod importing;
pub mod install;
pub mod limits;
pub mod lost;
pub mod manager;
pub mod messages;
pub mod next;
pub mod opened;
pub mod password;
pub mod payer;
pub mod printing;
pub mod proof;
pub mod receivables;
pub mod refunding;
pub mod sign_in;
pub mod sign_ins;
pub mod stream;
pub mod submit;
pub mod unread;
pub mod visit;
