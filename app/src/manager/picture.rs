//! The code as a picture to keep or send: the names above and below it, drawn by the browser, whose fonts know every name.

use crate::Locale;
use crate::i18n::*;
use crate::manager::Desk;
use crate::ui::fill;

/// A picture that was composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The picture, `data:image/png;base64,...`. Where nothing can be drawn it is the bare code.
    pub data_uri: String,
    /// What stands on it.
    pub words: String,
    /// What the file is called.
    pub file_name: String,
}

/// Composes the picture of the code that `desk` shows.
pub async fn compose(locale: Locale, desk: &Desk) -> Picture {
    let scan = td_string!(locale, manager.scan_hint);
    let below = format!("{} · {}", desk.manager_name, desk.code_name);
    let data_uri = drawn(&desk.qr_png_data_uri, &desk.merchant_name, &below, scan).await;
    Picture {
        data_uri: data_uri.unwrap_or_else(|| desk.qr_png_data_uri.clone()),
        words: format!("{} {below} {scan}", fill(td_string!(locale, manager.qr_alt), &[("name", &desk.merchant_name)])),
        file_name: file_name(&[&desk.merchant_name, &desk.manager_name, &desk.code_name]),
    }
}

/// Names joined to one that every system accepts.
fn file_name(names: &[&str]) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let names: Vec<String> = names.iter().map(|name| name.chars().take(40).map(plain).collect()).collect();
    format!("{}.png", names.join("-"))
}

#[cfg(not(target_arch = "wasm32"))]
async fn drawn(_: &str, _: &str, _: &str, _: &str) -> Option<String> {
    None
}

/// Draws on a white sheet of 1080 by 1400: the name, the code without smoothing, who collects, what to do.
#[cfg(target_arch = "wasm32")]
async fn drawn(qr: &str, above: &str, below: &str, scan: &str) -> Option<String> {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    const WIDTH: u32 = 1080;
    const HEIGHT: u32 = 1400;
    const MARGIN: f64 = 90.0;
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(WIDTH);
    canvas.set_height(HEIGHT);
    let pen: web_sys::CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let picture = web_sys::HtmlImageElement::new().ok()?;
    picture.set_src(qr);
    wasm_bindgen_futures::JsFuture::from(picture.decode()).await.ok()?;
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    pen.set_fill_style_str("#ffffff");
    pen.fill_rect(0.0, 0.0, width, height);
    // Whole pixels per module, so that every edge stays sharp.
    let side = f64::from(picture.natural_width().max(1));
    let scale = ((width - 2.0 * MARGIN) / side).floor().max(1.0);
    let drawn = side * scale;
    pen.set_image_smoothing_enabled(false);
    pen.draw_image_with_html_image_element_and_dw_and_dh(&picture, (width - drawn) / 2.0, 220.0, drawn, drawn).ok()?;
    pen.set_text_align("center");
    let family = "-apple-system, \"PingFang SC\", \"Noto Sans CJK SC\", \"Microsoft YaHei\", sans-serif";
    let lines =
        [("#15211a", 600, 64, 150.0, above), ("#15211a", 400, 44, height - 190.0, below), ("#0b7a3e", 600, 44, height - 100.0, scan)];
    for (colour, weight, size, top, text) in lines {
        pen.set_fill_style_str(colour);
        pen.set_font(&format!("{weight} {size}px {family}"));
        pen.fill_text_with_max_width(text, width / 2.0, top, width - MARGIN).ok()?;
    }
    canvas.to_data_url().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_after_its_code_and_holds_no_path() {
        let table = [
            (["青禾实验学校", "王敏", "默认收款码"], "青禾实验学校-王敏-默认收款码.png"),
            (["../a b", "O'Neil", ""], "___a_b-O_Neil-.png"),
        ];
        for (names, expected) in table {
            assert_eq!(file_name(&names), expected);
        }
    }
}
