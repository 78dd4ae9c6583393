//! WebAssembly skin over the Keyfold SDK.
