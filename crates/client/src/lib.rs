//! Keyfold SDK for Rust: end-to-end encryption for apps.
