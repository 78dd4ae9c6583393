//! Keyfold server as a library.
