//! Who may return money, and by which name.

use domain::refund_right::{ManagerRefunds, NoRight, RefundRight, ReturnName};
use domain::{Day, Fen, Payment, Role};

use crate::given::*;

#[test]
fn a_role_returns_what_the_organisation_lets_it_and_never_more_than_is_left() {
    use ManagerRefunds::*;
    use Role::*;
    let returned = |refunding: i64, refunded: i64| Payment { refunding_fen: Fen::of(refunding), refunded_fen: Fen::of(refunded), ..paid() };
    let up_to = |fen| UpTo { limit_fen: Fen::of(fen) };
    let most = |most: i64, left: i64| Ok(RefundRight { most_fen: Fen::of(most), left_fen: Fen::of(left) });
    let no = Err(NoRight::NotAllowed);
    let today = paid().paid_at_ms.unwrap();
    let table = [
        // Administrators return of every receipt, whatever managers may.
        (Administrator, false, Never, paid(), most(100, 100)),
        (Administrator, true, up_to(1), returned(30, 30), most(40, 40)),
        // Managers, of their own receipts only, as far as they are let.
        (Manager, true, Never, paid(), no),
        (Manager, true, Whole, paid(), most(100, 100)),
        (Manager, false, Whole, paid(), no),
        (Manager, false, up_to(100), paid(), no),
        (Manager, true, up_to(99), paid(), most(99, 100)),
        (Manager, true, up_to(100), paid(), most(100, 100)),
        (Manager, true, up_to(1_000), paid(), most(100, 100)),
        // What went back before counts, whether or not it arrived.
        (Manager, true, up_to(50), returned(0, 20), most(30, 80)),
        (Manager, true, up_to(50), returned(20, 20), most(10, 60)),
        (Manager, true, up_to(50), returned(0, 50), most(0, 50)),
        (Manager, true, up_to(50), returned(0, 60), most(0, 40)),
        (Manager, true, up_to(0), paid(), most(0, 100)),
        (Manager, true, Whole, returned(0, 100), most(0, 0)),
        (Manager, true, SameDay, paid(), most(100, 100)),
        (Manager, false, SameDay, paid(), no),
        // Nobody else.
        (Holder, true, Whole, paid(), no),
        (Holder, false, Whole, paid(), no),
    ];
    for (role, is_payee, managers, payment, expected) in table {
        assert_eq!(RefundRight::of(role, is_payee, managers, &payment, today), expected, "{role:?} {is_payee} {managers:?}");
    }
}

#[test]
fn who_may_only_withdraw_returns_until_midnight_and_nothing_later() {
    let midnight = paid().paid_at_ms.unwrap().day().ends_at();
    let right = |now| RefundRight::of(Role::Manager, true, ManagerRefunds::SameDay, &paid(), now).is_ok();
    assert!(right(midnight.plus_ms(-1)));
    assert!(!right(midnight));
}

#[test]
fn above_the_limit_is_told_apart_from_more_than_is_left() {
    let right = RefundRight { most_fen: Fen::of(40), left_fen: Fen::of(60) };
    let above = Err(NoRight::AboveLimit { most_fen: Fen::of(40) });
    let table = [(1, Ok(())), (40, Ok(())), (41, above), (60, above), (61, Ok(())), (0, Ok(())), (-1, Ok(()))];
    for (amount, expected) in table {
        assert_eq!(right.covers(Fen::of(amount)), expected, "{amount}");
    }
}

#[test]
fn what_goes_back_on_the_day_of_the_payment_is_a_withdrawal_until_midnight_in_shanghai() {
    use ReturnName::*;
    let day = Day::from_ymd(2026, 11, 22).unwrap();
    let (first, last) = (day.starts_at(), day.ends_at().plus_ms(-1));
    let table = [
        (first, first, Withdrawal),
        (first, last, Withdrawal),
        (last, last, Withdrawal),
        (first, day.ends_at(), Refund),
        (last, day.ends_at(), Refund),
        (first.plus_ms(-1), first, Refund),
    ];
    for (paid_at, now, expected) in table {
        assert_eq!(ReturnName::at(paid_at, now), expected, "{} {}", paid_at.text(), now.text());
    }
}
