//! Checks of the repository's files themselves: that they speak of the project and not of one person's machine.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// Beginnings of paths that exist on one machine only. Split so that this file does not name them itself.
const MACHINE_PATHS: &[[&str; 2]] = &[["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"], ["/Use", "rs/"]];

/// One sentence for each file that would be wrong elsewhere.
pub(crate) fn findings(project: &Project) -> Result<Vec<String>> {
    let output = project
        .command("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!("`git ls-files` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut findings = Vec::new();
    for name in output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = String::from_utf8_lossy(name);
        // A file that was deleted but not yet committed, or a folder that is a repository of its own.
        let Ok(content) = fs::read(project.root.join(&*name)) else { continue };
        findings.extend(content_findings(&name, &String::from_utf8_lossy(&content)));
    }
    Ok(findings)
}

fn content_findings(name: &str, content: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        if MACHINE_PATHS.iter().any(|path| names_path(line, &path.concat())) {
            findings.push(format!("{name}:{number} names a path of one machine"));
        }
        let foreign_registry = name.ends_with("package-lock.json")
            && line.trim_start().starts_with("\"resolved\": \"http")
            && !line.contains("\"https://registry.npmjs.org/");
        if foreign_registry {
            findings.push(format!("{name}:{number} names a private npm registry"));
        }
    }
    findings
}

/// Whether `line` holds `path` as the beginning of an absolute path: `https://host/home/` and `a/work/b` are none.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-/}*+=~".contains(c)))
            // Base64 text may hold anything; a path is followed by a name in lower or upper case letters.
            && line.get(at + path.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found_with_its_line() {
        let [start, end] = ["/ho", "me/"];
        let content = format!("fine\nsee {start}{end}ann/keyfold\n");
        assert_eq!(content_findings("a.md", &content), ["a.md:2 names a path of one machine"]);
    }

    #[test]
    fn web_addresses_and_relative_paths_are_fine() {
        let [start, end] = ["/ho", "me/"];
        for line in ["https://example.com", "src", "$ROOT/data"] {
            assert!(content_findings("a.md", &format!("{line}{start}{end}ann")).is_empty());
        }
    }

    #[test]
    fn a_lock_file_names_only_the_public_registry() {
        let line = |host: &str| format!("      \"resolved\": \"https://{host}/x/-/x-1.0.0.tgz\",");
        assert!(content_findings("p/package-lock.json", &line("registry.npmjs.org")).is_empty());
        assert_eq!(content_findings("p/package-lock.json", &line("npm.internal.example")).len(), 1);
    }
}
