//! Where a server function finds what the server handed over: the feature's implementation and the caller.
//!
//! The server puts the same context around the rendering of a page and around a server function. A missing piece is a
//! [`Refusal`] that the log can find, never a panic that takes the page with it.

use std::sync::Arc;

use domain::Caller;
use leptos::prelude::use_context;

use crate::Refusal;

/// The server's implementation of the feature `T`, handed over as `Arc<dyn Feature>`.
///
/// # Errors
/// [`Refusal::Broken`] when the server handed none over.
pub fn backend<T: ?Sized + Send + Sync + 'static>() -> Result<Arc<T>, Refusal> {
    use_context::<Arc<T>>().ok_or_else(|| Refusal::Broken { trace: format!("no {} in context", std::any::type_name::<T>()) })
}

/// Who asks, as the session says.
///
/// # Errors
/// [`Refusal::SignIn`] when nobody is signed in.
pub fn caller() -> Result<Caller, Refusal> {
    use_context::<Caller>().ok_or(Refusal::SignIn)
}
