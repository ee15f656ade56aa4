//! The rules of receivables, proven: whatever happens in whatever order, what is owed is never negative and is what the ledger says.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects, in its helpers too")]

use std::collections::BTreeMap;

use domain::ledger::ClaimAccount;
use domain::receivable::{
    Age, Ageing, BadRow, BadWhy, Claim, ClaimRefusal, Debtor, EntryField, EntryTyped, EntryWrong, Line, ManagerWriteOffs, Movement,
    MovementKind, NoWriteOff, Standing, column_letters, countable, kept_of_shares, may_write_off, parse_day, read_rows, transfers,
};
use domain::{AccountId, Day, Fen, ReceivableId, Role};
use proptest::prelude::*;
use uuid::Uuid;

const PAYEE: AccountId = AccountId::of(Uuid::nil());

/// What can happen around a debt of 1,000: payments by its code and others, which may come twice in the telling.
#[derive(Debug, Clone)]
enum Event {
    Paid { payment: usize, fen: i64 },
    Refunded { payment: usize, fen: i64 },
    RefundFailed { payment: usize, fen: i64 },
    Matched { payment: usize, fen: i64 },
    Unmatched { payment: usize },
    WrittenOff,
    Restored,
}

fn event() -> impl Strategy<Value = Event> {
    let (payment, fen) = (0..4_usize, 1..1_500_i64);
    prop_oneof![
        (payment.clone(), fen.clone()).prop_map(|(payment, fen)| Event::Paid { payment, fen }),
        (payment.clone(), fen.clone()).prop_map(|(payment, fen)| Event::Refunded { payment, fen }),
        (payment.clone(), fen.clone()).prop_map(|(payment, fen)| Event::RefundFailed { payment, fen }),
        (payment.clone(), fen).prop_map(|(payment, fen)| Event::Matched { payment, fen }),
        payment.prop_map(|payment| Event::Unmatched { payment }),
        Just(Event::WrittenOff),
        Just(Event::Restored),
    ]
}

/// The debt with its payments and its books, as the store keeps them.
#[derive(Default)]
struct Desk {
    claim: Claim,
    movements: Vec<Movement>,
    books: BTreeMap<ClaimAccount, i64>,
    /// What each payment that counts for the debt has kept, and what is on its way back.
    payments: BTreeMap<usize, (i64, i64)>,
    keys: std::collections::BTreeSet<String>,
}

impl Desk {
    fn raised(fen: i64) -> Desk {
        let mut desk = Desk::default();
        desk.moved(MovementKind::Raised, fen).unwrap();
        desk
    }

    fn moved(&mut self, kind: MovementKind, fen: i64) -> Result<(), ClaimRefusal> {
        let movement = Movement { kind, amount_fen: Fen::of(fen) };
        let after = self.claim.after(&movement)?;
        let no = self.movements.len().to_string();
        for transfer in transfers(self.claim, after, PAYEE, ReceivableId::of(Uuid::nil()), &no) {
            assert!(transfer.amount_fen.is_positive() && transfer.debit != transfer.credit);
            assert!(self.keys.insert(transfer.key), "a key is used once");
            *self.books.entry(transfer.debit).or_default() += transfer.amount_fen.get();
            *self.books.entry(transfer.credit).or_default() -= transfer.amount_fen.get();
        }
        self.claim = after;
        self.movements.push(movement);
        Ok(())
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Paid { payment, fen } | Event::Matched { payment, fen } => {
                // The same payment is told again: it counts once.
                if self.payments.contains_key(&payment) {
                    return;
                }
                let kind = if matches!(event, Event::Paid { .. }) { MovementKind::Collected } else { MovementKind::Matched };
                self.moved(kind, fen).unwrap();
                self.payments.insert(payment, (fen, 0));
            }
            Event::Refunded { payment, fen } => {
                let Some((kept, back)) = self.payments.get_mut(&payment).filter(|(kept, _)| *kept >= fen) else { return };
                (*kept, *back) = (*kept - fen, *back + fen);
                self.moved(MovementKind::Returned, fen).unwrap();
            }
            Event::RefundFailed { payment, fen } => {
                let Some((kept, back)) = self.payments.get_mut(&payment).filter(|(_, back)| *back >= fen) else { return };
                (*kept, *back) = (*kept + fen, *back - fen);
                self.moved(MovementKind::ReturnFailed, fen).unwrap();
            }
            Event::Unmatched { payment } => {
                let Some((kept, _)) = self.payments.remove(&payment) else { return };
                if kept > 0 {
                    self.moved(MovementKind::Unmatched, kept).unwrap();
                }
            }
            Event::WrittenOff => drop(self.moved(MovementKind::WrittenOff, self.claim.outstanding().get())),
            Event::Restored => drop(self.moved(MovementKind::Restored, self.claim.written_off().get().max(1))),
        }
    }

    fn balance(&self, account: ClaimAccount) -> i64 {
        self.books.get(&account).copied().unwrap_or(0)
    }

    fn check(&self) {
        let claim = self.claim;
        let kept: i64 = self.payments.values().map(|(kept, _)| kept).sum();
        assert_eq!(claim.settled_fen, Fen::of(kept), "what settles it is the money that stayed");
        for amount in [claim.outstanding(), claim.written_off(), claim.overpaid(), claim.settled_fen] {
            assert!(amount >= Fen::ZERO, "{claim:?}");
        }
        let wanted = [
            (ClaimAccount::Owed(PAYEE), claim.outstanding().get()),
            (ClaimAccount::WrittenOff(PAYEE), claim.written_off().get()),
            (ClaimAccount::Settled(PAYEE), claim.settled_fen.get()),
            (ClaimAccount::Raised(PAYEE), -claim.raised_fen.get()),
            (ClaimAccount::Overpaid(PAYEE), -claim.overpaid().get()),
        ];
        for (account, balance) in wanted {
            assert_eq!(self.balance(account), balance, "{account}");
        }
        assert_eq!(self.books.values().sum::<i64>(), 0);
        assert_eq!(Claim::of(&self.movements), Ok(claim), "the state is derived from the movements");
    }
}

proptest! {
    /// No order and no repetition makes what is owed negative, or other than the ledger says.
    #[test]
    fn what_is_owed_is_what_the_ledger_says_whatever_happens(events in prop::collection::vec(event(), 0..40)) {
        let mut desk = Desk::raised(1_000);
        desk.check();
        for event in &events {
            desk.happen(event);
            desk.check();
        }
    }

    /// Payments and refunds end in the same state in whatever order they become known.
    #[test]
    fn the_order_of_payments_does_not_matter(fens in prop::collection::vec(1..900_i64, 1..5), seed in any::<prop::sample::Index>()) {
        let run = |order: Vec<usize>| {
            let mut desk = Desk::raised(1_000);
            order.into_iter().for_each(|at| desk.happen(&Event::Paid { payment: at, fen: fens[at] }));
            (desk.claim, desk.books)
        };
        let forth: Vec<usize> = (0..fens.len()).collect();
        let mut other = forth.clone();
        other.rotate_left(seed.index(fens.len()));
        prop_assert_eq!(run(forth), run(other));
    }
}

#[test]
fn a_debt_stands_where_its_money_says() {
    use Standing::*;
    // Raised, settled, written off; standing, owed, written off, too much.
    let table = [
        (1000, 0, false, Open, 1000, 0, 0),
        (1000, 400, false, Open, 600, 0, 0),
        (1000, 1000, false, Paid, 0, 0, 0),
        (1000, 1500, false, Overpaid, 0, 0, 500),
        (1000, 0, true, WrittenOff, 0, 1000, 0),
        (1000, 400, true, WrittenOff, 0, 600, 0),
        // Somebody paid all the same.
        (1000, 1000, true, Paid, 0, 0, 0),
        (1000, 1001, true, Overpaid, 0, 0, 1),
    ];
    for (raised, settled, is_written_off, standing, owed, off, over) in table {
        let claim = Claim { raised_fen: Fen::of(raised), settled_fen: Fen::of(settled), is_written_off };
        assert_eq!((claim.standing(), claim.outstanding().get()), (standing, owed), "{claim:?}");
        assert_eq!((claim.written_off().get(), claim.overpaid().get()), (off, over), "{claim:?}");
    }
}

#[test]
fn what_cannot_happen_to_a_debt_is_refused() {
    use ClaimRefusal::*;
    use MovementKind::*;
    let paid = Claim { raised_fen: Fen::of(10), settled_fen: Fen::of(10), is_written_off: false };
    let off = Claim { raised_fen: Fen::of(10), settled_fen: Fen::ZERO, is_written_off: true };
    let table = [
        (paid, WrittenOff, 10, NothingOwed),
        (off, WrittenOff, 10, NothingOwed),
        (paid, Restored, 10, NotWrittenOff),
        (paid, Returned, 11, MoreThanSettled),
        (off, Unmatched, 1, MoreThanSettled),
        (paid, Collected, 0, NotAnAmount),
        (paid, Collected, -1, NotAnAmount),
        (paid, Collected, i64::MAX, NotAnAmount),
    ];
    for (claim, kind, fen, expected) in table {
        assert_eq!(claim.after(&Movement { kind, amount_fen: Fen::of(fen) }), Err(expected), "{kind:?} {fen}");
    }
}

#[test]
fn debts_grow_old_from_the_day_after_they_are_due() {
    let today = Day::parse("2026-11-22").unwrap();
    let table = [
        (None, Age::NotDue),
        (Some("2027-01-01"), Age::NotDue),
        (Some("2026-11-22"), Age::NotDue),
        (Some("2026-11-21"), Age::To30),
        (Some("2026-10-23"), Age::To30),
        (Some("2026-10-22"), Age::To60),
        (Some("2026-09-23"), Age::To60),
        (Some("2026-09-22"), Age::To90),
        (Some("2026-08-24"), Age::To90),
        (Some("2026-08-23"), Age::Over90),
        (Some("2000-01-01"), Age::Over90),
    ];
    let mut ageing = Ageing::default();
    for (due, expected) in table {
        let due = due.map(|due| Day::parse(due).unwrap());
        assert_eq!(Age::of(due, today), expected, "{due:?}");
        ageing.add(due, today, 1, Fen::of(10));
    }
    let counted: Vec<_> = ageing.ages().map(|(_, count, sum)| (count, sum.get())).collect();
    assert_eq!(counted, [(3, 30), (2, 20), (2, 20), (2, 20), (2, 20)]);
    assert_eq!((ageing.total(), ageing.overdue()), ((11, Fen::of(110)), (8, Fen::of(80))));
}

#[test]
fn what_was_written_off_beside_money_is_demanded_again_when_the_money_goes() {
    let did = |kind, fen| Movement { kind, amount_fen: Fen::of(fen) };
    for gone in [MovementKind::Unmatched, MovementKind::Returned] {
        let little = [did(MovementKind::Raised, 1_000), did(MovementKind::Matched, 960), did(MovementKind::WrittenOff, 40)];
        assert_eq!(Claim::of(&little).unwrap().outstanding(), Fen::ZERO);
        let all = [little.as_slice(), &[did(gone, 960)]].concat();
        assert_eq!(Claim::of(&all).unwrap().outstanding(), Fen::of(1_000), "{gone:?}: the limit held for 40");
    }
}

#[test]
fn a_match_counts_what_is_left_of_a_payment_and_no_more_than_is_owed() {
    let table = [(200, 100, Some(100)), (101, 100, Some(100)), (100, 100, Some(100)), (60, 100, Some(60)), (0, 100, None), (100, 0, None)];
    for (left, owed, counts) in table {
        assert_eq!(countable(Fen::of(left), Fen::of(owed)), counts.map(Fen::of), "{left} for {owed}");
    }
}

#[test]
fn what_counts_for_no_debt_goes_back_first_and_then_what_was_counted_last() {
    let table: [(i64, &[i64], &[i64]); 8] = [
        (250, &[100, 100], &[100, 100]),
        (200, &[100, 100], &[100, 100]),
        (199, &[100, 100], &[100, 99]),
        (100, &[100, 100], &[100, 0]),
        (40, &[100, 100], &[40, 0]),
        (0, &[100, 100], &[0, 0]),
        (70, &[100], &[70]),
        (70, &[], &[]),
    ];
    for (kept, shares, each) in table {
        let shares = shares.iter().copied().map(Fen::of);
        assert_eq!(kept_of_shares(Fen::of(kept), shares), each.iter().copied().map(Fen::of).collect::<Vec<_>>(), "{kept}");
    }
}

#[test]
fn a_debt_is_written_off_by_whoever_may() {
    use ManagerWriteOffs::*;
    let up_to = UpTo { limit_fen: Fen::of(100) };
    let table = [
        (Role::Administrator, false, Never, 1_000, Ok(())),
        (Role::Manager, true, Never, 1, Err(NoWriteOff::NotAllowed)),
        (Role::Manager, true, up_to, 100, Ok(())),
        (Role::Manager, true, up_to, 101, Err(NoWriteOff::AboveLimit { limit_fen: Fen::of(100) })),
        (Role::Manager, false, up_to, 1, Err(NoWriteOff::NotAllowed)),
        (Role::Manager, true, Whole, 1_000, Ok(())),
        (Role::Manager, false, Whole, 1, Err(NoWriteOff::NotAllowed)),
        (Role::Holder, true, Whole, 1, Err(NoWriteOff::NotAllowed)),
    ];
    for (role, is_payee, managers, owed, expected) in table {
        assert_eq!(may_write_off(role, is_payee, managers, Fen::of(owed)), expected, "{role:?} {is_payee} {managers:?} {owed}");
    }
}

fn typed(values: [&str; 8]) -> EntryTyped {
    let mut typed = EntryTyped::default();
    EntryField::ALL.into_iter().zip(values).for_each(|(field, value)| typed.set(field, value));
    typed
}

#[test]
fn a_typed_debt_is_read_or_everything_wrong_is_named() {
    let good =
        typed([" 张小明 ", "2026001", "138 0013 8000", "2026 秋季学费", "¥1,200.5", "2026年12月1日", "是", " 一  二 "]).check().unwrap();
    assert_eq!(good.debtor.name, "张小明");
    assert_eq!(good.debtor.phone.as_ref().map(|phone| phone.as_str()), Some("13800138000"));
    assert_eq!((good.amount_fen, good.due, good.in_parts), (Fen::of(120_050), Day::parse("2026-12-01"), true));
    assert_eq!(good.remark, "一 二");
    let least = typed(["张", "", "", "费", "0.01", "", "", ""]).check().unwrap();
    assert_eq!((least.debtor.phone, least.due, least.in_parts), (None, None, false));
    use EntryField::*;
    let long = "长".repeat(41);
    let table = [
        (["", "", "", "", "", "", "", ""], vec![(Name, EntryWrong::Missing), (Title, EntryWrong::Missing), (Amount, EntryWrong::Missing)]),
        (
            ["张", &long, "12", "费", "x", "31.2.2026", "也许", ""],
            vec![
                (Reference, EntryWrong::TooLong { most: 40 }),
                (Phone, EntryWrong::NotAPhone),
                (Amount, EntryWrong::NotAnAmount),
                (Due, EntryWrong::NotADay),
                (Parts, EntryWrong::NotYesOrNo),
            ],
        ),
        (["张", "", "", "费", "0", "", "", ""], vec![(Amount, EntryWrong::NotAnAmount)]),
        (["张", "", "", "费", "1.234", "", "", ""], vec![(Amount, EntryWrong::TooManyDecimals)]),
        (["张", "", "", "费", "50000.01", "", "否", ""], vec![(Amount, EntryWrong::NeedsParts)]),
        (["张", "", "", "费", "10000000.01", "", "是", ""], vec![(Amount, EntryWrong::TooMuch)]),
    ];
    for (values, expected) in table {
        assert_eq!(typed(values).check(), Err(expected), "{values:?}");
    }
    assert!(typed(["张", "", "", "费", "50000.01", "", "是", ""]).check().is_ok());
}

#[test]
fn a_day_is_read_as_people_write_it() {
    let day = |text: &str| parse_day(text).map(|day| day.to_string());
    for text in ["2026-12-01", "2026/12/1", "2026.12.01", "2026年12月1日", "20261201", " 2026-12-01 00:00:00 ", "２０２６－１２－０１"]
    {
        assert_eq!(day(text).as_deref(), Some("2026-12-01"), "{text}");
    }
    for text in ["", "1.12.2026", "2026-13-01", "2026-02-30", "12/1", "1926-12-01", "soon", "2026-12"] {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn a_name_is_shown_to_others_by_its_ends() {
    let table = [("张", "张"), ("张三", "张*"), ("张小明", "张*明"), ("欧阳小明", "欧*明"), ("Ann Lee", "A*e"), ("", "")];
    for (name, expected) in table {
        let debtor = Debtor { name: name.into(), reference: String::new(), phone: None };
        assert_eq!(debtor.masked_name(), expected, "{name}");
    }
}

fn lines(rows: &[&[&str]]) -> Vec<Line> {
    let cells = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
    rows.iter().enumerate().map(|(at, row)| Line { no: at + 1, cells: cells(row) }).collect()
}

#[test]
fn a_table_is_read_by_its_headings_and_each_fault_has_its_place() {
    let read = read_rows(&lines(&[
        &["备注", "金额（元）", "姓名", "事项", "学号", "截止日期"],
        &["", "100", "张三", "学费", "S1", "2026/12/1"],
        &["", "", "", "", "", ""],
        &["", "一百", "", "学费", "S2", ""],
        &["x", "100.00", "张三", "学费", "S1", "2026-12-01"],
        &["", "5", "李四", "学费"],
        &["", "5", "王五", "学费"],
        &["", "5", "李四", "学费"],
    ]))
    .unwrap();
    let good: Vec<_> = read.good.iter().map(|(line, entry)| (*line, entry.debtor.name.as_str(), entry.amount_fen.get())).collect();
    assert_eq!(good, [(2, "张三", 10_000), (6, "李四", 500), (7, "王五", 500)]);
    let bad = |line, column, said: &str, why| BadRow { line, column, said: said.to_owned(), why };
    let expected = [
        bad(4, Some((2, EntryField::Name)), "", BadWhy::Field(EntryWrong::Missing)),
        bad(4, Some((1, EntryField::Amount)), "一百", BadWhy::Field(EntryWrong::NotAnAmount)),
        bad(5, None, "", BadWhy::Repeats { line: 2 }),
        bad(8, None, "", BadWhy::Repeats { line: 6 }),
    ];
    assert_eq!(read.bad, expected);
    let english = read_rows(&lines(&[&["Amount (yuan)", "Name", "Purpose", "Due day"], &["1", "Ann", "Fee", "2026-12-01"]])).unwrap();
    assert_eq!(english.good.len(), 1);
    assert_eq!(read_rows(&lines(&[&["姓名", "价格"]])), Err(vec![EntryField::Title, EntryField::Amount]));
    assert_eq!(read_rows(&[]).unwrap_err().len(), 3);
}

#[test]
fn columns_have_the_letters_of_a_spreadsheet() {
    for (place, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
        assert_eq!(column_letters(place), letters, "{place}");
    }
}
