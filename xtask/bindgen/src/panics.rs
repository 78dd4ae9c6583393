//! Takes the texts of panics out of a module, and the forms of values for debugging.
//!
//! In WebAssembly nobody gets to see them: the default hook writes to a standard error that does not exist, and then comes the same
//! trap as without it. Composing them, and the places in the source that they name, are a twentieth of the module. What
//! [`std::fmt::Debug`] writes stands in panics, and in texts of errors of which the client only shows its own.

use walrus::{ConstExpr, DataKind, Module, ValType, ir::Value};

/// Functions of the standard library that compose the text of a panic. None of them returns.
const PANICS: [&str; 14] = [
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::handle_error",
    "core::cell::panic_already_borrowed",
    "core::cell::panic_already_mutably_borrowed",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_index_fail",
    "core::slice::sort::shared::smallsort::panic_on_ord_violation",
    "core::str::slice_error_fail",
    "std::panicking::panic_with_hook",
    "std::thread::local::panic_access_error",
];

/// Length of a `core::panic::Location`: address and length of the file's name, line, column.
const LOCATION_LEN: usize = 16;

/// Lets panics trap at once and `Debug` write nothing, and wipes the places in the source that panics name. The optimiser takes away what
/// nothing calls any more.
pub(crate) fn silence(module: &mut Module) {
    let local: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in local {
        let function = module.funcs.get_mut(id);
        if function.name.as_deref().is_some_and(is_panic) {
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        } else if function.name.as_deref().is_some_and(is_debug_form) {
            let written = module.types.results(function.ty()) == [ValType::I32];
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            if written {
                body.instrs_mut().clear();
                // `Ok(())`
                body.i32_const(0);
            }
        }
    }
    let segments: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in segments {
        let segment = module.data.get_mut(id);
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(address)), .. } = segment.kind {
            wipe_locations(address.cast_unsigned(), &mut segment.value);
        }
    }
}

/// Whether a function is one of [`PANICS`]. Names of crates may bear a hash in brackets.
fn is_panic(name: &str) -> bool {
    let (krate, path) = name.split_once("::").unwrap_or((name, ""));
    let krate = krate.split('[').next().unwrap_or(krate);
    PANICS.iter().any(|panic| {
        let (of, prefix) = panic.split_once("::").unwrap_or((panic, ""));
        krate == of && path.starts_with(prefix)
    })
}

/// Whether a function is an implementation of [`std::fmt::Debug`].
fn is_debug_form(name: &str) -> bool {
    let Some((_, of)) = name.rsplit_once(" as core") else { return false };
    let path = if of.starts_with('[') { of.split_once(']').map_or(of, |(_, path)| path) } else { of };
    path.starts_with("::fmt::Debug>::fmt")
}

/// Clears all locations in the data at `address`, and the names of their files. Nothing reads them any more: only functions that panic
/// do.
fn wipe_locations(address: u32, data: &mut [u8]) {
    // The linker aligns data to more than words, so what is aligned in the memory is so here.
    let mut names = Vec::new();
    for start in (0..data.len().saturating_sub(LOCATION_LEN - 1)).step_by(4) {
        let Some(location) = data.get(start..start + LOCATION_LEN) else { break };
        let word =
            |index: usize| location[index * 4..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
        let (name, length, line, column) = (word(0), word(1) as usize, word(2), word(3));
        let from = name.wrapping_sub(address) as usize;
        let range = from..from.saturating_add(length);
        let is_source = data.get(range.clone()).is_some_and(|name| name.ends_with(b".rs") && name.is_ascii());
        if is_source && (1..0x1_0000).contains(&line) && (1..0x1000).contains(&column) {
            names.push(range);
            data[start..start + LOCATION_LEN].fill(0);
        }
    }
    for name in names {
        data[name].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_that_panic_are_silenced() {
        assert!(is_panic("core[c5930c85a12de822]::panicking::panic_bounds_check"));
        assert!(is_panic("core::option::unwrap_failed"));
        assert!(!is_panic("core[c5930c85a12de822]::option::Option<T>::map"));
        assert!(!is_panic("std[a543996e6e7dbf1e]::thread::panicking"));
        assert!(!is_panic("keyfold::core::panicking::panic"));
    }

    #[test]
    fn only_forms_for_debugging_are_taken_for_such() {
        assert!(is_debug_form("<str as core[c5930c85a12de822]::fmt::Debug>::fmt"));
        assert!(is_debug_form("<alloc::vec::Vec<T,A> as core::fmt::Debug>::fmt::h27271efee5549d7b"));
        assert!(!is_debug_form("<str as core[c5930c85a12de822]::fmt::Display>::fmt"));
        assert!(!is_debug_form("<core::fmt::builders::DebugStruct>::field"));
    }

    #[test]
    fn only_locations_are_wiped() {
        let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        let name = b"a/lib.rsabcd";
        let other = words([0x1000, 12, 7, 9]);
        let mut data = [name.as_slice(), &words([0x1000, 8, 7, 9]), &other].concat();
        wipe_locations(0x1000, &mut data);
        assert_eq!(data, [b"\0\0\0\0\0\0\0\0abcd", words([0; 4]).as_slice(), &other].concat());
    }
}
