//! The body of a request, whether somebody reads it or not.
//!
//! A request that is refused for what its head says is answered before its body has arrived. HTTP/1.1 cannot skip a body: the server
//! either takes in the rest, or ends the connection under a client that may be about to send its next request on it, or that still sends
//! this one and then never sees the answer. What is left of a small body is therefore read and thrown away while the answer is on its way.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::HeaderMap;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;
use keyfold_protocol::MAX_BODY_BYTES;
use tokio::runtime::Handle;

/// Most bytes that are thrown away: as many as the largest body of JSON has. Behind a larger body the connection ends.
const MAX_UNREAD_BYTES: usize = MAX_BODY_BYTES;

/// How long the rest of a body is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that is taken in to its end even when its reader is content with less.
pub(crate) struct RequestBody {
    /// `None` at the end.
    incoming: Option<Incoming>,
    /// The client sends nothing before it is told to (RFC 9110 section 10.1.1), which happens when somebody reads.
    is_held_back: bool,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, headers: &HeaderMap) -> Self {
        Self { incoming: Some(incoming), is_held_back: headers.contains_key(EXPECT) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_held_back = false;
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(incoming).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.incoming = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(rest) = self.incoming.take() else {
            return;
        };
        let is_small = usize::try_from(rest.size_hint().lower()).is_ok_and(|bytes| bytes <= MAX_UNREAD_BYTES);
        if !is_small || self.is_held_back || rest.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(throw_away(rest));
        }
    }
}

async fn throw_away(rest: Incoming) {
    let mut rest = pin!(Limited::new(rest, MAX_UNREAD_BYTES));
    let to_the_end = async { while let Some(Ok(_)) = rest.frame().await {} };
    let _ = tokio::time::timeout(PATIENCE, to_the_end).await;
}
