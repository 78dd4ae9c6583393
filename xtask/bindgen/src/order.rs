//! Brings functions that are alike together.
//!
//! Compression looks back 32 KiB. Of a module of many times that size, it finds what repeats only where the repetition stands nearby: in
//! the order of the compiler, or of the names, a twentieth of the compressed module is lost.
//!
//! Functions are moved by giving them names that sort as they shall stand, for an optimiser that orders them by name and takes the
//! names away.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use wasm_encoder::{NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Parser, Payload, TypeRef};

/// Length in bytes of the pieces whose repetition makes functions alike: some instructions.
const PIECE: usize = 6;

/// A piece that is in more functions than this says nothing about them: the most frequent ones are found anywhere.
const MOST_FUNCTIONS: usize = 200;

/// Bytes after which a function counts for about a third of what it counted for when it had just been written.
const REACH: f64 = 26_000.0;

/// Pieces added to each function's number, so that tiny functions do not win by chance.
const HANDICAP: f64 = 40.0;

/// Names the functions of `module` so that those that are alike sort together. Other names are taken away.
///
/// # Errors
/// `module` is not WebAssembly.
pub(crate) fn name_by_likeness(module: &[u8]) -> Result<Vec<u8>> {
    let mut ordered = wasm_encoder::Module::new();
    let mut imports = 0_u32;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.context("not a module")?;
        match &payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    imports += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            Payload::CustomSection(section) if matches!(section.as_known(), KnownCustom::Name(_)) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            ordered.section(&RawSection { id, data: module.get(range).context("a section without an end")? });
        }
    }

    let mut places = vec![0; bodies.len()];
    for (place, function) in by_likeness(&bodies).into_iter().enumerate() {
        places[function] = place;
    }
    let mut names = NameMap::new();
    for (index, place) in (imports..).zip(places) {
        names.append(index, &format!("{place:06}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    ordered.section(&section);
    Ok(ordered.finish())
}

/// The functions with these bodies, beginning with the longest and going on with whatever is most like those before it.
///
/// Calculates with nothing but the basic operations and roots, which come to the same on every machine.
fn by_likeness(bodies: &[&[u8]]) -> Vec<usize> {
    let (pieces, functions) = pieces(bodies);
    // The more functions have a piece, the less it says about each.
    #[allow(clippy::cast_precision_loss, reason = "there are at most some hundred")]
    let weights: Vec<f64> =
        functions.iter().map(|functions| 1.0 / (functions.len() as f64 - 1.0).sqrt()).collect();
    // The sum of a function's pieces that were written before, each for what it still counts for.
    let mut likeness = vec![0.0; bodies.len()];
    // What is left of a piece that was written at the very beginning, now and at the last time that each piece was written.
    let mut left = 1.0;
    let mut left_then = vec![f64::INFINITY; functions.len()];
    let mut waiting: Vec<usize> = (0..bodies.len()).collect();
    let mut order = Vec::with_capacity(bodies.len());
    let longest = |waiting: &[usize]| (0..waiting.len()).max_by_key(|index| bodies[waiting[*index]].len());
    let mut next = longest(&waiting);
    while let Some(index) = next {
        let function = waiting.swap_remove(index);
        order.push(function);
        #[allow(clippy::cast_precision_loss, reason = "lengths of functions are far below 2^53")]
        let fading = REACH / (REACH + bodies[function].len() as f64);
        left *= fading;
        likeness.iter_mut().for_each(|likeness| *likeness *= fading);
        for &piece in &pieces[function] {
            let renewed = weights[piece] * (1.0 - left / left_then[piece]);
            left_then[piece] = left;
            functions[piece].iter().for_each(|&other| likeness[other] += renewed);
        }
        #[allow(clippy::cast_precision_loss, reason = "lengths of functions are far below 2^53")]
        let share = |function: usize| likeness[function] / (bodies[function].len() as f64 + HANDICAP);
        next = (0..waiting.len()).max_by(|&one, &other| {
            let (one, other) = (waiting[one], waiting[other]);
            // Of equal ones the first of the module, in whatever order they wait.
            share(one).total_cmp(&share(other)).then(other.cmp(&one))
        });
    }
    order
}

/// The pieces of each function that others have as well, each once, and the functions of each piece.
fn pieces(bodies: &[&[u8]]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut functions: Vec<Vec<usize>> = Vec::new();
    for (function, body) in bodies.iter().enumerate() {
        for piece in body.windows(PIECE) {
            let number = *numbers.entry(piece).or_insert(functions.len());
            if number == functions.len() {
                functions.push(Vec::new());
            }
            if functions[number].last() != Some(&function) {
                functions[number].push(function);
            }
        }
    }
    let mut pieces = vec![Vec::new(); bodies.len()];
    functions.retain(|functions| (2..=MOST_FUNCTIONS).contains(&functions.len()));
    for (piece, functions) in functions.iter().enumerate() {
        functions.iter().for_each(|&function| pieces[function].push(piece));
    }
    (pieces, functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_alike_stand_together() {
        let bodies: [&[u8]; 5] = [
            b"abcdefghijklmnop, and more than all the others",
            b"0123456789",
            b"xabcdefghijklmnopx",
            b"9123456789",
            b"yabcdefghijklmnop",
        ];
        assert_eq!(by_likeness(&bodies), [0, 4, 2, 1, 3]);
    }

    #[test]
    fn every_function_of_a_module_gets_a_name_that_says_its_place() {
        let module = module();
        let named = name_by_likeness(&module).unwrap();
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(&named) {
            let Payload::CustomSection(section) = payload.unwrap() else { continue };
            let KnownCustom::Name(section) = section.as_known() else { continue };
            for part in section {
                let wasmparser::Name::Function(map) = part.unwrap() else { panic!("other names") };
                names.extend(map.into_iter().map(|name| name.unwrap()).map(|name| (name.index, name.name)));
            }
        }
        assert_eq!(names, [(1, "000001"), (2, "000000")]);
        assert_eq!(name_by_likeness(&named).unwrap(), named);
    }

    /// Imports one function and has two, of which the second is longer.
    fn module() -> Vec<u8> {
        use wasm_encoder::{CodeSection, EntityType, Function, FunctionSection, ImportSection, TypeSection};
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("host", "call", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut code = CodeSection::new();
        for calls in 1..3 {
            let mut body = Function::new([]);
            for _ in 0..calls {
                body.instructions().call(0);
            }
            body.instructions().end();
            code.function(&body);
        }
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&code);
        module.finish()
    }
}
