//! Search index beside bare HMACs, sortable numbers beside a transcription of the format.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../src/primitives/ope/transcription.rs"]
mod transcription;

use std::hint::black_box;

use base64ct::{Base64, Encoding};
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use keyfold_crypto::{SearchKey, SortKey, Suite};
use sha2::Sha256;

const TEXT: &str = "thirty characters of plaintext";

fn search(c: &mut Criterion) {
    let key = SearchKey::generate(&Suite::STD, "id").unwrap();
    let mut group = c.benchmark_group("search index of 30 characters");
    assert_eq!(TEXT.len(), 30);
    group.bench_function("30 bare HMACs", |b| {
        b.iter(|| {
            let tag = |end: usize| {
                let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
                mac.update(&black_box(TEXT.as_bytes())[..end]);
                mac.finalize().into_bytes()
            };
            (1..=TEXT.len()).map(tag).collect::<Vec<_>>()
        });
    });
    group.bench_function("prefixes", |b| b.iter(|| key.prefixes(black_box(TEXT), None).unwrap()));
    group.bench_function("query", |b| b.iter(|| key.query(black_box(TEXT))));
}

fn sort(c: &mut Criterion) {
    let raw = *b"sixteen byte key";
    let export = format!(r#"{{"Ope16":{{"key":"{}","key_id":"id"}}}}"#, Base64::encode_string(&raw));
    let key = SortKey::import(&export).unwrap();
    // The golden ratio visits the domain evenly, without two neighbours behind each other.
    let mut next = {
        let mut number = 0_u64;
        move || {
            number = (number + 40_503) % 65_533;
            number
        }
    };
    let mut group = c.benchmark_group("sortable number");
    group.bench_function("transcription", |b| b.iter(|| transcription::encrypt(black_box(&raw), next())));
    group.bench_function("encrypt", |b| b.iter(|| key.encrypt_number(next()).unwrap().number));
    group.bench_function("encrypt, first use of the key", |b| {
        b.iter(|| SortKey::import(&export).unwrap().encrypt_number(next()).unwrap().number);
    });
}

criterion_group!(benches, search, sort);
criterion_main!(benches);
