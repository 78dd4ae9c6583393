#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| keyfold_crypto_fuzz::ciphertext(data));

#[cfg(not(fuzzing))]
fn main() {
    keyfold_crypto_fuzz::replay(keyfold_crypto_fuzz::ciphertext);
}
