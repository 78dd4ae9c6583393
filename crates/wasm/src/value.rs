//! Values that are data: they cross the border as JSON.

use keyfold::{Error, Item, Pages, Position};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, thrown};

/// The JavaScript object of a wire type, with the member names of the protocol.
pub(crate) fn object(value: &impl Serialize) -> Result<JsValue, KeyfoldError> {
    let text = serde_json::to_string(value).map_err(|error| thrown(Error::JsonWrite(error.into())))?;
    js_sys::JSON::parse(&text).map_err(|_| thrown(Error::AnswerIncomplete))
}

/// What an app kept of the server's JSON.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, KeyfoldError> {
    serde_json::from_slice(text.as_bytes()).map_err(|_| thrown(keyfold::crypto::Error::JsonRead.into()))
}

/// The page of a list that begins behind the item with this time and id, or the first one.
pub(crate) async fn page<T: Item + Serialize>(
    list: Pages<T>,
    time: Option<f64>,
    id: Option<String>,
) -> Result<JsValue, KeyfoldError> {
    let mut list = match time.zip(id) {
        Some((time, id)) => list.after_position(Position::new(milliseconds(time), id)),
        None => list,
    };
    let page = list.next_page().await.map_err(thrown)?;
    object(&page.unwrap_or_default())
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
