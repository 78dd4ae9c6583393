//! Makes the JavaScript glue and the TypeScript declarations of a WebAssembly module.
//!
//! A program of its own, because the generator's many dependencies would slow down every `cargo xtask`. The library is
//! used instead of the `wasm-bindgen` program so that Cargo.lock pins both sides to one version and nothing has to be installed.
//!
//! Usage: `xtask-bindgen <module.wasm> <output folder>`

mod panics;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let module = arguments.next().context("the first argument names the module")?;
    let out = arguments.next().context("the second argument names the output folder")?;
    // "web" makes an ES module whose initialiser takes the bytes or the address of the WebAssembly: the one form that works in
    // browsers, workers, bundlers and Node alike.
    let mut output = Bindgen::new()
        .input_path(&module)
        .web(true)?
        .typescript(true)
        // The optimiser orders functions by their names, and takes those away then.
        .remove_name_section(false)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()
        .with_context(|| format!("cannot make the glue of {}", module.display()))?;
    panics::silence(output.wasm_mut());
    output.emit(&out).with_context(|| format!("cannot write into {}", out.display()))
}
