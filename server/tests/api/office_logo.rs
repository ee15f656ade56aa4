//! The organisation's logo: uploaded by its administrator, seen by payers at once.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use server::demo::{PASSWORD, STUDIO_ADMINISTRATOR};

use crate::browser::{Answer, Browser};
use crate::scene::Shop;

const BOUNDARY: &str = "----a-boundary-that-nobody-types";
const WHERE: &str = "/admin/settings/logo";

async fn upload(browser: &Browser, name: &str, kind: &str, file: &[u8]) -> Answer {
    let head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n");
    let body = [head.as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    browser.ask("POST", WHERE, &[], Some((&format!("multipart/form-data; boundary={BOUNDARY}"), body))).await
}

fn picture(format: ImageFormat, red: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    DynamicImage::ImageRgb8(RgbImage::from_pixel(300, 200, Rgb([red, 0, 0]))).write_to(&mut bytes, format).unwrap();
    // Where the picture was taken, after the picture itself.
    [bytes.into_inner(), b"GPS 30.2741N 120.1551E".to_vec()].concat()
}

/// A PNG that claims 30,000 by 30,000 pixels in a few bytes, its checksum right.
fn bomb() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend([30_000_u32.to_be_bytes(), 30_000_u32.to_be_bytes()].concat());
    header.extend([8, 6, 0, 0, 0]);
    let checksum = !header.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    });
    let empty = [&0_u32.to_be_bytes()[..], b"IDAT", &0x35AF_061E_u32.to_be_bytes()].concat();
    let end = [&0_u32.to_be_bytes()[..], b"IEND", &0xAE42_6082_u32.to_be_bytes()].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &13_u32.to_be_bytes(), &header, &checksum.to_be_bytes(), &empty, &end].concat()
}

/// Where a page's logo lies.
fn logo_of(page: &Answer) -> Option<String> {
    page.text.split("src=\"").filter_map(|rest| rest.split('"').next()).find(|url| url.starts_with("/logo/")).map(str::to_owned)
}

async fn payers_logo(shop: &Shop, path: &str) -> Option<String> {
    let page = Browser::wechat(shop).open(path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    logo_of(&page)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_is_uploaded_replaced_and_removed_and_payers_see_it_at_once() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin").await.says(200, &["还没有单位标志", "href=\"/admin/settings#logo-title\""]);
        admin
            .open("/admin/settings")
            .await
            .says(200, &["还没有单位标志", "不超过 2 MB，每边 64 到 4096 像素", "enctype=\"multipart/form-data\""]);
        assert_eq!(payers_logo(&shop, "/p/demo").await, None);

        let answer = upload(&admin, "logo.png", "image/png", &picture(ImageFormat::Png, 200)).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin/settings?done=logo_set"), "{}", answer.text);
        let first = payers_logo(&shop, "/p/demo").await.expect("payers see it at once");
        let settings = admin.open(answer.header("location")).await;
        settings.says(200, &["标志已更新", "何主任于 ", "移除标志"]);
        assert_eq!(logo_of(&settings), Some(first.clone()));
        assert!(settings.header("content-security-policy").contains("img-src 'self'"));
        assert!(!admin.open("/admin").await.text.contains("还没有单位标志"));
        let bill = shop.paid("5").await;
        assert_eq!(payers_logo(&shop, &bill.receipt().await).await, Some(first.clone()), "on the receipt, too");

        let kept = Browser::desktop(&shop).ask("GET", &first, &[], None).await;
        let headers = ["content-type", "cache-control", "x-content-type-options"].map(|name| kept.header(name).to_owned());
        assert_eq!(headers, ["image/png", "public, max-age=31536000, immutable", "nosniff"]);
        let drawn = image::load_from_memory(&kept.bytes).unwrap().to_rgb8();
        assert_eq!((image::guess_format(&kept.bytes).unwrap(), drawn.dimensions()), (ImageFormat::Png, (176, 176)));
        assert_eq!((drawn.get_pixel(88, 88).0, drawn.get_pixel(88, 2).0), ([200, 0, 0], [255; 3]), "the whole picture, white around it");
        assert!(!kept.bytes.windows(3).any(|bytes| bytes == b"GPS"), "nothing hidden is kept");

        // The same again changes nothing; another has another address, to which a page that is open is led from the old one.
        assert_eq!(
            upload(&admin, "a.png", "image/png", &picture(ImageFormat::Png, 200)).await.header("location"),
            "/admin/settings?done=same"
        );
        upload(&admin, "logo.jpg", "image/jpeg", &picture(ImageFormat::Jpeg, 90)).await;
        let second = payers_logo(&shop, "/p/demo").await.unwrap();
        assert_ne!(first, second);
        let old = Browser::desktop(&shop).ask("GET", &first, &[], None).await;
        assert_eq!((old.status, old.header("location"), old.header("cache-control")), (302, second.as_str(), "no-store"));
        let led = Browser::desktop(&shop).open(&first).await;
        assert_eq!((led.status, led.header("content-type")), (200, "image/png"));
        assert_eq!(admin.ask("GET", &second, &[], None).await.status, 200);

        assert_eq!(admin.post(&format!("{WHERE}/remove"), &[]).await.header("location"), "/admin/settings?done=logo_removed");
        assert_eq!(admin.post(&format!("{WHERE}/remove"), &[]).await.header("location"), "/admin/settings?done=same");
        assert_eq!(payers_logo(&shop, "/p/demo").await, None);
        for gone in [&first, &second] {
            assert_eq!(Browser::desktop(&shop).ask("GET", gone, &[], None).await.status, 404, "{gone}");
        }
        admin.open("/admin/settings?lang=en").await.says(200, &["There is no logo yet"]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'organisation.logo'").await, 3, "{}", shop.place.engine);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_logo_is_refused_at_its_field_and_the_old_one_stays() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    upload(&admin, "logo.png", "image/png", &picture(ImageFormat::Png, 200)).await;
    let before = payers_logo(&shop, "/p/demo").await.unwrap();
    let (png, svg) = (picture(ImageFormat::Png, 1), b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
    let small = {
        let mut bytes = Cursor::new(vec![]);
        DynamicImage::new_rgb8(300, 40).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let many = [&png[..], &vec![0; 2 * 1024 * 1024]].concat();
    let very_many = vec![0; 17 * 1024 * 1024];
    let table: [(&str, &str, &[u8], u16, &str); 9] = [
        ("letter.png", "image/png", "各位家长：".as_bytes(), 422, "只支持 PNG 和 JPEG"),
        ("a.png", "image/png", svg, 422, "只支持 PNG 和 JPEG"),
        ("a.svg", "image/svg+xml", svg, 422, "只支持 PNG 和 JPEG"),
        ("half.png", "image/png", &png[..60], 422, "只支持 PNG 和 JPEG"),
        ("bomb.png", "image/png", &bomb(), 422, "图片太大：每边最多 4096 像素"),
        ("small.png", "image/png", &small, 422, "图片太小：每边至少 64 像素"),
        ("many.png", "image/png", &many, 422, "图片超过 2 MB"),
        ("", "application/octet-stream", b"", 422, "请选择一张图片"),
        ("very-many.png", "image/png", &very_many, 413, "太大"),
    ];
    for (name, kind, file, status, expected) in table {
        let answer = upload(&admin, name, kind, file).await;
        answer.says(status, &[expected]);
        if status == 422 {
            answer.says(422, &["id=\"logo-wrong\"", "aria-describedby=\"logo-wrong logo-hint\"", "aria-invalid=\"true\"", &before]);
            assert_eq!(answer.text.matches("role=\"alert\"").count(), 1, "{name}");
        }
    }
    // What is no form with a file at all.
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
        admin.ask("POST", WHERE, &[], Some((kind, b"logo=x".to_vec()))).await.says(422, &["请选择一张图片"]);
    }
    assert_eq!(payers_logo(&shop, "/p/demo").await, Some(before));
    assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'organisation.logo'").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_organisations_own_administrator_sets_its_logo() {
    for shop in Shop::on_each_engine().await {
        let file = picture(ImageFormat::Png, 200);
        let manager = Browser::manager(&shop, "13800138000").await;
        for browser in [&manager, &Browser::desktop(&shop)] {
            for answer in [upload(browser, "logo.png", "image/png", &file).await, browser.post(&format!("{WHERE}/remove"), &[]).await] {
                assert_eq!(answer.status, 303);
                assert!(answer.header("location").starts_with("/admin/sign-in?why=needed"), "{}", answer.header("location"));
            }
        }
        assert_eq!(payers_logo(&shop, "/p/demo").await, None);
        let studio = Browser::desktop(&shop);
        assert_eq!(studio.administrate(STUDIO_ADMINISTRATOR, PASSWORD).await.header("location"), "/admin");
        upload(&studio, "logo.png", "image/png", &file).await;
        assert_eq!(payers_logo(&shop, "/p/demo").await, None, "the school has none");
        let theirs = payers_logo(&shop, "/p/demo-studio").await.expect("the studio has one");

        // Another organisation's logo is never seen under an address of ours, and under any other there is nothing.
        let admin = Browser::administrator(&shop).await;
        upload(&admin, "logo.png", "image/png", &picture(ImageFormat::Png, 10)).await;
        let ours = payers_logo(&shop, "/p/demo").await.unwrap();
        let parts = |url: &str| {
            url.trim_start_matches("/logo/").split_once('/').map(|(tenant, file)| (tenant.to_owned(), file.to_owned())).unwrap()
        };
        let ((our_tenant, our_file), (their_tenant, their_file)) = (parts(&ours), parts(&theirs));
        let unknown = format!("{}.png", "0".repeat(32));
        for (tenant, file, expected) in
            [(&our_tenant, &their_file, &ours), (&their_tenant, &our_file, &theirs), (&our_tenant, &unknown, &ours)]
        {
            let answer = admin.ask("GET", &format!("/logo/{tenant}/{file}"), &[], None).await;
            assert_eq!((answer.status, answer.header("location")), (302, expected.as_str()));
        }
        let odd = [
            format!("/logo/{our_tenant}/{}", our_file.trim_end_matches(".png")),
            format!("/logo/{our_tenant}/.png"),
            format!("/logo/{our_tenant}/x.png"),
            format!("/logo/{our_tenant}/%00.png"),
            format!("/logo/{}/{our_file}", "0".repeat(32)),
            format!("/logo/{our_tenant}"),
            "/logo/x/y.png".to_owned(),
        ];
        for path in odd {
            assert_eq!(admin.ask("GET", &path, &[], None).await.status, 404, "{path}");
        }
        assert_eq!(admin.ask("GET", &theirs, &[], None).await.status, 200, "what payers see is no secret");
        let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        let answer = admin.ask("POST", &format!("{WHERE}/remove"), &foreign, None).await;
        assert_eq!(answer.status, 403);
        assert_eq!(payers_logo(&shop, "/p/demo").await, Some(ours));
        shop.close().await;
    }
}
