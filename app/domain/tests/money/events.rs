//! One payment with everything around it, and what can happen to it. The world applies the rules, keeps the books, and keeps
//! count for itself of what the channel really took and gave back; [`World::assert_sound`] compares.

use std::collections::BTreeMap;
use std::rc::Rc;

use domain::ledger::LedgerAccount;
use domain::payment::{Attempt, AttemptState, Trade, settle};
use domain::refund::{self, Refund, RefundCause, RefundState, RefundWord};
use domain::{Fen, Millis, OutRefundNo, Payment, PaymentState};

use crate::books::Books;
use crate::given;

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The payer tries again in another way: a second attempt, not yet known to exist at the channel.
    SecondAttempt,
    /// The channel answers the creation of the attempt: created, or refused.
    Created(usize, bool),
    /// The channel says something about the attempt.
    Word(usize, Trade),
    /// The payment's time is over.
    Expires,
    /// Somebody asks for this much back, in fen; `None` for all that is left.
    RefundAsked(Option<i64>),
    /// The channel says something about the refund at this place.
    RefundSaid(usize, RefundWord),
    /// An operator returns the money of the attempt at this place that is kept apart.
    KeptReturned(usize),
}

impl Account {
    /// The account without the numbers of refunds: balances, number of bookings, what was received and returned.
    pub fn without_numbers(&self) -> (Vec<(LedgerAccount, i64)>, usize, Vec<Fen>, Fen) {
        let (balances, bookings) = self.books.balances();
        (balances, bookings, self.really_received.values().copied().collect(), total(self.really_returned.values()))
    }
}

/// One payment, its refunds and its books, and what the channel really did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The payment.
    pub payment: Payment,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Its bookings and what they are compared with; shared between worlds that differ in nothing of it.
    pub account: Rc<Account>,
    /// How often it became a receipt.
    pub receipts: u32,
    /// The time.
    pub now: Millis,
}

/// What our books say and what the channel really did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Our bookings.
    pub books: Books,
    /// What each attempt's first success brought, as the channel said it.
    really_received: BTreeMap<usize, Fen>,
    /// The amounts of the refunds that the channel confirmed before giving them up.
    really_returned: BTreeMap<OutRefundNo, Fen>,
}

impl World {
    /// An open payment with one attempt that may or may not exist at the channel.
    pub fn new() -> World {
        World {
            payment: given::payment(PaymentState::Open, &[AttemptState::Unknown]),
            refunds: vec![],
            account: Rc::default(),
            receipts: 0,
            now: given::EARLY,
        }
    }

    /// What follows from `event`; the same world when nothing does.
    #[must_use]
    pub fn after(&self, event: &Event) -> World {
        self.moved_by(event).unwrap_or_else(|| self.clone())
    }

    /// What follows from `event`; `None` when it changes nothing or cannot happen now.
    pub fn moved_by(&self, event: &Event) -> Option<World> {
        let next = match event {
            Event::SecondAttempt => self.second_attempt(),
            Event::Created(index, created) => self.created(*index, *created),
            Event::Word(index, trade) => self.word(*index, trade),
            Event::Expires => self.expires(),
            Event::RefundAsked(fen) => self.refund_asked(fen.map_or_else(|| self.payment.refundable(), Fen::of)),
            Event::RefundSaid(index, word) => self.refund_said(*index, word),
            Event::KeptReturned(index) => self.kept_returned(*index),
        }?;
        next.assert_goes_on_from(self);
        Some(next)
    }

    fn second_attempt(&self) -> Option<World> {
        if self.told().state != PaymentState::Open || self.payment.attempts.len() > 1 {
            return None;
        }
        let mut next = self.clone();
        next.payment.attempts.push(given::attempt(1, AttemptState::Unknown));
        Some(next)
    }

    fn created(&self, index: usize, created: bool) -> Option<World> {
        if self.payment.attempts.get(index)?.state != AttemptState::Unknown {
            return None;
        }
        let mut next = self.clone();
        next.payment.attempts[index].state = if created { AttemptState::Ready } else { AttemptState::Refused };
        Some(next)
    }

    fn expires(&self) -> Option<World> {
        if self.now == given::LATE {
            return None;
        }
        // Nobody writes anything because time passes.
        Some(World { now: given::LATE, ..self.clone() })
    }

    /// The payment as its payer is told of it.
    fn told(&self) -> Payment {
        let mut told = self.payment.clone();
        told.close_when_over(self.now);
        told
    }

    fn word(&self, index: usize, trade: &Trade) -> Option<World> {
        self.payment.attempts.get(index)?;
        let settlement = settle(&self.payment, &given::no(index), trade, self.now);
        let received = self.first_money(index, trade);
        let booked = !settlement.transfers.is_empty() || settlement.is_new_receipt || settlement.refund.is_some();
        if received.is_none() && !booked && settlement.payment == self.payment {
            return None;
        }
        let mut next =
            World { payment: settlement.payment, receipts: self.receipts + u32::from(settlement.is_new_receipt), ..self.clone() };
        next.refunds.extend(settlement.refund);
        let account = Rc::make_mut(&mut next.account);
        account.really_received.extend(received.map(|fen| (index, fen)));
        settlement.transfers.iter().for_each(|transfer| account.books.book(transfer));
        Some(next)
    }

    /// What came, when this is the attempt's first success. A transaction that is another attempt's, and an amount that is none,
    /// are no money.
    fn first_money(&self, index: usize, trade: &Trade) -> Option<Fen> {
        let Trade::Paid { amount_fen, transaction, .. } = trade else { return None };
        let anothers = self.payment.attempts.iter().enumerate().any(|(i, a)| i != index && a.transaction.as_ref() == Some(transaction));
        let is_money = amount_fen.is_positive() && !anothers && !self.account.really_received.contains_key(&index);
        is_money.then_some(*amount_fen)
    }

    fn refund_asked(&self, amount: Fen) -> Option<World> {
        let no = given::refund_no(self.payment.refund_count);
        let opening = refund::open(&self.payment, no, amount, "", self.now).ok()?;
        let mut next = World { payment: opening.payment, ..self.clone() };
        Rc::make_mut(&mut next.account).books.book(&opening.transfer);
        next.refunds.push(opening.refund);
        Some(next)
    }

    fn kept_returned(&self, index: usize) -> Option<World> {
        let of = &self.payment.attempts.get(index)?.no;
        let no = given::refund_no(100 + self.refunds.len() as u32);
        let opening = refund::open_kept(&self.payment, of, &self.refunds, no, self.now).ok()?;
        let mut next = World { payment: opening.payment, ..self.clone() };
        Rc::make_mut(&mut next.account).books.book(&opening.transfer);
        next.refunds.push(opening.refund);
        Some(next)
    }

    fn refund_said(&self, index: usize, word: &RefundWord) -> Option<World> {
        let refund = self.refunds.get(index)?;
        let settlement = refund::settle(&self.payment, refund, word);
        let returned = (*word == RefundWord::Done && !refund.state.is_final()).then_some((refund.no.clone(), refund.amount_fen));
        let unchanged = settlement.refund == *refund && settlement.payment == self.payment;
        if returned.is_none() && settlement.transfers.is_empty() && unchanged {
            return None;
        }
        let mut next = World { payment: settlement.payment, ..self.clone() };
        next.refunds[index] = settlement.refund;
        let account = Rc::make_mut(&mut next.account);
        account.really_returned.extend(returned);
        settlement.transfers.iter().for_each(|transfer| account.books.book(transfer));
        Some(next)
    }

    /// What must be true at every moment; see the list in `explore`.
    pub fn assert_sound(&self) {
        self.account.books.assert_sound();
        self.assert_every_fen_has_its_place();
        self.assert_attempts_agree_with_the_payment();
        self.assert_extras_go_back();
    }

    fn assert_every_fen_has_its_place(&self) {
        let received = total(self.account.really_received.values());
        let returned = total(self.account.really_returned.values());
        assert_eq!(self.account.books.clearing(), minus(received, returned), "clearing is what came less what went: {self:?}");
        let [paid, kept_apart] = [&[AttemptState::Paid][..], &[AttemptState::Extra, AttemptState::Held]].map(|states| {
            let counted = self.payment.attempts.iter().filter(|attempt| states.contains(&attempt.state));
            total(counted.filter_map(|attempt| attempt.received_fen.as_ref()))
        });
        let refunds = |is_merchants: bool, counts: fn(RefundState) -> bool| {
            let of_cause = self.refunds.iter().filter(|refund| (refund.cause == RefundCause::Merchant) == is_merchants);
            total(of_cause.filter(|refund| counts(refund.state)).map(|refund| &refund.amount_fen))
        };
        let collected = self.account.books.owed(LedgerAccount::Collected(self.payment.payee));
        assert_eq!(collected, minus(paid, refunds(true, |state| state != RefundState::GivenUp)), "{self:?}");
        let suspense = self.account.books.owed(LedgerAccount::Suspense);
        assert_eq!(suspense, minus(kept_apart, refunds(false, |state| state != RefundState::GivenUp)), "{self:?}");
        let under_way = [true, false].map(|is_merchants| refunds(is_merchants, |state| !state.is_final()));
        assert_eq!(self.account.books.owed(LedgerAccount::RefundsPayable), total(&under_way), "{self:?}");
        assert_eq!(self.payment.refunding_fen, under_way[0], "{self:?}");
        assert_eq!(self.payment.refunded_fen, refunds(true, |state| state == RefundState::Done), "{self:?}");
        let given_back = total(&[self.payment.refunding_fen, self.payment.refunded_fen]);
        assert!(given_back <= self.payment.amount_fen, "more is returned than was asked: {self:?}");
    }

    fn assert_attempts_agree_with_the_payment(&self) {
        let Payment { state, attempts, paid_at_ms, amount_fen, .. } = &self.payment;
        let in_state = |state| attempts.iter().filter(|attempt| attempt.state == state).count();
        let receipts = usize::from(*state == PaymentState::Paid);
        assert_eq!(in_state(AttemptState::Paid), receipts, "a paid payment has one paid attempt: {self:?}");
        assert_eq!(self.receipts as usize, receipts, "at most one receipt, and only when paid: {self:?}");
        assert_eq!(paid_at_ms.is_some(), *state == PaymentState::Paid, "{self:?}");
        assert!(*state != PaymentState::Held || in_state(AttemptState::Held) > 0, "held without held money: {self:?}");
        assert!(*state != PaymentState::Open || !attempts.iter().any(|attempt| attempt.state.has_money()), "{self:?}");
        let can_come = attempts.iter().any(|attempt| attempt.state.is_live());
        let by_a_person = self.refunds.iter().any(|refund| refund.cause == RefundCause::WrongAmount);
        let is_over = self.now >= self.payment.expires_at_ms || by_a_person;
        assert!(*state != PaymentState::Closed || (is_over && !can_come), "closed too early: {self:?}");
        for (index, attempt) in attempts.iter().enumerate() {
            assert_eq!(
                attempt.received_fen.as_ref(),
                self.account.really_received.get(&index),
                "booked as the channel said first: {self:?}"
            );
            assert_eq!(attempt.state.has_money(), attempt.received_fen.is_some(), "{self:?}");
            assert_eq!(attempt.state.has_money(), attempt.transaction.is_some(), "{self:?}");
            let fits = attempt.received_fen == Some(*amount_fen);
            assert!(attempt.state != AttemptState::Paid || fits, "a receipt of another amount: {self:?}");
        }
    }

    fn assert_extras_go_back(&self) {
        for attempt in &self.payment.attempts {
            let of_attempt = |refund: &&Refund| refund.cause != RefundCause::Merchant && refund.attempt == attempt.no;
            let returns: Vec<_> = self.refunds.iter().filter(of_attempt).collect();
            assert_eq!(attempt.state == AttemptState::Extra, !returns.is_empty(), "an extra has its return, others none: {self:?}");
            assert!(returns.iter().all(|refund| Some(refund.amount_fen) == attempt.received_fen), "all of it goes back: {self:?}");
            let not_given_up = returns.iter().filter(|refund| refund.state != RefundState::GivenUp).count();
            assert!(not_given_up <= 1, "an extra goes back twice: {self:?}");
        }
    }

    /// What must be true of every step.
    fn assert_goes_on_from(&self, before: &World) {
        if matches!(before.payment.state, PaymentState::Paid | PaymentState::Closed) {
            assert_eq!(self.payment.state, before.payment.state, "a final payment changed");
        }
        if before.told().state == PaymentState::Closed {
            assert_eq!(self.told().state, PaymentState::Closed, "what was told as closed changed: {before:?} {self:?}");
        }
        for (was, is) in before.payment.attempts.iter().zip(&self.payment.attempts) {
            let decided = was.state == AttemptState::Held && *is == Attempt { state: AttemptState::Extra, ..was.clone() };
            assert!(!was.state.has_money() || was == is || decided, "an attempt with money changed: {was:?} {is:?}");
        }
        for (was, is) in before.refunds.iter().zip(&self.refunds) {
            assert!(!was.state.is_final() || was == is, "a final refund changed: {was:?} {is:?}");
        }
        assert!(self.refunds.len() >= before.refunds.len() && self.receipts >= before.receipts);
    }
}

fn total<'a>(amounts: impl IntoIterator<Item = &'a Fen>) -> Fen {
    amounts.into_iter().fold(Fen::ZERO, |sum, amount| sum.plus(*amount).unwrap())
}

fn minus(a: Fen, b: Fen) -> Fen {
    a.minus(b).unwrap()
}
