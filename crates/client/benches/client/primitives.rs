//! Signatures, search and sort, beside the primitives that they consist of.

use std::hint::black_box;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use keyfold::crypto::SigningKey;
use keyfold::{SearchKey, SortKey, Suite};
use sha2::Sha256;

use crate::Outcome;
use crate::bare::Signatures;
use crate::effort::{Effort, in_turns, text};
use crate::transcription;

const MESSAGE: [u8; 1024] = [0x5a; 1024];
const TEXT: &str = "thirty characters of plaintext";

pub(crate) fn measure_all() -> Outcome<()> {
    println!("\n| | time | bound | its time | of the bound |");
    println!("|---|---:|---|---:|---:|");
    let bare = Signatures::new(&MESSAGE);
    let (signing, verifying) = SigningKey::generate(&Suite::default(), "id")?;
    let signed = signing.sign_attached(&MESSAGE)?;
    let efforts = in_turns(
        4000,
        [&mut || done(bare.sign(black_box(&MESSAGE))), &mut || {
            done(signing.sign_attached(black_box(&MESSAGE))?)
        }],
    )?;
    line("sign 1 KiB", "Ed25519 and Dilithium", efforts);
    let efforts = in_turns(
        4000,
        [&mut || done(bare.verify(black_box(&MESSAGE))), &mut || {
            done(verifying.verify_attached(black_box(&signed))?.len())
        }],
    )?;
    line("verify 1 KiB", "Ed25519 and Dilithium", efforts);

    let key = SearchKey::generate(&Suite::default(), "id")?;
    let hmac = |end: usize| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32])?;
        mac.update(&black_box(TEXT.as_bytes())[..end]);
        Ok(mac.finalize().into_bytes())
    };
    let efforts = in_turns(
        20_000,
        [&mut || done((1..=TEXT.len()).map(hmac).collect::<Outcome<Vec<_>>>()?), &mut || {
            done(key.prefixes(black_box(TEXT), None)?)
        }],
    )?;
    line("search index of 30 characters", "30 bare HMACs", efforts);

    let raw = *b"sixteen byte key";
    let key = format!(r#"{{"Ope16":{{"key":"{}","key_id":"id"}}}}"#, Base64::encode_string(&raw));
    let key = SortKey::import(&key)?;
    let (mut theirs, mut ours) = (Numbers(0), Numbers(0));
    let efforts = in_turns(
        20_000,
        [&mut || done(transcription::encrypt(black_box(&raw), theirs.next())), &mut || {
            done(key.encrypt_number(ours.next())?.number)
        }],
    )?;
    line("sortable number", "the format transcribed as it is documented", efforts);
    Ok(())
}

/// What is made must not be left out by the compiler.
fn done<T>(result: T) -> Outcome<()> {
    black_box(result);
    Ok(())
}

/// The golden ratio visits the domain evenly, without two neighbours behind each other.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = (self.0 + 40_503) % 65_533;
        self.0
    }
}

fn line(name: &str, bound_name: &str, [bound, work]: [Effort; 2]) {
    let share = work.clock.as_secs_f64() / bound.clock.as_secs_f64() * 100.0;
    println!("| {name} | {} | {bound_name} | {} | {share:.0} % |", text(work.clock), text(bound.clock));
}
