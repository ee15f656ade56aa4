//! An address that is opened before signing in: whoever signs in reads what it names, whatever its words and however they sign in.

use crate::browser::{Answer, Browser, encoded};
use crate::scene::Shop;
use server::demo::{ADMINISTRATOR, PASSWORD};

const MANAGER: &str = "13800138000";

/// Words that lose their meaning when they are decoded once too often.
const LINKS: [(&str, &str); 4] = [
    ("/m/receipts?q=%E5%BC%A0%E4%B8%89", "张三"),
    ("/m/receipts?q=a%26code%3D1", "a&amp;code=1"),
    ("/m/receipts?q=100%25+%E5%BC%A0&state=collected", "100% 张"),
    ("/m/receivables?q=%E5%BC%A0%E4%B8%89", "张三"),
];

/// Where the form of a sign-in page says that it leads.
fn next(page: &Answer) -> String {
    let field = page.text.split("name=\"next\" value=\"").nth(1).unwrap_or_else(|| panic!("no form in {}", page.text));
    field.split('"').next().unwrap().replace("&amp;", "&")
}

fn pairs(phone: &str, next: &str) -> Vec<(&'static str, String)> {
    vec![("phone", phone.to_owned()), ("password", PASSWORD.to_owned()), ("next", next.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_words_is_kept_through_the_sign_in_page_and_a_wrong_password() {
    for shop in Shop::on_each_engine().await {
        for (link, words) in LINKS {
            let browser = Browser::desktop(&shop);
            let page = browser.open(link).await;
            page.says(200, &["name=\"password\""]);
            assert_eq!(next(&page), link);
            let wrong = browser.sign_in(MANAGER, "wrong", &next(&page)).await;
            wrong.says(422, &["手机号或密码不对"]);
            let right = browser.sign_in(MANAGER, PASSWORD, &next(&wrong)).await;
            assert_eq!((right.status, right.header("location")), (303, link));
            browser.open(link).await.says(200, &[words]);
            // Whoever is signed in need not sign in.
            let named = format!("/m/sign-in?{}", String::from_utf8(encoded(&[("next", link.to_owned())])).unwrap());
            let again = browser.ask("GET", &named, &[], None).await;
            assert_eq!((again.status, again.header("location")), (303, link));
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_signed_out_elsewhere_comes_back_to_the_same_list() {
    for shop in Shop::on_each_engine().await {
        for (link, _) in LINKS {
            let browser = Browser::manager(&shop, MANAGER).await;
            Browser::manager(&shop, MANAGER).await;
            // As the program opens it, and as the server leads there.
            let named = format!("/m/sign-in?why=ended&{}", String::from_utf8(encoded(&[("next", link.to_owned())])).unwrap());
            for address in [link, named.as_str()] {
                let page = browser.open(address).await;
                page.says(200, &["name=\"password\""]);
                assert_eq!(next(&page), link, "{address}");
            }
            let back = browser.sign_in(MANAGER, PASSWORD, link).await;
            assert_eq!((back.status, back.header("location")), (303, link));
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_words_is_kept_on_the_trip_through_wechat_and_through_a_code() {
    for shop in Shop::on_each_engine().await {
        let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
        for (link, words) in LINKS {
            let landed = bound.submit("/m/sign-in", &pairs(MANAGER, &next(&bound.open(link).await))).await;
            landed.says(200, &[words]);
            assert_eq!(landed.url, format!("{}{link}", shop.url));
            bound.post("/m/sign-out", &[]).await;
        }
        let (link, words) = LINKS[1];
        other.submit("/m/sign-in", &pairs(MANAGER, link)).await.says(200, &["不是账号绑定的微信"]);
        let code = shop.world.code(MANAGER, 1).await;
        let landed = other.submit("/m/proof", &[("code", code)]).await;
        landed.says(200, &[words]);
        assert_eq!(landed.url, format!("{}{link}", shop.url));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_search_is_kept_through_the_sign_in_page() {
    for shop in Shop::on_each_engine().await {
        for link in ["/admin/managers?q=%E5%BC%A0%E4%B8%89", "/admin/codes?q=a%26page%3D2", "/admin/managers?q=100%25&page=1"] {
            let browser = Browser::desktop(&shop);
            let page = browser.open(link).await;
            page.says(200, &["name=\"password\""]);
            assert_eq!(next(&page), link);
            let right = browser.post("/admin/sign-in", &pairs(ADMINISTRATOR, &next(&page))).await;
            assert_eq!((right.status, right.header("location")), (303, link));
        }
        let foreign = ["//evil.example", "/\\evil.example", "/admin/%2e%2e//evil.example", "/m", "/admin/\r\nx: y"];
        for link in foreign {
            let named = format!("/admin/sign-in?{}", String::from_utf8(encoded(&[("next", link.to_owned())])).unwrap());
            let browser = Browser::desktop(&shop);
            assert_eq!(next(&browser.open(&named).await), "/admin", "{link}");
            let right = browser.post("/admin/sign-in", &pairs(ADMINISTRATOR, link)).await;
            assert_eq!((right.status, right.header("location")), (303, "/admin"), "{link}");
        }
        shop.close().await;
    }
}
