//! The administrator's list of managers when there are many of them.

use domain::account::{Lang, Phone};
use domain::letter::{LetterKind, LetterState, MailAddress};
use domain::{AccountId, Role, TenantId};
use server::demo::{PASSWORD, STUDIO_ADMINISTRATOR};
use server::fresh;
use server::store::letters::{self, NewLetter};
use server::store::{Command, StoreError, Tx, accounts, tenants};

use crate::browser::{Answer, Browser};
use crate::scene::Shop;

/// A thousand managers, registered one second after another.
struct Crowd(TenantId, domain::Millis);

impl Command for Crowd {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for place in 0..1_000 {
            let at = self.1.plus_ms(place * 1_000);
            let account = AccountId::of(fresh::uuid(at));
            accounts::insert(tx, account, &Phone::parse(&format!("139{place:08}")).unwrap(), &format!("收款人{place}"), at).await?;
            accounts::set_password(tx, account, "$argon2id$x").await?;
            accounts::add_member(tx, self.0, account, Role::Manager, at).await?;
        }
        Ok(())
    }
}

impl Shop {
    /// A thousand more managers of the school.
    async fn crowd(&self) -> TenantId {
        let all = tenants::all(&mut self.site.store.read().await.unwrap().tx()).await.unwrap();
        let school = all.iter().find(|tenant| tenant.name == "青禾实验学校").unwrap().id;
        self.site.store.write(Crowd(school, self.world.hands.now().plus_ms(60_000))).await.unwrap();
        school
    }
}

/// The names on a page, in their order.
fn names(page: &Answer) -> Vec<String> {
    let rows = page.text.split("<th scope=\"row\">").skip(1);
    rows.map(|row| row.split("\">").nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
}

/// Where the page before or after this one is.
fn turn(page: &Answer, rel: &str) -> Option<String> {
    let link = page.text.split("<a ").find(|link| link.contains(&format!("rel=\"{rel}\"")))?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_managers_are_turned_over_page_by_page_and_back() {
    for shop in Shop::on_each_engine().await {
        shop.crowd().await;
        let admin = Browser::administrator(&shop).await;
        let first = admin.open("/admin/managers").await;
        first.says(200, &["共 1011 人", "收款人999", "aria-current=\"true\""]);
        assert_eq!((names(&first).len(), turn(&first, "prev")), (50, None));
        let (mut seen, mut page, mut back) = (names(&first), first, vec![]);
        while let Some(next) = turn(&page, "next") {
            page = admin.open(&next).await;
            page.says(200, &["共 1011 人"]);
            seen.extend(names(&page));
            back.push(turn(&page, "prev").expect("there is a way back"));
        }
        assert_eq!((seen.len(), seen[1_000].as_str(), seen[1_010].as_str()), (1_011, "王敏", "沈宁"), "{}", shop.place.engine);
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 1_011, "everybody once");
        let before = admin.open(back.last().unwrap()).await;
        assert_eq!(names(&before), seen[950..1_000], "{}", shop.place.engine);
        let first = admin.open(&back[0]).await;
        assert_eq!((names(&first), turn(&first, "prev")), (seen[..50].to_vec(), None));

        let found = admin.open("/admin/managers?q=%E6%94%B6%E6%AC%BE%E4%BA%BA9&lang=en").await;
        found.says(200, &["111 in all", "value=\"收款人9\""]);
        let next = turn(&found, "next").unwrap();
        assert!(next.contains("q=%E6%94%B6%E6%AC%BE%E4%BA%BA9"), "{next}");
        admin.open(&next).await.says(200, &["111 in all"]);
        for odd in
            ["?after=x", "?before=", "?after=1.x", "?after=99999999999999999999.0199a0b1c2d3e4f50617283940516273", "?page=7", "?show=x"]
        {
            let page = admin.open(&format!("/admin/managers{odd}&lang=zh")).await;
            assert_eq!((page.status, names(&page)[0].as_str()), (200, "收款人999"), "{odd}");
        }
        // Where it is chosen for whom a code is, ten are named, and how many more there are.
        let choice = "/admin/codes/new?q=%E6%94%B6%E6%AC%BE%E4%BA%BA9";
        admin.open(choice).await.says(200, &["还有 101 位，请查找"]);
        assert!(!admin.open(&format!("{choice}99")).await.text.contains("请查找"), "there is one");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_need_the_administrator_have_an_address_of_their_own() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let attention = "/admin/managers?show=attention";
        admin.open(attention).await.says(200, &["没有需要处理的收款人", "共 0 人"]);
        assert!(!admin.open("/admin").await.text.contains("需要处理"));
        let school = shop.crowd().await;
        let now = shop.world.hands.now();
        let cases = [
            (3, true, LetterKind::Recovery, LetterState::Bounced, "已开通，邮件送不到"),
            (500, false, LetterKind::Invitation, LetterState::Refused, "邮件被拒收"),
            (700, false, LetterKind::Invitation, LetterState::Bounced, "邮件被退回"),
            (900, false, LetterKind::Invitation, LetterState::Sent, "已发邮件，等对方设置密码"),
        ];
        let mut conn = shop.place.bare().await;
        for (place, has_password, kind, state, _) in cases {
            let tx = &mut conn.tx();
            let account = accounts::by_phone(tx, &Phone::parse(&format!("139{place:08}")).unwrap()).await.unwrap().unwrap().id;
            let address = MailAddress::parse(&format!("m{place}@qinghe.example")).unwrap();
            accounts::set_contact(tx, account, &format!("收款人{place}"), Some(&address), Lang::default()).await.unwrap();
            let new = NewLetter { tenant: school, id: fresh::uuid(now), account, kind, address, lang: Lang::default(), state };
            letters::insert(tx, &new, now).await.unwrap();
            if !has_password {
                conn.run(&format!("UPDATE account SET password_hash = NULL WHERE phone = '139{place:08}'")).await;
            }
        }
        conn.run("UPDATE letter SET reason = '550 <nobody> here' WHERE state <> 'sent'").await;
        let page = admin.open(attention).await;
        page.says(200, &["共 3 人", "已开通，邮件送不到", "邮件被拒收", "邮件被退回", "550 &lt;nobody"]);
        assert_eq!(names(&page), ["收款人700", "收款人500", "收款人3"], "{}", shop.place.engine);
        admin.open("/admin").await.says(200, &["3 位收款人需要处理", &format!("href=\"{attention}\"")]);
        let searched = admin.open(&format!("{attention}&q=m500")).await;
        searched.says(200, &["共 1 人", "name=\"show\" value=\"attention\"", "show=attention"]);
        admin.open("/admin/managers?q=13900000900").await.says(200, &["已发邮件，等对方设置密码"]);
        // The manager's own page says what to do.
        let path =
            page.text.split("<th scope=\"row\">").last().unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        admin.open(&path).await.says(200, &["已开通，邮件送不到", "忘记密码时会找不回来", "550 &lt;nobody"]);
        // A link that was not used for a day needs somebody, too.
        shop.world.hands.pass_ms(86_400_000);
        let admin = Browser::administrator(&shop).await;
        admin.open(&format!("{attention}&lang=en")).await.says(200, &["4 in all", "Active, but mail fails", "收款人900"]);

        let studio = Browser::desktop(&shop);
        studio.administrate(STUDIO_ADMINISTRATOR, PASSWORD).await;
        studio.open("/admin/managers").await.says(200, &["共 1 人", "沈宁"]);
        studio.open(attention).await.says(200, &["共 0 人"]);
        shop.close().await;
    }
}
