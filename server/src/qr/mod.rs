//! QR codes as small 1-bit PNG pictures, because WeChat's long press recognises pictures only.

mod symbol;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::{EcLevel, QrCode};
use symbol::Symbol;

/// White modules around the code that a scanner needs (ISO 18004).
const QUIET_MODULES: usize = 4;

/// The code as PNG, `pixels` per module. `None` when the text does not fit any code.
pub fn png(text: &str, pixels: usize) -> Option<Vec<u8>> {
    let code = Symbol::new(text, EcLevel::M)?;
    let side = (code.modules + 2 * QUIET_MODULES) * pixels;
    let is_dark = |x: usize, y: usize| -> bool {
        let (x, y) = (x / pixels, y / pixels);
        let inside = |at: usize| (QUIET_MODULES..QUIET_MODULES + code.modules).contains(&at);
        inside(x) && inside(y) && code.is_dark(x - QUIET_MODULES, y - QUIET_MODULES)
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

/// What a printed code has to bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wear {
    /// On a paper that is kept: small, so that its modules are large.
    Kept,
    /// On a wall or a counter for years: a quarter of it may be soiled or covered.
    PutUp,
}

/// The code as vector graphics for print, as wide as what stands around it: black modules on white, with the white margin that a
/// scanner needs. `None` when the text does not fit any code.
pub fn svg(text: &str, wear: Wear) -> Option<String> {
    let level = match wear {
        Wear::Kept => EcLevel::M,
        Wear::PutUp => EcLevel::Q,
    };
    let code = Symbol::new(text, level)?;
    let side = code.modules + 2 * QUIET_MODULES;
    let mut path = String::new();
    for y in 0..code.modules {
        let mut x = 0;
        while x < code.modules {
            let run = (x..code.modules).take_while(|x| code.is_dark(*x, y)).count();
            if run > 0 {
                path += &format!("M{} {}h{run}v1h-{run}z", x + QUIET_MODULES, y + QUIET_MODULES);
            }
            x += run.max(1);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"100%\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
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

    /// The drawing as a printer of 150 dots per inch makes it: each dot as dark as what lies under it.
    fn printed(svg: &str, mm: u32) -> image::GrayImage {
        let side: u32 = svg.split_once("viewBox=\"0 0 ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
        let path = svg.rsplit_once(" d=\"").unwrap().1.split('"').next().unwrap();
        let mut dark = vec![false; (side * side) as usize];
        for bar in path.split('M').filter(|bar| !bar.is_empty()) {
            let (x, rest) = bar.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let run = rest.split('v').next().unwrap();
            let [x, y, run] = [x, y, run].map(|number| number.parse::<u32>().unwrap());
            (x..x + run).for_each(|x| dark[(y * side + x) as usize] = true);
        }
        let dots = mm * 1_500 / 254;
        let fine = 4;
        image::GrayImage::from_fn(dots, dots, |x, y| {
            let at = |dot: u32, part: u32| ((dot * fine + part) * side / (dots * fine)).min(side - 1);
            let parts = (0..fine * fine).filter(|part| dark[(at(y, part / fine) * side + at(x, part % fine)) as usize]).count();
            image::Luma([255 - u8::try_from(parts * 255 / 16).unwrap()])
        })
    }

    /// How wide the style sheet of paper makes a code, in millimetres.
    fn wide_mm(place: &str) -> u32 {
        let rule = include_str!("../../../style/paper.css").split_once(&format!("\n{place} {{")).unwrap().1;
        let width = rule.split('}').next().unwrap().split_once("width: ").unwrap().1;
        width.split_once("mm").unwrap().0.parse().unwrap()
    }

    #[test]
    fn what_is_printed_at_150_dots_per_inch_is_read_back() {
        let url = "https://pay.a-rather-long-name.example.com/p/Zk3v9QbTx0aLmN1c";
        let receipt = "https://pay.a-rather-long-name.example.com/r/Zk3v9QbTx0aLmN1cZk3v9QbTx0aLmN1cAb";
        let table = [
            (url, Wear::PutUp, ".plate .code"),
            (url, Wear::PutUp, "[class=\"80mm\"] .plate .code"),
            (receipt, Wear::Kept, ".receipt .code"),
        ];
        for (text, wear, place) in table {
            let mm = wide_mm(place);
            let picture = printed(&svg(text, wear).unwrap(), mm);
            let mut prepared = rqrr::PreparedImage::prepare(picture);
            let grids = prepared.detect_grids();
            assert_eq!(grids.len(), 1, "{text} at {mm} mm");
            let read = grids[0].decode().unwrap_or_else(|error| panic!("{text} at {mm} mm: {error}"));
            assert_eq!(read.1, text);
        }
    }

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
