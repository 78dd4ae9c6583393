//! The seeds pass through their targets on any toolchain, fuzzer or not.

use std::path::Path;

#[test]
fn every_seed_passes_through_its_target() {
    for (name, target) in keyfold_crypto_fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let mut seeds = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            target(&std::fs::read(entry.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds > 2, "{name}");
    }
}
