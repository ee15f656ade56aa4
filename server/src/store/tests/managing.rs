//! The list of an organisation's managers, however many there are.

use domain::account::{Lang, Phone};
use domain::letter::{LetterKind, LetterState, MailAddress};
use domain::{AccountId, Millis, Role, TenantId};
use uuid::Uuid;

use super::stores;
use crate::store::letters::{NewLetter, Told};
use crate::store::managers::{Part, StoredManager, Turn, Wanted};
use crate::store::testing::shop::{NOON, Shop};
use crate::store::*;

const DAY_MS: i64 = 86_400_000;

/// Somebody who is registered, ten at each moment.
struct Somebody {
    tenant: TenantId,
    place: i64,
}

impl Somebody {
    async fn register(&self, tx: &mut Tx<'_>) -> AccountId {
        let account = AccountId::of(Uuid::now_v7());
        let phone = Phone::parse(&format!("137{:08}", self.place + (self.tenant.get().as_u128() % 50_000) as i64 * 2_000)).unwrap();
        let at = NOON.plus_ms(self.place / 10);
        accounts::insert(tx, account, &phone, &format!("收款人{}", self.place), at).await.unwrap();
        accounts::set_password(tx, account, "$argon2id$x").await.unwrap();
        accounts::add_member(tx, self.tenant, account, Role::Manager, at).await.unwrap();
        account
    }
}

struct Crowd(TenantId, std::ops::Range<i64>);

impl Command for Crowd {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for place in self.1.clone() {
            Somebody { tenant: self.0, place }.register(tx).await;
        }
        Ok(())
    }
}

async fn part(store: &Store, tenant: TenantId, wanted: &Wanted, turn: Turn) -> Part {
    let mut conn = store.read().await.unwrap();
    managers::page(&mut conn.tx(), tenant, wanted, turn, 50, NOON).await.unwrap()
}

fn names(managers: &[StoredManager]) -> Vec<String> {
    managers.iter().map(|manager| manager.name.clone()).collect()
}

#[tokio::test]
async fn a_thousand_managers_are_each_seen_once_forwards_and_backwards_while_more_are_registered() {
    for test in stores().await {
        let (shop, other) = (Shop::open(&test.store).await, Shop::open(&test.store).await);
        test.store.write(Crowd(shop.tenant, 0..1_000)).await.unwrap();
        test.store.write(Crowd(other.tenant, 0..20)).await.unwrap();
        let all = Wanted::default();
        let mut seen: Vec<StoredManager> = vec![];
        let mut turn = Turn::First;
        loop {
            let page = part(&test.store, shop.tenant, &all, turn).await;
            assert_eq!(page.has_before, turn != Turn::First, "{}", test.engine);
            turn = Turn::After(page.managers.last().unwrap().mark());
            seen.extend(page.managers);
            if !page.has_after {
                break;
            }
            // Whoever is registered meanwhile moves nobody to another page.
            if seen.len() == 100 {
                test.store.write(Crowd(shop.tenant, 1_000..1_003)).await.unwrap();
            }
        }
        assert_eq!(seen.len(), 1_001, "{}: the first manager of the canteen, too", test.engine);
        assert!(seen.windows(2).all(|two| (two[0].created_at_ms, two[0].account) > (two[1].created_at_ms, two[1].account)));
        let mut back: Vec<StoredManager> = vec![];
        let mut turn = Turn::Before(seen.last().unwrap().mark());
        loop {
            let page = part(&test.store, shop.tenant, &all, turn).await;
            if !page.has_before {
                // What is left of the beginning is filled up to a whole page.
                assert_eq!((page.managers.len(), page.managers[0].name.as_str(), page.has_after), (50, "收款人1002", true));
                break;
            }
            turn = Turn::Before(page.managers[0].mark());
            back.splice(0..0, page.managers);
        }
        assert_eq!(names(&back), names(&seen[1_000 - back.len()..1_000]), "{}", test.engine);
        assert!(back.len() >= 950, "{}", back.len());
        let end = part(&test.store, shop.tenant, &all, Turn::After(seen.last().unwrap().mark())).await;
        assert_eq!((end.managers.len(), end.has_before, end.has_after), (50, false, true), "beyond the end is the beginning");
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(managers::count(&mut conn.tx(), shop.tenant, &all, NOON).await.unwrap(), 1_004, "{}", test.engine);
        assert_eq!(managers::count(&mut conn.tx(), other.tenant, &all, NOON).await.unwrap(), 21, "{}", test.engine);
    }
}

#[tokio::test]
async fn one_of_a_thousand_is_found_by_any_part_of_name_phone_or_mail() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        test.store.write(Crowd(shop.tenant, 0..1_000)).await.unwrap();
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let odd = Somebody { tenant: shop.tenant, place: 1_000 }.register(tx).await;
        let mail = MailAddress::parse("Élan@x.example").or(MailAddress::parse("Elan_50@qinghe.example"));
        accounts::set_contact(tx, odd, "Zoé 50%", mail.as_ref(), Lang::default()).await.unwrap();
        let phone = managers::one(tx, shop.tenant, odd, NOON).await.unwrap().unwrap().phone;
        for (words, expected) in [
            ("收款人99", 11),
            ("收款人999", 1),
            ("收款人", 1_000),
            ("王经理", 1),
            (phone.as_str(), 1),
            ("zoé", 1),
            ("Zoé", 1),
            ("50%", 1),
            ("%", 1),
            ("_", 1),
            ("ELAN_50@QINGHE", 1),
            ("' OR 1 = 1", 0),
            ("nobody", 0),
            ("", 1_002),
        ] {
            let wanted = Wanted { words: words.to_owned(), needs_attention: false };
            assert_eq!(managers::count(tx, shop.tenant, &wanted, NOON).await.unwrap(), expected, "{} {words}", test.engine);
            let page = part(&test.store, shop.tenant, &wanted, Turn::First).await;
            assert_eq!(i64::try_from(page.managers.len()).unwrap(), expected.min(50), "{} {words}", test.engine);
            assert_eq!(page.has_after, expected > 50);
        }
    }
}

/// Somebody with a letter, and how they stand.
struct Case {
    name: &'static str,
    has_password: bool,
    has_mail: bool,
    letters: &'static [(LetterKind, LetterState)],
    /// Whether the letters went to another address than the present one.
    moved: bool,
    /// Whether they need the administrator now, and after a day.
    expected: (bool, bool),
}

#[rustfmt::skip]
const CASES: [Case; 15] = {
    use LetterKind::{Invitation, Recovery};
    use LetterState::{Bounced, GivenUp, NoServer, Refused, Sent, Waiting};
    const fn case(name: &'static str, has_password: bool, has_mail: bool, letters: &'static [(LetterKind, LetterState)], expected: (bool, bool)) -> Case {
        Case { name, has_password, has_mail, letters, moved: false, expected }
    }
    [
        case("no address", false, false, &[], (true, true)),
        case("never written to", false, true, &[], (true, true)),
        case("on its way", false, true, &[(Invitation, Waiting)], (false, false)),
        case("sent", false, true, &[(Invitation, Sent)], (false, true)),
        case("refused", false, true, &[(Invitation, Refused)], (true, true)),
        case("came back", false, true, &[(Invitation, Bounced)], (true, true)),
        case("given up", false, true, &[(Invitation, GivenUp)], (true, true)),
        case("no server", false, true, &[(Invitation, NoServer)], (true, true)),
        case("written to again", false, true, &[(Invitation, Refused), (Invitation, Sent)], (false, true)),
        case("a recovery is no invitation", false, true, &[(Invitation, Sent), (Recovery, Refused)], (false, true)),
        case("accepted", true, true, &[(Invitation, Sent)], (false, false)),
        case("accepted without an address", true, false, &[], (false, false)),
        case("a recovery refused", true, true, &[(Invitation, Sent), (Recovery, Refused)], (true, true)),
        case("a recovery came back", true, true, &[(Recovery, Bounced)], (true, true)),
        Case { moved: true, ..case("the address was corrected", true, true, &[(Recovery, Bounced)], (false, false)) },
    ]
};

impl Case {
    async fn set_up(&self, tx: &mut Tx<'_>, tenant: TenantId, place: i64) {
        let account = AccountId::of(Uuid::now_v7());
        let at = NOON.plus_ms(-1_000 - place);
        accounts::insert(tx, account, &Phone::parse(&format!("136{place:08}")).unwrap(), self.name, at).await.unwrap();
        let mail = MailAddress::parse(&format!("m{place}@qinghe.example")).filter(|_| self.has_mail);
        accounts::set_contact(tx, account, self.name, mail.as_ref(), Lang::default()).await.unwrap();
        if self.has_password {
            accounts::set_password(tx, account, "$argon2id$x").await.unwrap();
        }
        accounts::add_member(tx, tenant, account, Role::Manager, at).await.unwrap();
        for (ms, (kind, state)) in (0..).zip(self.letters) {
            let address = mail.clone().filter(|_| !self.moved).unwrap_or(MailAddress::parse("old@qinghe.example").unwrap());
            let new =
                NewLetter { tenant, id: Uuid::now_v7(), account, kind: *kind, address, lang: Lang::default(), state: LetterState::Waiting };
            letters::insert(tx, &new, at.plus_ms(ms)).await.unwrap();
            let told = Told { state: *state, reason: Some("550 no".into()), due_at_ms: None };
            letters::tell(tx, tenant, new.id, &told, NOON).await.unwrap();
        }
    }
}

async fn in_need(tx: &mut Tx<'_>, tenant: TenantId, now: Millis) -> Vec<String> {
    let wanted = Wanted { words: String::new(), needs_attention: true };
    let page = managers::page(tx, tenant, &wanted, Turn::First, 50, now).await.unwrap();
    let everybody = managers::page(tx, tenant, &Wanted::default(), Turn::First, 50, now).await.unwrap();
    let marked: Vec<_> = everybody.managers.into_iter().filter(|manager| manager.needs_attention(now)).collect();
    assert_eq!(page.managers, marked, "the filter shows whom the list marks");
    assert_eq!(managers::count(tx, tenant, &wanted, now).await.unwrap(), i64::try_from(marked.len()).unwrap());
    names(&marked)
}

#[tokio::test]
async fn those_who_need_the_administrator_are_told_from_the_others() {
    for test in stores().await {
        let (shop, other) = (Shop::open(&test.store).await, Shop::open(&test.store).await);
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        accounts::set_password(tx, shop.payee, "$argon2id$x").await.unwrap();
        for (place, case) in (0..).zip(&CASES) {
            case.set_up(tx, shop.tenant, place).await;
        }
        for (now, later) in [(NOON, false), (NOON.plus_ms(DAY_MS - 1), false), (NOON.plus_ms(DAY_MS), true)] {
            let expected: Vec<_> = CASES
                .iter()
                .filter(|case| if later { case.expected.1 } else { case.expected.0 })
                .map(|case| case.name.to_owned())
                .collect();
            assert_eq!(in_need(tx, shop.tenant, now).await, expected, "{} {now:?}", test.engine);
        }
        assert_eq!(in_need(tx, other.tenant, NOON).await, ["王经理"], "of another organisation nobody is seen");
        // Nobody writes to whoever is suspended.
        let refused = accounts::by_phone(tx, &Phone::parse("13600000004").unwrap()).await.unwrap().unwrap().id;
        accounts::set_suspended(tx, shop.tenant, refused, Role::Manager, Some(NOON)).await.unwrap();
        assert!(!in_need(tx, shop.tenant, NOON).await.contains(&"refused".to_owned()), "{}", test.engine);
        let both = Wanted { words: "m5@".to_owned(), needs_attention: true };
        let page = managers::page(tx, shop.tenant, &both, Turn::First, 50, NOON).await.unwrap();
        assert_eq!(names(&page.managers), ["came back"], "{}: words and attention together", test.engine);
    }
}
