//! Groups: creating one, opening fifty keys beside fifty bare decapsulations, finishing a rotation.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

mod bare;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use keyfold_crypto::{GroupKeys, PrivateKey, Suite, Verification, group, rotation, server};
use keyfold_protocol::encoding::Base64Text;
use keyfold_protocol::group::{GroupCreate, GroupKey, KeyRotationPending};
use keyfold_protocol::id::KeyId;

const KEYS: usize = 50;

fn create(c: &mut Criterion) {
    let (_, public) = PrivateKey::generate(&Suite::STD, "user").unwrap();
    let mut group = c.benchmark_group("group");
    group.bench_function("create", |b| {
        b.iter(|| group::create(black_box(&public), None, &Suite::STD).unwrap())
    });
}

fn open_keys(c: &mut Criterion) {
    let (private, public) = PrivateKey::generate(&Suite::STD, "user").unwrap();
    let objects: Vec<GroupKey> = (0..KEYS)
        .map(|number| server_object(&group::create(&public, None, &Suite::STD).unwrap().0, number))
        .collect();
    let json = serde_json::to_vec(&objects).unwrap();
    let bare = bare::Encryption::new();

    let mut group = c.benchmark_group("open 50 group keys");
    group.bench_function("50 bare decapsulations", |b| {
        b.iter(|| (0..KEYS).map(|_| bare.decapsulate()).collect::<Vec<_>>());
    });
    group.bench_function("50 hybrid decryptions", |b| {
        let blob = public.encrypt(&[1; 32]).unwrap();
        b.iter(|| (0..KEYS).map(|_| private.decrypt(black_box(&blob)).unwrap()).collect::<Vec<_>>());
    });
    group.bench_function("open", |b| b.iter(|| open_all(black_box(&objects), &private)));
    group.bench_function("open, and every key pair", |b| {
        b.iter(|| {
            let keys = open_all(black_box(&objects), &private);
            for keys in &keys {
                black_box(keys.private_key().unwrap());
            }
            keys
        });
    });
    group.bench_function("parse the answer and open", |b| {
        b.iter(|| open_all(&serde_json::from_slice::<Vec<GroupKey>>(black_box(&json)).unwrap(), &private));
    });
}

fn finish_rotation(c: &mut Criterion) {
    let (private, public) = PrivateKey::generate(&Suite::STD, "member").unwrap();
    let (_, keys) = group::create(&public, None, &Suite::STD).unwrap();
    let started = rotation::start(&keys.key, &public, None, &Suite::STD).unwrap();
    let wrapped = server::encrypt_ephemeral_key(
        public.algorithm(),
        &public.to_server_form(),
        started.encrypted_ephemeral_key.as_str(),
    );
    let pending = KeyRotationPending {
        error: None,
        encrypted_ephemeral_key_by_group_key_and_public_key: wrapped.unwrap(),
        encrypted_group_key_by_ephemeral: started.encrypted_group_key_by_ephemeral.clone(),
        ephemeral_alg: started.ephemeral_alg.clone(),
        encrypted_eph_key_key_id: KeyId::new("member"),
        previous_group_key_id: KeyId::new(keys.id()),
        time: 0,
        new_group_key_id: KeyId::new("new"),
        signed_by_user_id: None,
        signed_by_user_sign_key_id: None,
        group_key_sig: None,
    };
    let bare = bare::Encryption::new();

    let mut group = c.benchmark_group("rotation");
    group.bench_function("start", |b| {
        b.iter(|| rotation::start(black_box(&keys.key), &public, None, &Suite::STD).unwrap());
    });
    group.bench_function("one bare decapsulation and one bare encapsulation", |b| {
        b.iter(|| (bare.decapsulate(), bare.encapsulate()));
    });
    group.bench_function("finish", |b| {
        b.iter(|| {
            let key = rotation::PendingKey::open(black_box(&pending), &private, &keys.key).unwrap();
            key.accept(&public).unwrap()
        });
    });
    let server_form = public.to_server_form();
    let ephemeral: &Base64Text = &started.encrypted_ephemeral_key;
    group.bench_function("the server's part for one member", |b| {
        b.iter(|| {
            server::encrypt_ephemeral_key(public.algorithm(), black_box(&server_form), ephemeral.as_str())
                .unwrap()
        });
    });
}

fn open_all(objects: &[GroupKey], private: &PrivateKey) -> Vec<GroupKeys> {
    objects.iter().map(|object| GroupKeys::open(object, private, Verification::Ignore).unwrap()).collect()
}

/// As a server returns it.
fn server_object(body: &GroupCreate, number: usize) -> GroupKey {
    let id = |kind: &str| KeyId::new(format!("{kind}-{number}"));
    GroupKey {
        encrypted_group_key: body.encrypted_group_key.clone(),
        group_key_alg: body.group_key_alg.clone(),
        group_key_id: id("key"),
        encrypted_private_group_key: body.encrypted_private_group_key.clone(),
        public_group_key: body.public_group_key.clone(),
        keypair_encrypt_alg: body.keypair_encrypt_alg.clone(),
        key_pair_id: id("pair"),
        user_public_key_id: body.creator_public_key_id.clone(),
        time: 0,
        signed_by_user_id: None,
        signed_by_user_sign_key_id: None,
        group_key_sig: None,
        encrypted_sign_key: None,
        verify_key: None,
        keypair_sign_alg: None,
        keypair_sign_id: None,
        public_key_sig: None,
        public_key_sig_key_id: None,
    }
}

criterion_group!(benches, create, open_keys, finish_rotation);
criterion_main!(benches);
