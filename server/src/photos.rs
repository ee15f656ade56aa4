//! Photographs that payers attach: looked at by their bytes, never by their name, and drawn anew, so that neither hidden data
//! (place, device) nor anything but a picture is ever kept.

use app::pay::{PhotoError, PhotoRefusal};
use domain::form::Component;
use domain::{Code, Millis, TenantId};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};
use uuid::Uuid;

use crate::fresh;
use crate::pictures::{self, PictureError};
use crate::site::Site;
use crate::store::photos::{self, Photo};
use crate::store::{Command, StoreError, Tx};
use crate::web::submit::Posted;

/// Most bytes of a kept photograph.
const MOST_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// Longest side of a kept photograph.
const LONGEST_SIDE: u32 = 2000;

/// Longest side of a photograph that is unpacked.
const LONGEST_SENT_SIDE: u32 = 12_000;

impl From<PictureError> for PhotoRefusal {
    /// One sentence to a payer, whatever is wrong.
    fn from(_: PictureError) -> PhotoRefusal {
        PhotoRefusal::NotAPicture
    }
}

/// Stores the photographs of a submit and puts their ids where the form expects them.
///
/// # Errors
/// When the store does not take one. What is wrong with a file is in the result, by field.
pub async fn take_over(site: &Site, code: &Code, posted: &mut Posted) -> Result<Vec<PhotoError>, StoreError> {
    let mut errors = vec![];
    forget_strangers(site, code, posted).await?;
    for (name, bytes) in std::mem::take(&mut posted.files) {
        let key = name.strip_prefix("field.").and_then(|rest| rest.strip_suffix(".file")).unwrap_or_default();
        let is_asked = code.form.fields.iter().any(|field| field.key == key && matches!(field.component, Component::Photo));
        if !is_asked {
            continue;
        }
        match pictures::in_turn(move || redraw(&bytes)).await {
            Ok(bytes) => {
                let now = (site.clock)();
                let id = fresh::uuid(now);
                let photo = Photo { mime: "image/jpeg".to_owned(), bytes };
                site.store.write(Keep { tenant: code.tenant, id, photo, now }).await?;
                let field = format!("field.{key}");
                posted.pairs.retain(|(found, _)| *found != field);
                posted.pairs.push((field, id.simple().to_string()));
            }
            Err(why) => errors.push(PhotoError { key: key.to_owned(), why }),
        }
    }
    Ok(errors)
}

/// An id that a browser sends names a photograph that was taken over before, or nothing: a made-up one is no answer.
async fn forget_strangers(site: &Site, code: &Code, posted: &mut Posted) -> Result<(), StoreError> {
    let fields = code.form.fields.iter().filter(|field| matches!(field.component, Component::Photo));
    for name in fields.map(|field| format!("field.{}", field.key)) {
        let sent: Vec<String> = posted.pairs.iter().filter(|(found, _)| *found == name).map(|(_, id)| id.clone()).collect();
        for id in sent {
            let is_known = match Uuid::try_parse(&id) {
                Ok(photo) => photos::load(&mut site.store.read().await?.tx(), code.tenant, photo).await?.is_some(),
                Err(_) => false,
            };
            if !is_known {
                posted.pairs.retain(|(found, value)| *found != name || *value != id);
            }
        }
    }
    Ok(())
}

struct Keep {
    tenant: TenantId,
    id: Uuid,
    photo: Photo,
    now: Millis,
}

impl Command for Keep {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        photos::insert(tx, self.tenant, self.id, &self.photo, self.now).await
    }
}

/// The picture as JPEG, upright, at most [`LONGEST_SIDE`] long and [`MOST_KEPT_BYTES`] large.
fn redraw(bytes: &[u8]) -> Result<Vec<u8>, PhotoRefusal> {
    let known = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
    let picture = pictures::unpack(bytes, &known, LONGEST_SENT_SIDE)?;
    let mut picture = if picture.width().max(picture.height()) > LONGEST_SIDE {
        picture.resize(LONGEST_SIDE, LONGEST_SIDE, image::imageops::FilterType::Triangle)
    } else {
        picture
    };
    for quality in [85, 70, 50] {
        let kept = jpeg(&picture, quality).ok_or(PhotoRefusal::NotAPicture)?;
        if kept.len() <= MOST_KEPT_BYTES {
            return Ok(kept);
        }
    }
    picture = picture.resize(LONGEST_SIDE / 2, LONGEST_SIDE / 2, image::imageops::FilterType::Triangle);
    jpeg(&picture, 60).ok_or(PhotoRefusal::NotAPicture)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let mut kept = vec![];
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut kept, quality)).ok()?;
    Some(kept)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn picture(format: ImageFormat, side: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(vec![]);
        DynamicImage::new_rgb8(side, side / 2).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_drawn_anew_and_everything_else_is_refused() {
        type Expected = Result<(u32, u32), PhotoRefusal>;
        let table: Vec<(&str, Vec<u8>, Expected)> = vec![
            ("png", picture(ImageFormat::Png, 100), Ok((100, 50))),
            ("gif", picture(ImageFormat::Gif, 100), Ok((100, 50))),
            ("webp", picture(ImageFormat::WebP, 100), Ok((100, 50))),
            ("large", picture(ImageFormat::Png, 4000), Ok((2000, 1000))),
            ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), Err(PhotoRefusal::NotAPicture)),
            ("html", b"<html></html>".to_vec(), Err(PhotoRefusal::NotAPicture)),
            ("cut short", picture(ImageFormat::Png, 100)[..60].to_vec(), Err(PhotoRefusal::NotAPicture)),
            ("empty", vec![], Err(PhotoRefusal::NotAPicture)),
        ];
        for (name, bytes, expected) in table {
            let kept = redraw(&bytes);
            let size = kept.map(|kept| {
                assert_eq!(image::guess_format(&kept).unwrap(), ImageFormat::Jpeg);
                let again = image::load_from_memory(&kept).unwrap();
                (again.width(), again.height())
            });
            assert_eq!(size, expected, "{name}");
        }
    }
}
