//! The seeds pass through their targets on any toolchain, fuzzer or not.

use std::path::Path;

#[test]
fn every_seed_passes_through_its_target() {
    let targets: [(&str, fn(&[u8])); 7] = [
        ("envelope", keyfold_crypto_fuzz::envelope),
        ("ciphertext", keyfold_crypto_fuzz::ciphertext),
        ("key_import", keyfold_crypto_fuzz::key_import),
        ("server_objects", keyfold_crypto_fuzz::server_objects),
        ("login_answer", keyfold_crypto_fuzz::login_answer),
        ("file_part", keyfold_crypto_fuzz::file_part),
        ("text_index", keyfold_crypto_fuzz::text_index),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let mut seeds = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            target(&std::fs::read(entry.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds > 2, "{name}");
    }
}
