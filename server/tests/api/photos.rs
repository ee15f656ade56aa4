//! Photographs that payers attach.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use serde_json::json;

use crate::browser::{Answer, Browser};
use crate::scene::{Bill, Shop, until};

const BOUNDARY: &str = "----a-boundary-that-nobody-types";

/// The form of `/p/demo-form` with a file as its photograph.
pub async fn attach(payer: &Browser, more: &[(&str, &str)], name: &str, kind: &str, file: &[u8]) -> Answer {
    let mut body = vec![];
    let plain = [("amount", "25.00"), ("field.student", "李华"), ("field.sets", "夏装"), ("field.agree", "on")];
    for (field, value) in plain.iter().chain(more) {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"field.photo.file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    body.extend(head.into_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer = payer.ask("POST", "/p/demo-form", &[], Some((&kind, body))).await;
    if answer.status == 303 { payer.open(answer.header("location")).await } else { answer }
}

/// A picture, and what a phone hides behind it.
pub fn png(side: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    DynamicImage::new_rgb8(side, side).write_to(&mut bytes, ImageFormat::Png).unwrap();
    // Where the picture was taken, after the picture itself: what a phone hides in a file.
    [bytes.into_inner(), b"GPS 30.2741N 120.1551E".to_vec()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_is_drawn_anew_and_seen_only_by_way_of_its_receipt() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        let page = attach(&payer, &[], "me.svg", "image/svg+xml", &png(300)).await;
        page.says(200, &["还没有付款"]);
        let bill = Bill::of_url(&shop, &page.url);
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        let receipt = bill.receipt().await;
        let shown = payer.open(&receipt).await;
        let path =
            shown.text.split("src=\"").filter_map(|rest| rest.split('"').next()).find(|url| url.contains("/photos/")).unwrap().to_owned();
        assert!(path.starts_with(&format!("{receipt}/photos/")), "{path}");
        let photo = Browser::desktop(&shop).ask("GET", &path, &[], None).await;
        assert_eq!((photo.status, photo.header("content-type"), photo.header("x-content-type-options")), (200, "image/jpeg", "nosniff"));
        assert_eq!(image::guess_format(&photo.bytes).unwrap(), ImageFormat::Jpeg);
        assert!(!photo.bytes.windows(3).any(|bytes| bytes == b"GPS"), "nothing hidden is kept");

        let other = shop.paid("1").await;
        let id = path.rsplit('/').next().unwrap();
        let elsewhere =
            [format!("{}/photos/{id}", other.receipt().await), format!("/r/x/photos/{id}"), format!("{receipt}/photos/{}", "0".repeat(32))];
        for path in elsewhere {
            assert_eq!(payer.ask("GET", &path, &[], None).await.status, 404, "{path}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_with_a_sentence_and_the_rest_stays() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let files: [(&str, &str, &[u8]); 4] = [
        ("a.svg", "image/svg+xml", svg),
        ("a.png", "image/png", svg),
        ("a.jpg", "image/jpeg", b"<html></html>"),
        ("a.png", "image/png", &png(50)[..40]),
    ];
    for (name, kind, bytes) in files {
        attach(&payer, &[], name, kind, bytes).await.says(422, &["只支持 jpg、png、webp、gif 照片", "value=\"25.00\"", "value=\"李华\""]);
    }
    assert_eq!((shop.count("photo").await, shop.count("payment").await), (0, 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_that_was_taken_over_need_not_be_chosen_again_after_another_mistake() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let mistaken = attach(&payer, &[("field.phone", "123")], "a.png", "image/png", &png(50)).await;
    mistaken.says(422, &["请填 11 位手机号", "已收到照片"]);
    let kept = mistaken
        .text
        .split("name=\"field.photo\"")
        .nth(1)
        .and_then(|rest| rest.split("value=\"").nth(1))
        .and_then(|rest| rest.split('"').next());
    let kept = kept.expect("the page carries the photo's id").to_owned();
    let page = attach(&payer, &[("field.phone", "13900000000"), ("field.photo", &kept)], "", "application/octet-stream", b"").await;
    let bill = Bill::of_url(&shop, &page.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    let receipt = bill.receipt().await;
    let photo = until("the photo", async || Some(payer.ask("GET", &format!("{receipt}/photos/{kept}"), &[], None).await)).await;
    assert_eq!((photo.status, photo.header("content-type")), (200, "image/jpeg"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_photograph_is_no_answer() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    for made_up in ["0".repeat(32), "x".repeat(10), "照片".to_owned()] {
        let page = attach(&payer, &[("field.photo", &made_up)], "", "application/octet-stream", b"").await;
        let bill = Bill::of_url(&shop, &page.url);
        let answers = shop.stored(&bill.payment).await.answers;
        assert!(answers.len() > 1 && answers.iter().all(|answer| answer.key != "photo"), "{answers:?}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_photograph_is_refused_with_a_page() {
    let shop = Shop::with(|config| config.photo_limit_bytes = 100_000).await;
    let payer = Browser::wechat(&shop);
    let answer = attach(&payer, &[], "a.png", "image/png", &vec![0; 150_000]).await;
    assert!(answer.is_page(), "{}", answer.header("content-type"));
    answer.says(413, &["照片或内容太大", "没有扣款"]);
    shop.close().await;
}
