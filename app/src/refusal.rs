//! What the server answers instead of a result: a code that becomes a sentence at the edge, never a sentence of its own.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a request was not done. Each variant is something that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody is signed in, or the session ended.
    #[error("sign in")]
    SignIn,
    /// The caller may not do this.
    #[error("not allowed")]
    NotAllowed,
    /// There is no such thing, or it belongs to somebody else: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// Something typed is wrong.
    #[error("invalid {field}")]
    Invalid {
        /// The field.
        field: String,
        /// The message key of the reason.
        why: String,
    },
    /// It was changed or done meanwhile.
    #[error("conflict")]
    Conflict,
    /// Too much is being asked at present, or by this caller.
    #[error("try again in {after_s} s")]
    TryLater {
        /// When it makes sense to ask again.
        after_s: u32,
    },
    /// A fault on our side; the log knows it by `trace`.
    #[error("broken ({trace})")]
    Broken {
        /// What support needs to find it.
        trace: String,
    },
}

impl Refusal {
    /// The HTTP status that goes with it. `TryLater` is the server's own trouble here; who asks too often is told 429 by the
    /// layer that counts.
    pub const fn status(&self) -> u16 {
        match self {
            Refusal::SignIn => 401,
            Refusal::NotAllowed => 403,
            Refusal::NotFound => 404,
            Refusal::Conflict => 409,
            Refusal::Invalid { .. } => 422,
            Refusal::TryLater { .. } => 503,
            Refusal::Broken { .. } => 500,
        }
    }
}

impl FromServerFnError for Refusal {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        // What the framework says of a request it could not carry out is for a log, not for a person.
        Refusal::Broken { trace: error.to_string() }
    }
}
