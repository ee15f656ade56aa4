//! What a payer's form posts: read from either encoding, photographs taken over on the way.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use domain::form::Typed;

/// The fields of a posted form, in the order sent, and its files.
#[derive(Debug, Default)]
pub struct Posted {
    /// Names and values.
    pub pairs: Vec<(String, String)>,
    /// Files by field name.
    pub files: Vec<(String, Bytes)>,
}

/// Why a form could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// More than is read.
    TooLarge,
    /// Not a form.
    NotAForm,
}

/// Most fields that are read of one form.
const MOST_FIELDS: usize = 200;

impl Posted {
    /// Reads a request's body as a form.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read(request: Request) -> Result<Posted, ReadError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return Posted::read_parts(request).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(ReadError::NotAForm);
        }
        let pairs = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await;
        let pairs = pairs.map_err(|error| if error.status() == 413 { ReadError::TooLarge } else { ReadError::NotAForm })?;
        Ok(Posted { pairs: pairs.0.into_iter().take(MOST_FIELDS).collect(), files: vec![] })
    }

    async fn read_parts(request: Request) -> Result<Posted, ReadError> {
        let too_large = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
            413 => ReadError::TooLarge,
            _ => ReadError::NotAForm,
        };
        let mut parts = Multipart::from_request(request, &()).await.map_err(|_| ReadError::NotAForm)?;
        let mut posted = Posted::default();
        while let Some(part) = parts.next_field().await.map_err(too_large)? {
            if posted.pairs.len() + posted.files.len() >= MOST_FIELDS {
                return Err(ReadError::NotAForm);
            }
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                let bytes = part.bytes().await.map_err(too_large)?;
                // A file control that was left alone posts an empty file.
                if !bytes.is_empty() {
                    posted.files.push((name, bytes));
                }
            } else {
                let value = part.text().await.map_err(too_large)?;
                posted.pairs.push((name, value));
            }
        }
        Ok(posted)
    }

    /// The first value of a field, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.pairs.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
    }

    /// The answers to the form's questions, as typed.
    pub fn typed(&self) -> Typed {
        Typed::from_pairs(self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}
