//! Checks that the dependencies are those that `ARCHITECTURE.md` draws and explains.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::packages as npm;
use crate::project::Project;

/// Every crate of the workspace with the crates of the workspace that it may be built from. An arrow that is not here needs a
/// reason in `ARCHITECTURE.md` first.
const ARROWS: &[(&str, &[&str])] = &[
    ("keyfold-protocol", &[]),
    ("keyfold-aes-gcm", &[]),
    ("keyfold-crypto", &["keyfold-aes-gcm", "keyfold-protocol"]),
    ("keyfold", &["keyfold-crypto", "keyfold-protocol"]),
    ("keyfold-wasm", &["keyfold", "keyfold-crypto", "keyfold-protocol"]),
    ("keyfold-wasm-light", &["keyfold-crypto", "keyfold-protocol"]),
    ("keyfold-server", &["keyfold-crypto", "keyfold-protocol"]),
    ("keyfold-cli", &["keyfold-server", "keyfold-protocol"]),
    ("keyfold-test-postgres", &[]),
    ("keyfold-testkit", &["keyfold-server", "keyfold-protocol", "keyfold-test-postgres"]),
    ("keyfold-load", &["keyfold-server", "keyfold-crypto", "keyfold-protocol", "keyfold-test-postgres"]),
    ("xtask", &["keyfold-test-postgres"]),
    ("xtask-bindgen", &[]),
];

/// Crates that even a test of another crate may not use: they are programs, not parts.
const NEVER_USED: &[&str] = &["keyfold-cli", "keyfold-load", "xtask", "xtask-bindgen"];

/// One sentence for each dependency that contradicts the document.
pub(crate) fn findings(project: &Project) -> Result<Vec<String>> {
    let mut packages = packages(&project.metadata)?;
    let text =
        fs::read_to_string(project.root.join("ARCHITECTURE.md")).context("cannot read ARCHITECTURE.md")?;
    let mut findings = arrow_findings(&packages);
    findings.extend(publishing_findings(&project.metadata)?);
    for folder in npm::folders(project)? {
        packages.push(npm_package(&folder)?);
    }
    findings.extend(reason_findings(&packages, &text));
    Ok(findings)
}

/// A workspace member or an npm package, with what it depends on directly.
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// Only its own tests, examples and benchmarks use it.
    for_tests: bool,
    /// It lies in this repository.
    ours: bool,
}

fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"].as_array().context("`cargo metadata` lists no packages")?;
    packages
        .iter()
        .map(|package| {
            let name = text(package, "name")?;
            let dependencies =
                package["dependencies"].as_array().context("a package without dependencies")?;
            let dependencies = dependencies
                .iter()
                .map(|dependency| {
                    Ok(Dependency {
                        name: text(dependency, "name")?,
                        for_tests: dependency["kind"] == "dev",
                        ours: dependency["path"].is_string(),
                    })
                })
                .collect::<Result<_>>()?;
            Ok(Package { name, dependencies })
        })
        .collect()
}

fn npm_package(folder: &Path) -> Result<Package> {
    let file = folder.join("package.json");
    let manifest = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let manifest: Value =
        serde_json::from_str(&manifest).with_context(|| format!("{} is no JSON", file.display()))?;
    let names = |kind: &str| manifest[kind].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let dependencies = names("dependencies")
        .chain(names("devDependencies"))
        .map(|name| Dependency { name, for_tests: false, ours: false })
        .collect();
    Ok(Package { name: format!("npm package {}", text(&manifest, "name")?), dependencies })
}

fn text(value: &Value, key: &str) -> Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("a package without {key}"))
}

fn arrow_findings(packages: &[Package]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut findings = Vec::new();
    for package in packages {
        let Some(targets) = allowed.get(package.name.as_str()) else {
            findings.push(format!(
                "{} is on no map: draw it in ARCHITECTURE.md and in xtask/src/architecture.rs",
                package.name
            ));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.ours) {
            let target = dependency.name.as_str();
            let holds =
                if dependency.for_tests { !NEVER_USED.contains(&target) } else { targets.contains(&target) };
            if !holds {
                findings.push(format!("{} must not depend on {target}", package.name));
            }
        }
    }
    findings
}

/// What keeps a crate from being published: a crate beside it that is not. Where only tests use that one, it must have no version:
/// then cargo leaves it out of what it publishes.
fn publishing_findings(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("`cargo metadata` lists no packages")?;
    let is_published = |package: &Value| package["publish"].as_array().is_none_or(|to| !to.is_empty());
    let kept: BTreeSet<&str> = packages
        .iter()
        .filter(|package| !is_published(package))
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| is_published(package)) {
        for dependency in package["dependencies"].as_array().context("a package without dependencies")? {
            let name = text(dependency, "name")?;
            let is_left_out = dependency["kind"] == "dev" && dependency["req"] == "*";
            if kept.contains(name.as_str()) && !is_left_out {
                let of = text(package, "name")?;
                findings.push(format!("{of} cannot be published: {name}, on which it depends, is not"));
            }
        }
    }
    Ok(findings)
}

/// Direct dependencies without a reason, and reasons without a dependency.
fn reason_findings(packages: &[Package], document: &str) -> Vec<String> {
    let reasons = reasons(document);
    let mut used = BTreeMap::<&str, BTreeSet<&str>>::new();
    for package in packages {
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.ours) {
            used.entry(&dependency.name).or_default().insert(&package.name);
        }
    }
    let missing = used.iter().filter(|(name, _)| !reasons.contains(*name)).map(|(name, users)| {
        let users = users.iter().copied().collect::<Vec<_>>().join(", ");
        format!("ARCHITECTURE.md gives no reason for the dependency `{name}` (of {users})")
    });
    let stale = reasons
        .iter()
        .filter(|name| !used.contains_key(*name))
        .map(|name| format!("ARCHITECTURE.md gives a reason for `{name}`, on which nothing depends"));
    missing.chain(stale).collect()
}

/// The names in the first column of the tables under the heading "Dependencies", where the second column is not empty.
fn reasons(document: &str) -> BTreeSet<&str> {
    document
        .lines()
        .skip_while(|line| *line != "## Dependencies")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix('|')?.split_once('|'))
        .filter(|(_, reason)| reason.trim_matches([' ', '|', '-']).len() > 1)
        .flat_map(|(names, _)| names.split('`').skip(1).step_by(2))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, dependencies: &[(&str, bool, bool)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|&(name, for_tests, ours)| Dependency { name: name.to_owned(), for_tests, ours })
            .collect();
        Package { name: name.to_owned(), dependencies }
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let packages = [package("keyfold-protocol", &[("keyfold-crypto", false, true)])];
        assert_eq!(arrow_findings(&packages), ["keyfold-protocol must not depend on keyfold-crypto"]);
    }

    #[test]
    fn tests_may_use_the_testkit_but_no_program() {
        let packages = [package("keyfold", &[("keyfold-testkit", true, true), ("keyfold-cli", true, true)])];
        assert_eq!(arrow_findings(&packages), ["keyfold must not depend on keyfold-cli"]);
    }

    #[test]
    fn a_published_crate_needs_no_crate_that_is_not() {
        let package = |kind: &str, req: &str| {
            let dependency = json!({ "name": "keyfold-testkit", "kind": kind, "req": req });
            let kept = json!({ "name": "keyfold-testkit", "publish": [], "dependencies": [] });
            let published = json!({ "name": "keyfold", "publish": null, "dependencies": [dependency] });
            publishing_findings(&json!({ "packages": [kept, published] })).unwrap()
        };
        assert!(package("dev", "*").is_empty());
        let finding = ["keyfold cannot be published: keyfold-testkit, on which it depends, is not"];
        assert_eq!(package("dev", "^0.1.0"), finding);
        assert_eq!(package("build", "*"), finding);
    }

    #[test]
    fn a_crate_on_no_map_is_found() {
        assert_eq!(arrow_findings(&[package("keyfold-new", &[])]).len(), 1);
    }

    #[test]
    fn every_direct_dependency_needs_a_reason_and_every_reason_a_dependency() {
        let document = "# Map\n| `else` | where |\n## Dependencies\n| crate | why |\n|---|---|\n\
                        | `serde`, `serde_json` | JSON |\n| `empty` | |\n| `gone` | was here |\n## Next\n| `x` | y |\n";
        let dependencies = [("serde", false, false), ("serde_json", false, false), ("empty", true, false)];
        let findings = reason_findings(&[package("keyfold", &dependencies)], document);
        assert_eq!(
            findings,
            [
                "ARCHITECTURE.md gives no reason for the dependency `empty` (of keyfold)",
                "ARCHITECTURE.md gives a reason for `gone`, on which nothing depends",
            ]
        );
    }
}
