//! What a refused request still sends is read and thrown away before the refusal is written.
//!
//! A phone that is sending a photograph reads no answer before it is done. A server that answers early and closes has its answer
//! torn away by the connection's reset, and the phone shows its own page of a broken connection instead of ours. So whatever a
//! handler or a layer left unread of a body is taken in here, as much of it as a person may well have chosen, and dropped.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Most that is read of what nobody wanted: three or four photographs as a phone's camera makes them. Nothing of it is kept, so
/// it costs a sender more than it costs us.
pub const MOST_UNREAD_BYTES: u64 = 32 * 1024 * 1024;

/// How long a sender may pause meanwhile. Who says nothing for so long is not about to finish.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long all of it may take; a slow network carries a photograph in that time.
const LONGEST: Duration = Duration::from_secs(30);

/// Answers only after the body was read, by whoever answers or else here.
pub async fn hear_out(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Who asks for leave to send has nothing on its way yet, and is answered at once.
    let is_begun = !request.headers().contains_key(header::EXPECT);
    let (back, mut returned) = oneshot::channel();
    let lend = |body: Body| Body::from_stream(Lent { rest: Some(body.into_data_stream()), is_begun, back: Some(back) });
    let response = next.run(request.map(lend)).await;
    if let Ok(rest) = returned.try_recv() {
        // However that ends, the answer is written.
        drop(timeout(LONGEST, read_out(rest)).await);
    }
    response
}

/// Reads what is left, within the bounds.
async fn read_out(mut rest: BodyDataStream) {
    let mut left = MOST_UNREAD_BYTES;
    while let Ok(Some(Ok(bytes))) = timeout(LONGEST_PAUSE, rest.next()).await {
        match left.checked_sub(bytes.len() as u64) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// A body that comes back when whoever reads it stops before its end.
struct Lent {
    rest: Option<BodyDataStream>,
    is_begun: bool,
    back: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_begun = true;
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let polled = rest.poll_next_unpin(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.rest = None;
        }
        polled
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(rest), Some(back), true) = (self.rest.take(), self.back.take(), self.is_begun) {
            // Nobody waits for it once the answer is on its way.
            drop(back.send(rest));
        }
    }
}
