//! A page to try things out on, for the development profile alone.
//!
//! The files are made by the JavaScript tools and handed in by whoever starts the server: the program does not carry them. They are read
//! once, at the start, so no path of a request ever reaches the file system.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use keyfold_protocol::error::ErrorCode;

use crate::error::ApiError;
use crate::state::AppState;

/// The file that `/playground` itself answers.
const INDEX: &str = "index.html";

/// The page runs what comes from this server and nothing else, and talks to it alone. `blob:` is how files are handed to the browser.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data: blob:; \
                      connect-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of the page, by name.
#[derive(Clone, Debug)]
pub struct Playground(Arc<BTreeMap<String, File>>);

#[derive(Debug)]
struct File {
    media_type: &'static str,
    content: Bytes,
}

impl Playground {
    /// Reads the files of a folder that a page is made of.
    ///
    /// # Errors
    /// That of the file system, and `NotFound` if there is no `index.html`.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Some(media_type) = media_type(&name) else { continue };
            let content = Bytes::from(std::fs::read(entry.path())?);
            files.insert(name, File { media_type, content });
        }
        if !files.contains_key(INDEX) {
            let text = format!("there is no {INDEX} in {}", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        Ok(Self(Arc::new(files)))
    }

    fn answer(&self, name: &str) -> Result<Response, ApiError> {
        let File { media_type, content } = self.0.get(name).ok_or(ErrorCode::NotFound)?;
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            // It is built again and again while somebody works on it.
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        Ok((headers, content.clone()).into_response())
    }
}

/// Adds the page to a router, if there is one.
pub(crate) fn add(router: Router<AppState>, playground: Option<&Playground>) -> Router<AppState> {
    match playground {
        Some(_) => router
            .route("/playground", on(MethodFilter::GET, index))
            .route("/playground/{file}", on(MethodFilter::GET, file)),
        None => router,
    }
}

async fn index(state: State<AppState>) -> Result<Response, ApiError> {
    file(state, UrlPath(INDEX.to_owned())).await
}

async fn file(State(state): State<AppState>, UrlPath(name): UrlPath<String>) -> Result<Response, ApiError> {
    state.playground.as_ref().ok_or(ErrorCode::NotFound)?.answer(&name)
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match Path::new(name).extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_their_types_and_no_copy_is_used_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let types = [
            (INDEX, "text/html; charset=utf-8"),
            ("page.js", "text/javascript; charset=utf-8"),
            ("page.css", "text/css; charset=utf-8"),
            ("core.wasm", "application/wasm"),
        ];
        for (name, _) in types {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let playground = Playground::load(folder.path()).unwrap();
        for (name, media_type) in types {
            let answer = playground.answer(name).unwrap();
            let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
            assert_eq!(header(header::CONTENT_TYPE), Some(media_type));
            // Names stay the same from build to build: a browser has to ask, for the page and for what it is made of.
            assert_eq!(header(header::CACHE_CONTROL), Some("no-cache"));
            assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
            assert_eq!(header(header::CONTENT_SECURITY_POLICY), Some(POLICY));
        }
    }

    #[test]
    fn only_files_that_a_page_is_made_of_are_taken_and_there_must_be_an_index() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        assert_eq!(Playground::load(folder.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(folder.path().join(INDEX), "<p>").unwrap();
        let playground = Playground::load(folder.path()).unwrap();
        assert_eq!(playground.0.keys().collect::<Vec<_>>(), [INDEX]);
        assert!(playground.answer("notes.txt").is_err());
    }
}
