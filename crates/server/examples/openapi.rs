//! Prints the document of the API. `cargo xtask openapi` writes it to `docs/api/openapi.json`.
#![allow(clippy::print_stdout, reason = "this is what it does")]

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&keyfold_server::openapi::document())?);
    Ok(())
}
