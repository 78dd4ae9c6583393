//! Hybrid encryption and signatures beside the primitives they are made of.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

mod bare;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use keyfold_crypto::{PrivateKey, SigningKey, Suite};

fn encryption(c: &mut Criterion) {
    for suite in [Suite::STD, Suite::REC] {
        let mut group = c.benchmark_group(format!("hybrid encryption of 32 bytes, {}", suite.name()));
        let (private, public) = PrivateKey::generate(&suite, "id").unwrap();
        let blob = public.encrypt(&[1; 32]).unwrap();
        if suite == Suite::STD {
            let bare = bare::Encryption::new();
            group.bench_function("bare encapsulations", |b| b.iter(|| bare.encapsulate()));
            group.bench_function("bare decapsulations", |b| b.iter(|| bare.decapsulate()));
        }
        group.bench_function("encrypt", |b| b.iter(|| public.encrypt(black_box(&[1; 32])).unwrap()));
        group.bench_function("decrypt", |b| b.iter(|| private.decrypt(black_box(&blob)).unwrap()));
        group.bench_function("generate", |b| b.iter(|| PrivateKey::generate(&suite, "id").unwrap()));
    }
}

fn signatures(c: &mut Criterion) {
    let message = [0x5a; 1024];
    for suite in [Suite::STD, Suite::REC] {
        let mut group = c.benchmark_group(format!("hybrid signature of 1 KiB, {}", suite.name()));
        let (signing, verifying) = SigningKey::generate(&suite, "id").unwrap();
        let signed = signing.sign_attached(&message).unwrap();
        if suite == Suite::STD {
            let bare = bare::Signatures::new(&message);
            group.bench_function("bare signatures", |b| b.iter(|| bare.sign(black_box(&message))));
            group.bench_function("bare verifications", |b| b.iter(|| bare.verify(black_box(&message))));
        }
        group.bench_function("sign", |b| b.iter(|| signing.sign_attached(black_box(&message)).unwrap()));
        group.bench_function("verify", |b| {
            b.iter(|| verifying.verify_attached(black_box(&signed)).unwrap().len())
        });
        group.bench_function("generate", |b| b.iter(|| SigningKey::generate(&suite, "id").unwrap()));
    }
}

criterion_group!(benches, encryption, signatures);
criterion_main!(benches);
