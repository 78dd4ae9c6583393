//! Values that are data: they cross the border as JSON.

use js_sys::Promise;
use keyfold::{BoxFuture, Error, Item, Pages, Position};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::promise::promise;

/// The JavaScript object of a wire type, with the member names of the protocol.
pub(crate) fn object(value: &impl Serialize) -> Result<JsValue, Error> {
    parsed(&serde_json::to_string(value).map_err(|error| Error::JsonWrite(error.into()))?)
}

fn parsed(text: &str) -> Result<JsValue, Error> {
    js_sys::JSON::parse(text).map_err(|_| Error::AnswerIncomplete)
}

/// What an app kept of the server's JSON.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    keyfold::protocol::json::from_slice(text.as_bytes()).map_err(|_| keyfold::crypto::Error::JsonRead.into())
}

/// The page of a list that begins behind the item with this time and id, or the first one.
pub(crate) fn page<T: Item + Serialize + 'static>(
    list: Pages<T>,
    time: Option<f64>,
    id: Option<String>,
) -> Promise {
    let list = match time.zip(id) {
        Some((time, id)) => list.after_position(Position::new(milliseconds(time), id)),
        None => list,
    };
    text_as_object(list.into_json_page())
}

fn text_as_object(text: BoxFuture<'static, Result<String, Error>>) -> Promise {
    promise(async move { parsed(&text.await?) })
}

/// Times are whole numbers within 53 bits. What is not (`NaN`, a fraction) becomes one by the rules of `as`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is as good as any other refusal"
)]
fn milliseconds(time: f64) -> u64 {
    time as u64
}
