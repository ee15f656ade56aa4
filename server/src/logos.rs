//! Logos of organisations: whatever picture was sent, what is kept is a small square on white that we drew ourselves.

use app::admin::{LEAST_LOGO_SIDE, LogoWrong, MOST_LOGO_BYTES, MOST_LOGO_SIDE};
use bytes::Bytes;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{self, FilterType as Kernel};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::pictures::{self, PictureError};

/// The side of a kept logo in pixels: payers see it at 44, on the sharpest screens four times as many.
pub const SIDE: u32 = 176;

impl From<PictureError> for LogoWrong {
    fn from(error: PictureError) -> LogoWrong {
        match error {
            PictureError::NotAPicture => LogoWrong::NotAPicture,
            PictureError::TooManyPixels => LogoWrong::TooManyPixels,
        }
    }
}

/// The logo as it is kept: PNG, [`SIDE`] by [`SIDE`] pixels, the whole picture in its middle, white around and behind it.
///
/// # Errors
/// What is wrong with the file.
pub async fn drawn(file: Bytes) -> Result<Vec<u8>, LogoWrong> {
    match file.len() {
        0 => Err(LogoWrong::Nothing),
        length if length > MOST_LOGO_BYTES => Err(LogoWrong::TooManyBytes),
        _ => pictures::in_turn(move || draw(&file)).await,
    }
}

fn draw(file: &[u8]) -> Result<Vec<u8>, LogoWrong> {
    let picture = pictures::unpack(file, &[ImageFormat::Png, ImageFormat::Jpeg], MOST_LOGO_SIDE)?;
    if picture.width().min(picture.height()) < LEAST_LOGO_SIDE {
        return Err(LogoWrong::TooFewPixels);
    }
    // Onto white before it is made smaller: otherwise the colours behind what is transparent would shine through at its edges.
    let fitted = DynamicImage::ImageRgb8(on_white(&picture)).resize(SIDE, SIDE, Kernel::Lanczos3).to_rgb8();
    let mut square = RgbImage::from_pixel(SIDE, SIDE, Rgb([255; 3]));
    let [left, top] = [fitted.width(), fitted.height()].map(|side| i64::from((SIDE - side) / 2));
    imageops::overlay(&mut square, &fitted, left, top);
    let mut kept = vec![];
    let encoder = PngEncoder::new_with_quality(&mut kept, CompressionType::Best, FilterType::Adaptive);
    square.write_with_encoder(encoder).map_err(|_| LogoWrong::NotAPicture)?;
    Ok(kept)
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let mix = |colour: u32| u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255);
        Rgb([mix(red), mix(green), mix(blue)])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{Rgba, RgbaImage};

    use super::*;

    fn file(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(vec![]);
        let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([200, 0, 0])));
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[tokio::test]
    async fn a_logo_is_drawn_anew_as_a_small_square_and_everything_else_is_refused() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
        let table: Vec<(&str, Vec<u8>, Result<(), LogoWrong>)> = vec![
            ("png", file(ImageFormat::Png, 300, 300), Ok(())),
            ("jpeg", file(ImageFormat::Jpeg, 300, 100), Ok(())),
            ("as small as may be", file(ImageFormat::Png, 64, 64), Ok(())),
            ("as large as may be", file(ImageFormat::Png, 4096, 64), Ok(())),
            ("too small", file(ImageFormat::Png, 300, 63), Err(LogoWrong::TooFewPixels)),
            ("too wide", file(ImageFormat::Png, 4097, 64), Err(LogoWrong::TooManyPixels)),
            ("too wide a jpeg", file(ImageFormat::Jpeg, 4097, 64), Err(LogoWrong::TooManyPixels)),
            ("gif", file(ImageFormat::Gif, 100, 100), Err(LogoWrong::NotAPicture)),
            ("webp", file(ImageFormat::WebP, 100, 100), Err(LogoWrong::NotAPicture)),
            ("svg", svg, Err(LogoWrong::NotAPicture)),
            ("cut short", file(ImageFormat::Png, 100, 100)[..60].to_vec(), Err(LogoWrong::NotAPicture)),
            ("empty", vec![], Err(LogoWrong::Nothing)),
            ("too many bytes", vec![0; MOST_LOGO_BYTES + 1], Err(LogoWrong::TooManyBytes)),
        ];
        for (name, bytes, expected) in table {
            let kept = drawn(bytes.into()).await.map(|kept| {
                assert_eq!(image::guess_format(&kept).unwrap(), ImageFormat::Png, "{name}");
                let again = image::load_from_memory(&kept).unwrap();
                assert_eq!((again.width(), again.height()), (SIDE, SIDE), "{name}");
            });
            assert_eq!(kept, expected, "{name}");
        }
    }

    #[test]
    fn the_whole_picture_stands_in_the_middle_and_what_is_transparent_becomes_white() {
        let wide = image::load_from_memory(&draw(&file(ImageFormat::Png, 400, 200)).unwrap()).unwrap().to_rgb8();
        let colour = |x, y| wide.get_pixel(x, y).0;
        assert_eq!([colour(1, 88), colour(174, 88), colour(88, 10), colour(88, 165)], [[200, 0, 0], [200, 0, 0], [255; 3], [255; 3]]);
        let clear = RgbaImage::from_fn(100, 100, |x, _| if x < 50 { Rgba([0, 0, 255, 255]) } else { Rgba([9, 9, 9, 0]) });
        let mut bytes = Cursor::new(vec![]);
        clear.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let kept = image::load_from_memory(&draw(&bytes.into_inner()).unwrap()).unwrap().to_rgb8();
        assert_eq!((kept.get_pixel(20, 88).0, kept.get_pixel(150, 88).0), ([0, 0, 255], [255; 3]));
    }
}
