//! Short names between a module and its glue.
//!
//! They are made for each other and nobody else calls the one or the other, while the names that the generator gives are as long as paths
//! of the source, and stand in both.

use std::collections::HashMap;

use walrus::Module;

/// The one export that others than the glue look at: tools that show how much memory a module takes.
const KEPT: &str = "memory";

/// Which name stands for which now.
pub(crate) struct ShortNames {
    exports: HashMap<String, String>,
    imports: HashMap<String, String>,
}

/// Gives short names to what `module` exports, and to what it imports from its glue: the module of that name. What it imports from
/// others they have named.
pub(crate) fn shorten(module: &mut Module, glue: &str) -> ShortNames {
    let exports = module.exports.iter_mut().filter(|export| export.name != KEPT);
    let exports = shortened(exports.map(|export| &mut export.name));
    let imports = module.imports.iter_mut().filter(|import| import.module == glue);
    let imports = shortened(imports.map(|import| &mut import.name));
    ShortNames { exports, imports }
}

fn shortened<'a>(names: impl Iterator<Item = &'a mut String>) -> HashMap<String, String> {
    let short = |(number, name): (usize, &'a mut String)| {
        let long = std::mem::replace(name, short(number));
        (long, name.clone())
    };
    names.enumerate().map(short).collect()
}

/// `A` to `Z`, then `AA` and so on: no word of the language is written like that.
fn short(number: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or_default());
    match number / 26 {
        0 => letter.to_string(),
        rest => format!("{}{letter}", short(rest - 1)),
    }
}

impl ShortNames {
    /// The glue with the short names: where it calls an export as a member of `wasm`, and where it defines what the module imports.
    pub(crate) fn in_glue(&self, script: &str) -> String {
        self.replaced(script, |before, name, after| {
            if before.ends_with("wasm.") {
                self.exports.get(name)
            } else if after.starts_with(':') {
                self.imports.get(name)
            } else {
                None
            }
        })
    }

    /// The declarations, of the glue or of the module, with the short names of what the module exports.
    pub(crate) fn in_declarations(&self, declarations: &str) -> String {
        let is_of_export =
            |before: &str| before.ends_with("    readonly ") || before.ends_with("export const ");
        self.replaced(declarations, |before, name, after| {
            if is_of_export(before) && after.starts_with(": (") { self.exports.get(name) } else { None }
        })
    }

    /// Replaces the identifiers for which `other`, which is told what stands before and behind, has another name.
    fn replaced<'a>(&self, text: &str, other: impl Fn(&str, &str, &str) -> Option<&'a String>) -> String {
        let is_part = |c: char| c == '_' || c == '$' || c.is_ascii_alphanumeric();
        let mut made = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let start = rest.find(is_part).unwrap_or(rest.len());
            let (between, name) = rest.split_at(start);
            made.push_str(between);
            let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            let short = other(&made, name, after);
            made.push_str(short.map_or(name, String::as_str));
            rest = after;
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: [(&str, &str); 2]) -> HashMap<String, String> {
        pairs.map(|(long, short)| (long.to_owned(), short.to_owned())).into()
    }

    #[test]
    fn glue_and_declarations_take_the_short_names_where_the_module_is_meant() {
        let names = ShortNames {
            exports: names([("group_encrypt", "a"), ("__wbg_group_free", "b")]),
            imports: names([("__wbg_call_12", "a"), ("__wbg_then_34", "b")]),
        };
        let script = "wasm.group_encrypt(group_encrypt); { __wbg_call_12: function() { __wbg_call_12 }, __wbg_then_34: f }";
        let short = "wasm.a(group_encrypt); { a: function() { __wbg_call_12 }, b: f }";
        assert_eq!(names.in_glue(script), short);
        let declarations = "    readonly group_encrypt: (a: number) => void;\n    readonly name: string;";
        let short = "    readonly a: (a: number) => void;\n    readonly name: string;";
        assert_eq!(names.in_declarations(declarations), short);
        let declarations = "export const group_encrypt: (a: number) => void;\nexport const name: string;";
        let short = "export const a: (a: number) => void;\nexport const name: string;";
        assert_eq!(names.in_declarations(declarations), short);
    }

    #[test]
    fn every_number_has_its_name() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(short), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
