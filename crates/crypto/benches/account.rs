//! What a user waits for: password, registration, login; beside the password hash alone, which is slow by design.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use argon2::{Algorithm, Argon2, Params, Version};
use criterion::{Criterion, criterion_group, criterion_main};
use keyfold_crypto::password::{self, Cost, DerivedKeys};
use keyfold_crypto::{Login, Suite, device, server};
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::id::{DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::user::{DeviceKeys, PrepareLoginOutput, RegisterInput};

fn passwords(c: &mut Criterion) {
    let mut group = c.benchmark_group("password");
    group.sample_size(20);
    let salt = password::salt(&keyfold_protocol::encoding::ClientRandomValue::new([1; 16]), "");
    let params = Params::new(19_456, 2, 1, Some(64)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    group.bench_function("bare Argon2id, 19 MiB, 2 passes", |b| {
        b.iter(|| {
            let mut out = [0; 64];
            argon2.hash_password_into(black_box(b"password"), salt.as_bytes(), &mut out).unwrap();
            out
        });
    });
    group.bench_function("derive", |b| {
        b.iter(|| {
            DerivedKeys::derive(black_box("password"), &salt, "ARGON-2-SHA256", Cost::CURRENT).unwrap()
        });
    });
}

fn register(c: &mut Criterion) {
    let mut group = c.benchmark_group("account");
    group.sample_size(20);
    let identifier = DeviceIdentifier::parse("alice").unwrap();
    group.bench_function("register", |b| {
        b.iter(|| device::register_user(&identifier, black_box("password"), &Suite::STD).unwrap());
    });

    let body = device::register_user(&identifier, "password", &Suite::STD).unwrap();
    let keys = device_keys(&body);
    let derived = &body.device.derived;
    let algorithm = derived.keypair_encrypt_alg.as_str();
    let (_, challenge) = server::login_challenge(algorithm, derived.public_key.as_str()).unwrap();
    let answer = PrepareLoginOutput {
        salt_string: password::salt(&derived.client_random_value, ""),
        derived_encryption_key_alg: derived.derived_alg.clone(),
    };
    group.bench_function("login, up to the solved challenge", |b| {
        b.iter(|| {
            let login = Login::derive(black_box("password"), &identifier, &answer, Cost::CURRENT).unwrap();
            let device = login.open_device(&keys).unwrap();
            login.verify_login(device.solve_challenge(&challenge).unwrap())
        });
    });
    let login = Login::derive("password", &identifier, &answer, Cost::CURRENT).unwrap();
    group.bench_function("login without the password hash", |b| {
        b.iter(|| {
            let device = login.open_device(black_box(&keys)).unwrap();
            login.verify_login(device.solve_challenge(&challenge).unwrap())
        });
    });
}

/// As a server returns them.
fn device_keys(body: &RegisterInput) -> DeviceKeys {
    let (master_key, derived) = (&body.device.master_key, &body.device.derived);
    DeviceKeys {
        encrypted_master_key: master_key.encrypted_master_key.clone(),
        encrypted_private_key: derived.encrypted_private_key.clone(),
        public_key_string: derived.public_key.clone(),
        keypair_encrypt_alg: derived.keypair_encrypt_alg.clone(),
        encrypted_sign_key: derived.encrypted_sign_key.clone(),
        verify_key_string: derived.verify_key.clone(),
        keypair_sign_alg: derived.keypair_sign_alg.clone(),
        keypair_encrypt_id: KeyId::new("device"),
        keypair_sign_id: KeyId::new("device"),
        user_id: UserId::new("user"),
        device_id: DeviceId::new("device"),
        user_group_id: GroupId::new("group"),
    }
}

criterion_group!(benches, passwords, register);
criterion_main!(benches);
