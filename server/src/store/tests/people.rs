//! People, sessions, codes and the small tables around them.

use domain::account::{Door, LOCK_MS};
use domain::code::CodeState;
use domain::token::TokenLife;
use domain::{AccountId, Caller, CodeId, PaymentId, Role};
use futures::future::join_all;
use uuid::Uuid;

use super::stores;
use crate::store::codes::CodeKind;
use crate::store::oauth_states::Trip;
use crate::store::photos::Photo;
use crate::store::sessions::{EndWhy, NewSession, Which};
use crate::store::testing::shop::{NOON, Shop};
use crate::store::*;

#[tokio::test]
async fn a_phone_number_has_one_account_and_its_owner_any_number_of_memberships() {
    for test in stores().await {
        let (one, two) = (Shop::open(&test.store).await, Shop::open(&test.store).await);
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let again = accounts::insert(tx, AccountId::of(Uuid::now_v7()), &one.phone, "别人", NOON).await;
        assert!(matches!(again, Err(StoreError::Duplicate)), "{}: {again:?}", test.engine);
        for is_new in [true, false] {
            let added = accounts::add_member(tx, two.tenant, one.payee, Role::Administrator, NOON.plus_ms(1)).await.unwrap();
            assert_eq!(added, is_new, "{}", test.engine);
        }
        let found = accounts::by_phone(tx, &one.phone).await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str(), found.password_hash.as_deref()), (one.payee, "王经理", None));
        assert_eq!(accounts::by_id(tx, one.payee).await.unwrap(), Some(found));
        let memberships = accounts::memberships(tx, one.payee).await.unwrap();
        let roles: Vec<_> = memberships.iter().map(|membership| (membership.tenant, membership.role)).collect();
        assert_eq!(roles, [(one.tenant, Role::Manager), (two.tenant, Role::Administrator)], "{}", test.engine);
        let managers = accounts::members(tx, two.tenant, Role::Manager).await.unwrap();
        assert_eq!(managers, [(two.payee, "王经理".to_owned())]);
    }
}

#[tokio::test]
async fn wrong_passwords_at_the_same_moment_all_count() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let at = doors::Entrance { phone: shop.phone.clone(), device: None };
        let knock = || test.store.write(doors::Wrong { at: at.clone(), now: NOON });
        let doors: Vec<_> = join_all((0..5).map(|_| knock())).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(doors.iter().filter(|door| door.is_locked(NOON)).count(), 1, "{}: the fifth locks", test.engine);
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let locked = Door { wrong_in_a_row: 0, locked_until_ms: NOON.plus_ms(LOCK_MS) };
        assert_eq!(doors::of(tx, &at).await.unwrap(), locked, "{}", test.engine);
        let own = doors::Entrance { device: Some("a browser".to_owned()), ..at.clone() };
        assert_eq!(doors::of(tx, &own).await.unwrap(), Door::default(), "{}: a door of its own", test.engine);
        doors::open(tx, &own).await.unwrap();
        assert_eq!(doors::of(tx, &at).await.unwrap(), locked, "{}: nobody else's door", test.engine);
        doors::open(tx, &at).await.unwrap();
        assert_eq!(doors::of(tx, &at).await.unwrap(), Door::default());
        for door in [&at, &own] {
            doors::Wrong { at: door.clone(), now: NOON }.run(tx).await.unwrap();
        }
        assert!(doors::open_all(tx, &shop.phone).await.unwrap());
        assert!(!doors::open_all(tx, &shop.phone).await.unwrap());
        for door in [&at, &own] {
            assert_eq!(doors::of(tx, door).await.unwrap(), Door::default());
        }
        accounts::set_password(tx, shop.payee, "$argon2id$x").await.unwrap();
        let account = accounts::by_id(tx, shop.payee).await.unwrap().unwrap();
        assert_eq!((account.password_hash.as_deref(), account.trust_round), (Some("$argon2id$x"), 1));
        for (since, round) in [(Some(NOON), 2), (Some(NOON), 2), (None, 2), (Some(NOON), 3)] {
            accounts::set_suspended(tx, shop.tenant, shop.payee, Role::Manager, since).await.unwrap();
            assert_eq!(accounts::by_id(tx, shop.payee).await.unwrap().unwrap().trust_round, round, "{} {since:?}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_session_lasts_until_it_ends_is_ended_or_the_role_is_gone() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let caller = Caller { tenant: shop.tenant, account: shop.payee, role: Role::Manager };
        let new = |byte| NewSession {
            token_hash: [byte; 32],
            caller,
            device: "手机".into(),
            expires_at_ms: NOON.plus_ms(1_000_000),
            idle_at_ms: None,
        };
        let tx = &mut conn.tx();
        for byte in 1..=3 {
            sessions::insert(tx, &new(byte), NOON).await.unwrap();
        }
        let session = sessions::by_token(tx, &[1; 32], NOON).await.unwrap().unwrap();
        assert_eq!((session.caller, session.account_name.as_str(), session.tenant_name.as_str()), (caller, "王经理", "第一食堂"));
        assert_eq!(sessions::by_token(tx, &[9; 32], NOON).await.unwrap(), None);
        assert!(sessions::by_token(tx, &[1; 32], NOON.plus_ms(999_999)).await.unwrap().is_some());
        assert_eq!(sessions::by_token(tx, &[1; 32], NOON.plus_ms(1_000_000)).await.unwrap(), None);
        sessions::touch(tx, &[1; 32], NOON.plus_ms(60_000), NOON.plus_ms(61_000)).await.unwrap();
        let session = sessions::by_token(tx, &[1; 32], NOON.plus_ms(70_000)).await.unwrap().unwrap();
        assert_eq!((session.seen_at_ms, session.idle_at_ms), (NOON, None), "{}: it lasts without being used", test.engine);
        let how = |why| sessions::End { why, by_device: Some("平板"), now: NOON.plus_ms(5) };
        sessions::end(tx, Which::One(&[1; 32]), how(EndWhy::SignedOut)).await.unwrap();
        assert_eq!(sessions::by_token(tx, &[1; 32], NOON).await.unwrap(), None);
        let ended = sessions::ended(tx, &[1; 32], NOON).await.unwrap().unwrap();
        assert_eq!((ended.caller, ended.why, ended.ended_at_ms), (caller, EndWhy::SignedOut, NOON.plus_ms(5)));
        assert_eq!((ended.device.as_str(), ended.by_device.as_deref()), ("手机", Some("平板")));
        let administrating = Which::OfRole(shop.payee, Role::Administrator);
        assert_eq!(sessions::end(tx, administrating, how(EndWhy::Elsewhere)).await.unwrap(), 0);
        assert_eq!(sessions::end(tx, Which::OfRole(shop.payee, Role::Manager), how(EndWhy::Elsewhere)).await.unwrap(), 2);
        assert_eq!(sessions::history(tx, &caller).await.unwrap().len(), 3);
        sessions::insert(tx, &new(5), NOON).await.unwrap();
        assert!(accounts::set_suspended(tx, shop.tenant, shop.payee, Role::Manager, Some(NOON)).await.unwrap());
        assert!(!accounts::set_suspended(tx, shop.tenant, shop.payee, Role::Manager, Some(NOON)).await.unwrap());
        assert_eq!(sessions::by_token(tx, &[5; 32], NOON).await.unwrap(), None, "{}: suspended", test.engine);
        assert!(accounts::set_suspended(tx, shop.tenant, shop.payee, Role::Manager, None).await.unwrap());
        assert!(!accounts::set_suspended(tx, shop.tenant, shop.payee, Role::Manager, None).await.unwrap());
        assert!(sessions::by_token(tx, &[5; 32], NOON).await.unwrap().is_some());
        sessions::insert(tx, &new(4), NOON).await.unwrap();
        conn.run("DELETE FROM member").await;
        assert_eq!(sessions::by_token(&mut conn.tx(), &[4; 32], NOON).await.unwrap(), None, "{}: the role is gone", test.engine);
        sessions::tidy(&mut conn.tx(), NOON.plus_ms(1_000_000)).await.unwrap();
        assert_eq!(sessions::end(&mut conn.tx(), Which::All(shop.payee), how(EndWhy::NewPassword)).await.unwrap(), 0);
        let history = sessions::history(&mut conn.tx(), &caller).await.unwrap();
        assert_eq!(history.iter().filter(|ended| ended.why == EndWhy::Expired).count(), 2, "{}", test.engine);
        sessions::tidy(&mut conn.tx(), NOON.plus_ms(1_000_000 + 30 * 86_400_000)).await.unwrap();
        assert_eq!(sessions::history(&mut conn.tx(), &caller).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_session_that_ends_unused_is_over_then_whatever_ends_it_afterwards() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let caller = Caller { tenant: shop.tenant, account: shop.payee, role: Role::Administrator };
        accounts::add_member(tx, shop.tenant, shop.payee, Role::Administrator, NOON).await.unwrap();
        let at = |ms| NOON.plus_ms(ms);
        for byte in 1..=3 {
            let (token_hash, device) = ([byte; 32], "电脑".to_owned());
            let new = NewSession { token_hash, caller, device, expires_at_ms: at(10_000), idle_at_ms: Some(at(1_000)) };
            sessions::insert(tx, &new, NOON).await.unwrap();
        }
        for (token, now, until) in [(1, 999, 1_999), (2, 1_000, 2_000), (3, 500, 20_000), (3, 400, 1_400)] {
            sessions::touch(tx, &[token; 32], at(now), at(until)).await.unwrap();
        }
        let table = [(1, 1_998, true), (1, 1_999, false), (2, 999, true), (2, 1_000, false), (3, 9_999, true), (3, 10_000, false)];
        for (token, now, expected) in table {
            let found = sessions::by_token(tx, &[token; 32], at(now)).await.unwrap();
            assert_eq!(found.is_some(), expected, "{} {token} {now}", test.engine);
            let ended = sessions::ended(tx, &[token; 32], at(now)).await.unwrap();
            assert_eq!(ended.map(|ended| (ended.why, ended.ended_at_ms)), (!expected).then_some((EndWhy::Expired, at(now))));
        }
        assert!(sessions::present(tx, &caller, at(9_999)).await.unwrap().is_some());
        let end = sessions::End { why: EndWhy::Elsewhere, by_device: Some("平板"), now: at(5_000) };
        let ended = sessions::end(tx, Which::OfRole(shop.payee, Role::Administrator), end).await.unwrap();
        assert_eq!(ended, 1, "{}: only one went on until then", test.engine);
        let mut history = sessions::history(tx, &caller).await.unwrap();
        history.sort_by_key(|ended| ended.ended_at_ms);
        let history: Vec<_> = history.iter().map(|ended| (ended.ended_at_ms, ended.why, ended.by_device.as_deref())).collect();
        let expected =
            [(at(1_000), EndWhy::Expired, None), (at(1_999), EndWhy::Expired, None), (at(5_000), EndWhy::Elsewhere, Some("平板"))];
        assert_eq!(history, expected, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_password_link_works_once_and_in_time() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        for byte in 1..=2 {
            sessions::insert_link(tx, &[byte; 32], shop.payee, NOON.plus_ms(100)).await.unwrap();
        }
        assert_eq!(sessions::look_at_link(tx, &[1; 32], NOON).await.unwrap(), Some(shop.payee));
        let table = [(1, 0, true), (1, 0, false), (2, 100, false), (2, 99, true), (3, 0, false)];
        for (byte, after, expected) in table {
            let taken = sessions::take_link(tx, &[byte; 32], NOON.plus_ms(after)).await.unwrap();
            assert_eq!(taken, expected.then_some(shop.payee), "{} {byte} {after}", test.engine);
        }
        assert_eq!(sessions::look_at_link(tx, &[1; 32], NOON).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_code_is_found_by_every_token_with_what_its_page_shows() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let found = codes::by_token(tx, &shop.token).await.unwrap().unwrap();
        assert_eq!(found.code, shop.code);
        assert_eq!((found.kind, found.life, found.payee_name.as_str()), (CodeKind::App, TokenLife::default(), "王经理"));
        assert_eq!((found.merchant.name.as_str(), found.merchant.is_open, found.merchant.logo_url), ("第一食堂", true, None));
        assert_eq!(codes::by_token(tx, "nobody's").await.unwrap(), None);

        codes::set_state(tx, shop.tenant, shop.code.id, CodeState::Disabled).await.unwrap();
        tenants::set_open(tx, shop.tenant, false).await.unwrap();
        tenants::set_logo(tx, shop.tenant, Some(b"png")).await.unwrap();
        let found = codes::by_token(tx, &shop.token).await.unwrap().unwrap();
        assert_eq!((found.code.state, found.merchant.is_open), (CodeState::Disabled, false));
        let hash = tenants::logo_hash(b"png");
        assert_eq!(found.merchant.logo_url, Some(tenants::logo_url(shop.tenant, &hash)));
        assert_eq!(tenants::logo(tx, shop.tenant, &hash).await.unwrap().as_deref(), Some(&b"png"[..]));
        assert_eq!(tenants::logo(tx, shop.tenant, &tenants::logo_hash(b"gnp")).await.unwrap(), None);
        tenants::set_logo(tx, shop.tenant, None).await.unwrap();
        assert_eq!(tenants::logo(tx, shop.tenant, &hash).await.unwrap(), None);
        let tenant = tenants::by_id(tx, shop.tenant).await.unwrap().unwrap();
        assert_eq!(tenants::all(tx).await.unwrap(), [tenant]);

        assert_eq!(codes::form_version(tx, shop.tenant, shop.code.id, 1).await.unwrap(), Some(shop.code.form.clone()));
        assert_eq!(codes::form_version(tx, shop.tenant, shop.code.id, 2).await.unwrap(), None);
        let twice = codes::insert_form(tx, shop.tenant, shop.code.id.get(), &shop.code.form, NOON).await;
        assert!(matches!(twice, Err(StoreError::Duplicate)), "{}: a published version stays", test.engine);
    }
}

#[tokio::test]
async fn a_trip_to_the_sign_in_page_ends_once_in_the_browser_that_began_it() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let payment = PaymentId::of(Uuid::now_v7());
        let trip = Trip { state_hash: [1; 32], browser_hash: [2; 32], payment, tenant: shop.tenant, expires_at_ms: NOON.plus_ms(100) };
        oauth_states::insert(tx, &trip).await.unwrap();
        let table = [(1, 3, 0, false), (9, 2, 0, false), (1, 2, 100, false), (1, 2, 99, true), (1, 2, 99, false)];
        for (state, browser, after, expected) in table {
            let taken = oauth_states::take(tx, &[state; 32], &[browser; 32], NOON.plus_ms(after)).await.unwrap();
            assert_eq!(taken, expected.then_some((shop.tenant, payment)), "{} {state} {browser} {after}", test.engine);
        }
        assert_eq!(oauth_states::look(tx, &[1; 32], &[2; 32]).await.unwrap(), Some((shop.tenant, payment)));
        assert_eq!(oauth_states::look(tx, &[1; 32], &[3; 32]).await.unwrap(), None);
        oauth_states::delete_expired(tx, NOON.plus_ms(100)).await.unwrap();
        assert_eq!(oauth_states::look(tx, &[1; 32], &[2; 32]).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_photograph_belongs_to_one_payment_or_is_forgotten() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let (kept, lost, payment) = (Uuid::now_v7(), Uuid::now_v7(), PaymentId::of(Uuid::now_v7()));
        let photo = Photo { mime: "image/png".into(), bytes: vec![1, 2, 3] };
        photos::insert(tx, shop.tenant, kept, &photo, NOON).await.unwrap();
        photos::insert(tx, shop.tenant, lost, &photo, NOON).await.unwrap();
        assert!(photos::attach(tx, shop.tenant, kept, payment).await.unwrap());
        assert!(photos::attach(tx, shop.tenant, kept, payment).await.unwrap());
        assert!(!photos::attach(tx, shop.tenant, kept, PaymentId::of(Uuid::now_v7())).await.unwrap(), "{}", test.engine);
        assert_eq!(photos::delete_unattached(tx, NOON).await.unwrap(), 0);
        assert_eq!(photos::delete_unattached(tx, NOON.plus_ms(1)).await.unwrap(), 1);
        assert_eq!(photos::load(tx, shop.tenant, kept).await.unwrap(), Some(photo));
        assert_eq!(photos::load(tx, shop.tenant, lost).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_demonstration_is_marked_for_good() {
    for test in stores().await {
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        assert!(!meta::is_demo(tx).await.unwrap());
        meta::mark_demo(tx).await.unwrap();
        meta::mark_demo(tx).await.unwrap();
        assert!(meta::is_demo(tx).await.unwrap());
        meta::set(tx, "demo", "still").await.unwrap();
        assert_eq!(meta::get(tx, "demo").await.unwrap().as_deref(), Some("still"));
        assert_eq!(codes::app_code(tx, domain::TenantId::of(Uuid::nil()), AccountId::of(Uuid::nil())).await.unwrap(), None);
        assert_eq!(codes::form_version(tx, domain::TenantId::of(Uuid::nil()), CodeId::of(Uuid::nil()), 1).await.unwrap(), None);
    }
}
