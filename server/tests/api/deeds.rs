//! The address of a deed, opened: it leads back to the page on which its form stands, because a browser that reloads after a refused
//! form asks for it.

use crate::browser::Browser;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

#[tokio::test(flavor = "multi_thread")]
async fn a_deed_that_is_opened_leads_to_the_page_of_its_form() {
    let shop = Shop::open().await;
    let (manager, admin) = (Browser::manager(&shop, MANAGER).await, Browser::administrator(&shop).await);
    let table = [
        ("/m/receivables/7/edit", "/m/receivables/7"),
        ("/m/receivables/7/write-off?lang=zh", "/m/receivables/7"),
        ("/m/receivables/7/restore", "/m/receivables/7"),
        ("/m/receivables/7/match", "/m/receivables/7"),
        ("/m/receivables/7/unmatch", "/m/receivables/7"),
        ("/m/receivables/7/remind", "/m/receivables/7"),
        ("/m/receivables/7/reminders", "/m/receivables/7"),
        ("/m/receivables/7/phone", "/m/receivables/7"),
        ("/m/receivables/import/confirm", "/m/receivables/import"),
        ("/m/payments/7/ask", "/m/payments/7"),
        ("/m/concerns/seen", "/m/concerns"),
        ("/m/settings/messages/test", "/m/settings/messages"),
        ("/m/proof/again", "/m/proof"),
        ("/m/sign-out", "/m/settings"),
        ("/admin/managers/7/contact", "/admin/managers/7"),
        ("/admin/managers/7/send", "/admin/managers/7"),
        ("/admin/managers/7/suspend", "/admin/managers/7"),
        ("/admin/managers/7/reinstate", "/admin/managers/7"),
        ("/admin/receivables/7/write-off", "/admin/receivables/7"),
        ("/admin/receivables/7/restore", "/admin/receivables/7"),
        ("/admin/payments/7/return", "/admin/payments/7"),
        ("/admin/stores/7/name", "/admin/stores/7"),
        ("/admin/stores/7/close", "/admin/stores/7"),
        ("/admin/codes/7/switch", "/admin/codes/7"),
        ("/admin/settings/refunds", "/admin/settings"),
        ("/admin/settings/logo", "/admin/settings"),
        ("/admin/settings/logo/remove", "/admin/settings"),
        ("/admin/sign-out", "/admin"),
    ];
    for (deed, page) in table {
        let browser = if deed.starts_with("/m") { &manager } else { &admin };
        let answer = browser.ask("GET", deed, &[("accept", "text/html")], None).await;
        assert_eq!((answer.status, answer.header("location")), (303, page), "{deed}");
        assert_eq!(browser.ask("PUT", deed, &[], None).await.status, 405, "{deed} is led on from only where it is opened");
    }
    // Nobody is signed out by it, and what has a page of its own, or is none, is answered as ever.
    let others = [("/m/settings", 200), ("/m/receivables/new", 200), ("/m/nonsense", 404), ("/m/cut", 200), ("/m/refresh", 200)];
    for (address, status) in others {
        assert_eq!(manager.ask("GET", address, &[], None).await.status, status, "{address}");
    }
    assert_eq!(admin.ask("GET", "/admin/settings", &[], None).await.status, 200);
    shop.close().await;
}
