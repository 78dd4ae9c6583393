//! Makes the JavaScript glue and the TypeScript declarations of a WebAssembly module, and what other tools cannot make it smaller by.
//!
//! A program of its own, because the generator's many dependencies would slow down every `cargo xtask`. The library is
//! used instead of the `wasm-bindgen` program so that Cargo.lock pins both sides to one version and nothing has to be installed.
//!
//! Usage: `xtask-bindgen glue <module.wasm> <output folder>`, then `xtask-bindgen order <module.wasm>` for what the optimiser has made of
//! it.

mod names;
mod order;
mod panics;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let task = arguments.next().context("the first argument names the task")?;
    let module = arguments.next().context("the second argument names the module")?;
    match task.to_str() {
        Some("glue") => {
            glue(&module, &arguments.next().context("the third argument names the output folder")?)
        }
        Some("order") => order(&module),
        _ => bail!("no such task: {}", task.display()),
    }
}

/// Names the functions of the module in the order in which they shall stand.
fn order(module: &OsStr) -> Result<()> {
    let named = order::name_by_likeness(&fs::read(module)?);
    fs::write(module, named.with_context(|| format!("cannot order {}", module.display()))?)?;
    Ok(())
}

/// Writes the module and its glue into a folder.
fn glue(module: &OsStr, out: &OsStr) -> Result<()> {
    // "web" makes an ES module whose initialiser takes the bytes or the address of the WebAssembly: the one form that works in
    // browsers, workers, bundlers and Node alike.
    let mut output = Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        // By their names the functions are known that panic. The optimiser takes the names away at the end.
        .remove_name_section(false)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()
        .with_context(|| format!("cannot make the glue of {}", module.display()))?;
    let stem = Path::new(module).file_stem().context("the module has no name")?.to_string_lossy();
    panics::silence(output.wasm_mut());
    let names = names::shorten(output.wasm_mut(), &format!("./{stem}_bg.js"));
    let out = Path::new(out);
    output.emit(out).with_context(|| format!("cannot write into {}", out.display()))?;

    let rewrite = |file: String, rewritten: &dyn Fn(&str) -> String| -> Result<()> {
        let file = out.join(file);
        Ok(fs::write(&file, rewritten(&fs::read_to_string(&file)?))?)
    };
    rewrite(format!("{stem}.js"), &|script| names.in_glue(script))?;
    rewrite(format!("{stem}.d.ts"), &|declarations| names.in_declarations(declarations))?;
    rewrite(format!("{stem}_bg.wasm.d.ts"), &|declarations| names.in_declarations(declarations))
}
