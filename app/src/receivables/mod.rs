//! Receivables 应收款: who owes what until when. Plain screens, rendered by the server alone.

mod ageing;
mod form;
mod import;
mod list;
mod matching;
mod one;
mod reminding;
mod said;
mod words;

pub use ageing::{ageing_screen, ageing_title};
pub use form::{EntryForm, FromReceipt, entry_screen, entry_title};
pub use import::{
    ImportPreview, ImportScreen, ImportTrouble, column_name, example_row, export_columns, import_screen, import_title, parts_word,
    state_words,
};
pub use list::{Debt, DebtList, ListQuery, PAGE_ROWS, Show, list_screen, list_title};
pub use matching::{ProposalLine, matches_screen, matches_title};
pub(crate) use one::office_parts;
pub use one::{ChangeTyped, DebtPage, DebtScreen, PaidLine, Step, one_screen, one_title};
pub use reminding::{PastReminder, RemindingCard};
pub use said::Said;
pub(crate) use words::tag;
pub use words::{reminder_words, share_text, wrong_sentence};

/// Where the screens are.
pub const HERE: &str = "/m/receivables";
