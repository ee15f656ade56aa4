//! Q1: a QR code as a picture, against the drawing that its crate brings.

use std::time::Instant;

use qrcode::render::{Canvas, Pixel};
use qrcode::{Color, EcLevel, QrCode};
use server::qr;

use crate::figure::{Figure, Goal, Plan, Ratio, Rounds};

const ADDRESS: &str = "https://pay.example.com/p/Zk3v9QbTx0aLmN1c";

/// Pixels per module.
const PIXELS: usize = 6;

/// Time and size.
pub async fn figures(plan: Plan) -> Vec<Figure> {
    let count = usize::try_from(plan.slice_ms / 4).unwrap_or(100);
    let time_us = |draw: &dyn Fn() -> usize| {
        let started = Instant::now();
        for _ in 0..count {
            std::hint::black_box(draw());
        }
        started.elapsed().as_secs_f64() * 1e6 / count as f64
    };
    let rounds = Rounds::interleaved(plan.rounds, async || time_us(&|| ours().len()), async || time_us(&|| theirs().len())).await;
    let (our_bytes, their_bytes) = (ours().len() as f64, theirs().len() as f64);
    vec![
        Figure::compared("Q1", "us per code", &rounds, Ratio::PeerByOurs)
            .note("peer: the qrcode crate's renderer into 8-bit grey, PNG encoder at its default; both encode the same address first"),
        Figure::counted("Q1-bytes", "bytes", our_bytes, Some(their_bytes), our_bytes / their_bytes)
            .goal(Goal::AtMost(1.0))
            .note("PNG at 6 pixels per module"),
    ]
}

fn ours() -> Vec<u8> {
    qr::png(ADDRESS, PIXELS).expect("an address fits")
}

fn theirs() -> Vec<u8> {
    let code = QrCode::with_error_correction_level(ADDRESS, EcLevel::M).expect("an address fits");
    let pixels = u32::try_from(PIXELS).expect("few");
    let Picture { width, grey, .. } = code.render::<Grey>().module_dimensions(pixels, pixels).build();
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("memory takes a header");
    writer.write_image_data(&grey).expect("the picture is as large as the header says");
    writer.finish().expect("memory takes a picture");
    bytes
}

/// A grey pixel, as the crate's own drawing into pictures has it (its feature `image`).
#[derive(Clone, Copy)]
struct Grey(u8);

struct Picture {
    width: u32,
    dark: u8,
    grey: Vec<u8>,
}

impl Pixel for Grey {
    type Image = Picture;
    type Canvas = Picture;

    fn default_color(color: Color) -> Grey {
        Grey(color.select(0, 255))
    }
}

impl Canvas for Picture {
    type Pixel = Grey;
    type Image = Picture;

    fn new(width: u32, height: u32, dark: Grey, light: Grey) -> Picture {
        Picture { width, dark: dark.0, grey: vec![light.0; (width * height) as usize] }
    }

    fn draw_dark_pixel(&mut self, x: u32, y: u32) {
        self.grey[(y * self.width + x) as usize] = self.dark;
    }

    fn into_image(self) -> Picture {
        self
    }
}
