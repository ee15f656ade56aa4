//! QR codes as small 1-bit PNG pictures, because WeChat's long press recognises pictures only.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::{Color, EcLevel, QrCode};

/// White modules around the code that a scanner needs (ISO 18004).
const QUIET_MODULES: usize = 4;

/// The code as PNG, `pixels` per module. `None` when the text does not fit any code.
pub fn png(text: &str, pixels: usize) -> Option<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width();
    let side = (modules + 2 * QUIET_MODULES) * pixels;
    let colours = code.to_colors();
    let is_dark = |x: usize, y: usize| -> bool {
        let (x, y) = (x / pixels, y / pixels);
        let inside = |at: usize| (QUIET_MODULES..QUIET_MODULES + modules).contains(&at);
        inside(x) && inside(y) && colours[(y - QUIET_MODULES) * modules + x - QUIET_MODULES] == Color::Dark
    };
    let mut rows = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        for first in (0..side).step_by(8) {
            // In a 1-bit greyscale picture 1 is white; the bits past the edge do not matter.
            let byte = (0..8).fold(0_u8, |byte, bit| (byte << 1) | u8::from(!(first + bit < side && is_dark(first + bit, y))));
            rows.push(byte);
        }
    }
    encode(u32::try_from(side).ok()?, &rows)
}

fn encode(side: u32, rows: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(rows).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// The code as a `data:` address for an `<img>`.
pub fn data_uri(text: &str, pixels: usize) -> Option<String> {
    png(text, pixels).map(|bytes| format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}

/// The code for a terminal, two rows of modules per line; a phone reads it from the screen.
pub fn terminal(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    Some(
        code.render::<qrcode::render::unicode::Dense1x2>()
            .dark_color(qrcode::render::unicode::Dense1x2::Light)
            .light_color(qrcode::render::unicode::Dense1x2::Dark)
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_read_back_by_another_decoder() {
        for text in ["https://pay.example.com/p/Zk3v9QbTx0aLmN1c", "weixin://wxpay/bizpayurl?pr=abcdefg00", "中文也可以"] {
            let bytes = png(text, 6).unwrap();
            let picture = image::load_from_memory(&bytes).unwrap().to_luma8();
            let mut prepared = rqrr::PreparedImage::prepare(picture);
            let grids = prepared.detect_grids();
            assert_eq!(grids.len(), 1, "{text}");
            assert_eq!(grids[0].decode().unwrap().1, text);
            assert!(bytes.len() < 1200, "{} bytes", bytes.len());
        }
    }
}
