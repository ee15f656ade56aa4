//! The list of receipts and one receipt in full.

pub mod api;
mod cursor;
#[cfg(feature = "ssr")]
mod detail;
#[cfg(feature = "ssr")]
mod export;
mod list;
mod listing;
mod narrow;
mod query;
#[cfg(feature = "ssr")]
mod reader;
#[cfg(feature = "ssr")]
mod refund;

#[cfg(feature = "ssr")]
pub use api::Receipts;
pub use api::{CodeChoice, DayTotal, DebtLink, PAGE_ROWS, ReceiptDetail, ReceiptPage, ReceiptRow, RefundLine, StoreChoice, Through};
pub use cursor::{Cursor, NoSuchPlace};
#[cfg(feature = "ssr")]
pub use detail::{detail_screen, receipt_parts, refund_words};
#[cfg(feature = "ssr")]
pub use export::{ExportQuery, ExportScreen, ExportWrong, export_columns, export_screen, export_title};
#[cfg(feature = "ssr")]
pub(crate) use list::Tag;
pub use list::{ListScreen, state_name};
pub use listing::{Listing, Loaded};
pub use query::ReceiptQuery;
#[cfg(feature = "ssr")]
pub use reader::Reader;
#[cfg(feature = "ssr")]
pub use refund::{
    RefundAsked, RefundBar, RefundOf, RefundScreen, RefundTyped, RefundWrong, is_same_reason, refund_parts, refund_screen, refund_title,
};
