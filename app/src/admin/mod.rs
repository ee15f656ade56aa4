//! The administrator's pages: plain documents that the server renders from plain data, with forms that post. No program: one small script
//! keeps the overview alive (`public/office.js`).

mod choosing;
mod code;
mod codes;
mod debts;
mod done;
mod frame;
mod home;
mod kept;
mod listing;
mod living;
mod logo;
mod manager;
mod managers;
mod messages;
mod payment;
mod payments;
mod preset;
mod register;
mod settings;
mod sign_in;
mod store;
mod stores;

pub use choosing::{SEATS_PATH, seats_page};
pub use code::{CodePage, CodeThere, CodeTyped, CodeWrong, code_page};
pub use codes::{CodeLine, ForWhom, PayeeChoice, codes_page, for_whom_page};
pub use debts::{debt_page, debts_page, debts_path};
pub use done::OfficeDone;
pub(crate) use frame::page;
pub use frame::{AdminShell, Section, Signed, missing_page};
pub use home::{HomePage, OfficeScript, home_page};
pub use kept::kept_page;
pub use listing::Place;
pub use living::{LIVE_PATH, Living, SHOWN_RECEIPTS, arrived_words, living_html, many_words, several_words};
pub use logo::{LEAST_LOGO_SIDE, LogoPart, LogoWrong, MOST_LOGO_BYTES, MOST_LOGO_SIDE};
pub use manager::{LetterLine, ManagerPage, Said, Typed, manager_page};
pub use managers::{ATTENTION, ManagerLine, ManagersPage, Standing, managers_page};
pub use messages::messages_page;
pub use payment::{PaymentFile, PaymentPage, payment_page, payment_refund_page};
pub use payments::{PAYMENTS, PaymentsPage, ReceiptLine, payments_page};
pub use preset::Presets;
pub use register::{FormChoice, RegisterPage, RegisterRefusal, first_code_name, register_page};
pub use settings::{ChangedBy, RemindsTyped, SettingsPage, SettingsTyped, settings_page};
pub use sign_in::{AdminSignIn, AdminWhy, sign_in_page};
pub use store::{CashierLine, StorePage, store_page};
pub use stores::{StoreLine, StoresPage, TitleWrong, stores_page};
