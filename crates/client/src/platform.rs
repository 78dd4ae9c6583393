//! What differs between native programs and JavaScript hosts.
//!
//! Native futures and handles can move between threads; in WebAssembly there is one thread, and nothing that
//! touches JavaScript may leave it. The aliases here let one source say both.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A boxed future: `Send` on native targets, not required to be on WebAssembly.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed future: `Send` on native targets, not required to be on WebAssembly.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send + Sync` on native targets, nothing on WebAssembly.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSendSync: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> MaybeSendSync for T {}
/// `Send + Sync` on native targets, nothing on WebAssembly.
#[cfg(target_family = "wasm")]
pub trait MaybeSendSync {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSendSync for T {}

/// `Send` on native targets, nothing on WebAssembly.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + ?Sized> MaybeSend for T {}
/// `Send` on native targets, nothing on WebAssembly.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}

/// An error to keep as the cause of another one.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Milliseconds since 1970 by the clock of this machine.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn system_time() -> u64 {
    // A clock before 1970 counts as 1970: every token then looks valid until the server refuses it.
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Milliseconds since 1970 by the clock of this machine.
#[cfg(target_family = "wasm")]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within 53 bits, and never negative"
)]
pub(crate) fn system_time() -> u64 {
    js_sys::Date::now() as u64
}

/// Runs work that takes tens of milliseconds (password derivation, key generation) where it does not hold up the
/// caller's executor: on a thread of its own, which needs no particular runtime.
///
/// Returns `None` if the work panicked.
#[cfg(not(target_family = "wasm"))]
pub(crate) async fn offload<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = futures_channel::oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when the caller was cancelled.
        let _ = sender.send(work());
    });
    receiver.await.ok()
}

/// As [`offload`], for work that `takes_long` or not: more than a millisecond, say.
///
/// A new thread takes a quarter of a millisecond of processor time: it has to begin and to end, and the work itself is slower
/// on a processor that has to wake up for it. What takes hardly longer than that is therefore done in place.
pub(crate) async fn offload_if<T: MaybeSend + 'static>(
    takes_long: bool,
    work: impl FnOnce() -> T + MaybeSend + 'static,
) -> Option<T> {
    // Where there is no other thread, the question need not be in the program.
    if takes_long && cfg!(not(target_family = "wasm")) { offload(work).await } else { Some(work()) }
}

/// Waits, on a thread of its own, which needs no particular runtime.
#[cfg(not(target_family = "wasm"))]
pub(crate) async fn sleep(duration: Duration) {
    if !duration.is_zero() {
        offload(move || std::thread::sleep(duration)).await;
    }
}

/// Waits for the timer of the host. Without one the wait is over at once.
#[cfg(target_family = "wasm")]
pub(crate) async fn sleep(duration: Duration) {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = setTimeout, catch)]
        fn set_timeout(wake: &js_sys::Function, milliseconds: i32) -> Result<JsValue, JsValue>;
    }

    let milliseconds = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    let timer = js_sys::Promise::new(&mut |wake, _| {
        if set_timeout(&wake, milliseconds).is_err() {
            let _ = wake.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(timer).await;
}

/// Runs `work` in place: there is no other thread.
#[cfg(target_family = "wasm")]
pub(crate) async fn offload<T: 'static>(work: impl FnOnce() -> T + 'static) -> Option<T> {
    Some(work())
}
