//! Pictures that people send: known by their bytes, never by their name, and unpacked within limits.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// Pictures that are unpacked at once: each may take some hundred megabytes for a moment.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureError {
    /// It is none, or none of the wanted formats.
    NotAPicture,
    /// It has more pixels than are unpacked.
    TooManyPixels,
}

/// Runs `work` where it holds nobody up, after its turn came.
///
/// # Errors
/// What `work` answers, and [`PictureError::NotAPicture`] when it broke off.
pub async fn in_turn<T, E, F>(work: F) -> Result<T, E>
where
    T: Send + 'static,
    E: From<PictureError> + Send + 'static,
    F: FnOnce() -> Result<T, E> + Send + 'static,
{
    let Ok(_permit) = DECODERS.acquire().await else { return Err(PictureError::NotAPicture.into()) };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(PictureError::NotAPicture.into()))
}

/// The picture of one of these formats, upright, with at most `longest` pixels on each side. One that claims more is refused before it is
/// unpacked.
///
/// # Errors
/// [`PictureError`].
pub fn unpack(bytes: &[u8], known: &[ImageFormat], longest: u32) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| PictureError::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(longest);
    limits.max_image_height = Some(longest);
    limits.max_alloc = Some(256 * 1024 * 1024);
    reader.limits(limits);
    if !reader.format().is_some_and(|format| known.contains(&format)) {
        return Err(PictureError::NotAPicture);
    }
    let mut decoder = reader.into_decoder().map_err(|error| reason(&error))?;
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| reason(&error))?;
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

const fn reason(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::NotAPicture,
    }
}
