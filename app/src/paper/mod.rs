//! What is printed: receipts and plates, in true millimetres.
//!
//! Each is a document of its own with one small style sheet of its own, black on white whatever the screen is like. Nothing here is
//! in the browser's bundles.

mod plate;
mod receipt;
mod sheet;

pub use plate::{NotPrintable, OldPicture, PLATE_PAPERS, PlateChoice, PlateList, plate_list, plate_sheet, plates_title};
pub use receipt::{GivenReceipt, PrintedReceipt, give_page, give_title, receipt_sheet};
pub use sheet::{Drawn, Paper, Printing};
