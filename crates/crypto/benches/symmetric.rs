//! Symmetric encryption beside the bare library. The difference is the nonce from the system's generator, the allocation of
//! the result and, for contents, the head.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keyfold_crypto::file::{CHUNK_LEN, FileDecryptor, FileEncryptor};
use keyfold_crypto::{Suite, SymmetricKey, Verification};

const SIZES: [usize; 4] = [1 << 10, 1 << 16, 1 << 20, 1 << 22];

fn encrypt(c: &mut Criterion) {
    let key = SymmetricKey::generate(&Suite::STD, "key id").unwrap();
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let mut group = c.benchmark_group("encrypt");
    for size in SIZES {
        group.throughput(Throughput::Bytes(size as u64));
        let plaintext = vec![0x5a; size];
        let mut buffer = plaintext.clone();
        group.bench_function(BenchmarkId::new("bare AES-GCM", size), |b| {
            b.iter(|| {
                let nonce = Nonce::assume_unique_for_key([1; NONCE_LEN]);
                bare.seal_in_place_separate_tag(nonce, Aad::empty(), black_box(&mut buffer)).unwrap()
            });
        });
        let mut room = vec![0; size + 28];
        group.bench_function(BenchmarkId::new("in place", size), |b| {
            b.iter(|| key.encrypt_in_place(black_box(&mut room), b"").unwrap());
        });
        group.bench_function(BenchmarkId::new("blob", size), |b| {
            b.iter(|| key.encrypt(black_box(&plaintext), b"").unwrap());
        });
        group.bench_function(BenchmarkId::new("content", size), |b| {
            b.iter(|| key.encrypt_content(black_box(&plaintext), b"", None).unwrap());
        });
    }
}

fn decrypt(c: &mut Criterion) {
    let key = SymmetricKey::generate(&Suite::STD, "key id").unwrap();
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let mut group = c.benchmark_group("decrypt");
    for size in SIZES {
        group.throughput(Throughput::Bytes(size as u64));
        let plaintext = vec![0x5a; size];
        let mut sealed = plaintext.clone();
        let nonce = || Nonce::assume_unique_for_key([1; NONCE_LEN]);
        let tag = bare.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut sealed).unwrap();
        let mut opened = vec![0; size];
        group.bench_function(BenchmarkId::new("bare AES-GCM", size), |b| {
            b.iter(|| {
                bare.open_separate_gather(
                    nonce(),
                    Aad::empty(),
                    black_box(&sealed),
                    tag.as_ref(),
                    &mut opened,
                )
                .unwrap();
            });
        });
        let blob = key.encrypt(&plaintext, b"").unwrap();
        group.bench_function(BenchmarkId::new("blob", size), |b| {
            b.iter(|| key.decrypt(black_box(&blob), b"").unwrap());
        });
        let envelope = key.encrypt_content(&plaintext, b"", None).unwrap();
        group.bench_function(BenchmarkId::new("content", size), |b| {
            b.iter(|| key.decrypt_content(black_box(&envelope), b"", Verification::Ignore).unwrap());
        });
    }
}

fn file_part(c: &mut Criterion) {
    let key = SymmetricKey::generate(&Suite::STD, "").unwrap();
    let chunk = vec![0x5a; CHUNK_LEN];
    let part = FileEncryptor::new(&key, None).encrypt_part(&chunk).unwrap();
    let mut group = c.benchmark_group("file part");
    group.throughput(Throughput::Bytes(CHUNK_LEN as u64));
    group.bench_function("encrypt", |b| {
        b.iter(|| FileEncryptor::new(&key, None).encrypt_part(black_box(&chunk)).unwrap());
    });
    group.bench_function("decrypt", |b| {
        b.iter(|| FileDecryptor::new(&key, Verification::Ignore).decrypt_part(black_box(&part)).unwrap());
    });
}

criterion_group!(benches, encrypt, decrypt, file_part);
criterion_main!(benches);
