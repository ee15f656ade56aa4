//! The list of receipts and one receipt in full.
