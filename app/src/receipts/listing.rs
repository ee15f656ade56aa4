//! The list as far as it was loaded. It outlives the screen, so that coming back from a receipt finds the same place.

use domain::Day;
use leptos::prelude::*;

use crate::Refusal;
use crate::receipts::{CodeChoice, Cursor, DayTotal, ReceiptPage, ReceiptQuery, ReceiptRow, StoreChoice};

/// What a list has loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The part of the list with which it began; `None` before anything was loaded.
    pub begun: Option<ReceiptQuery>,
    /// Newest first, without a receipt twice.
    pub rows: Vec<ReceiptRow>,
    /// The days in `rows`, newest first, with their totals where they have any.
    pub days: Vec<(Day, Option<DayTotal>)>,
    /// Where it goes on.
    pub next: Option<Cursor>,
    /// The day on which it was loaded: what "today" means.
    pub today: Day,
    /// The words were too few to be looked for.
    pub is_too_short: bool,
}

impl Loaded {
    /// A list that begins with `page`.
    pub fn begin(query: ReceiptQuery, page: ReceiptPage) -> Loaded {
        let (today, is_too_short) = (page.as_of_ms.day(), page.is_too_short);
        let mut loaded = Loaded { begun: Some(query), today, is_too_short, ..Loaded::default() };
        loaded.append(page);
        loaded
    }

    /// Appends an older page. A receipt or day that is there already stays as it is.
    pub fn append(&mut self, page: ReceiptPage) {
        let end = self.rows.last().map(ReceiptRow::cursor);
        let older = page.rows.into_iter().filter(|row| end.is_none_or(|end| row.cursor() < end));
        for row in older {
            let day = row.at_ms.day();
            if self.days.last().is_none_or(|(last, _)| *last != day) {
                self.days.push((day, page.days.iter().find(|total| total.day == day).copied()));
            }
            self.rows.push(row);
        }
        self.next = page.next;
    }

    /// The receipts of one day.
    pub fn of_day(&self, day: Day) -> Vec<ReceiptRow> {
        self.rows.iter().filter(|row| row.at_ms.day() == day).cloned().collect()
    }
}

/// The list and what is being asked for it.
#[derive(Clone, Copy)]
pub struct Listing {
    /// What was loaded.
    pub loaded: RwSignal<Loaded>,
    /// The codes by which it can be narrowed.
    pub codes: RwSignal<Vec<CodeChoice>>,
    /// The stores by which it can be narrowed.
    pub stores: RwSignal<Vec<StoreChoice>>,
    /// Whether more is on its way.
    pub is_busy: RwSignal<bool>,
    /// Counts the questions, so that the answer to an earlier one is not taken for that to the last.
    pub asked: RwSignal<u64>,
    /// Why the last request was refused.
    pub refused: RwSignal<Option<Refusal>>,
    /// How far the page was scrolled when it was left.
    pub scrolled: RwSignal<i32>,
}

impl Listing {
    /// The list with which a page begins.
    pub fn new(first: Option<(ReceiptQuery, Result<ReceiptPage, Refusal>)>) -> Listing {
        let (mut codes, mut stores) = (vec![], vec![]);
        let (loaded, refused) = match first {
            Some((query, Ok(mut page))) => {
                codes = std::mem::take(&mut page.codes);
                stores = std::mem::take(&mut page.stores);
                (Loaded::begin(query, page), None)
            }
            Some((query, Err(refusal))) => (Loaded { begun: Some(query), ..Loaded::default() }, Some(refusal)),
            None => (Loaded::default(), None),
        };
        Listing {
            loaded: RwSignal::new(loaded),
            codes: RwSignal::new(codes),
            stores: RwSignal::new(stores),
            is_busy: RwSignal::new(false),
            asked: RwSignal::new(0),
            refused: RwSignal::new(refused),
            scrolled: RwSignal::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Fen, Millis, PaymentId};

    const DAY_MS: i64 = 86_400_000;

    fn row(at_ms: i64) -> ReceiptRow {
        ReceiptRow {
            payment: PaymentId::of(uuid::Uuid::from_u128(at_ms as u128)),
            title: String::new(),
            detail: String::new(),
            code_name: String::new(),
            amount_fen: Fen::of(100),
            refunding_fen: Fen::ZERO,
            refunded_fen: Fen::ZERO,
            at_ms: Millis::of(at_ms),
        }
    }

    fn page(times: &[i64], next: bool) -> ReceiptPage {
        let rows: Vec<_> = times.iter().map(|at| row(*at)).collect();
        let mut days: Vec<DayTotal> = rows.iter().map(|row| DayTotal { day: row.at_ms.day(), count: 7, sum_fen: Fen::of(700) }).collect();
        days.dedup();
        let next = rows.last().filter(|_| next).map(ReceiptRow::cursor);
        ReceiptPage { rows, days, next, as_of_ms: Millis::of(times[0]), ..ReceiptPage::default() }
    }

    #[test]
    fn an_older_page_is_appended_without_doubling_a_receipt_or_a_day() {
        let mut loaded = Loaded::begin(ReceiptQuery::default(), page(&[10 * DAY_MS + 3, 10 * DAY_MS + 2], true));
        loaded.append(page(&[10 * DAY_MS + 2, 10 * DAY_MS + 1, 9 * DAY_MS], false));
        let times: Vec<_> = loaded.rows.iter().map(|row| row.at_ms.get()).collect();
        assert_eq!(times, [10 * DAY_MS + 3, 10 * DAY_MS + 2, 10 * DAY_MS + 1, 9 * DAY_MS]);
        assert_eq!(loaded.days.iter().map(|(day, total)| (day.get(), total.is_some())).collect::<Vec<_>>(), [(10, true), (9, true)]);
        assert_eq!(loaded.next, None);
        assert_eq!(loaded.of_day(Day::of(10)).len(), 3);
    }
}
