//! Cryptography that a server cannot avoid, on all cores.

use std::time::Instant;

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use keyfold_crypto::server::{encrypt_ephemeral_key, login_challenge};

use super::Bench;
use crate::closed_loop::{count, per_second};
use crate::process::CpuClock;

/// About as long as an access token.
const SIGNED: [u8; 400] = [b'x'; 400];

pub(super) fn login(bench: &Bench<'_>) -> Result<(f64, f64)> {
    let (algorithm, key) = &bench.templates.public_key;
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?;
    on_all_cores(bench, || {
        login_challenge(algorithm, key)?;
        pair.sign(&SystemRandom::new(), &SIGNED)?;
        Ok(())
    })
}

pub(super) fn refresh(bench: &Bench<'_>) -> Result<(f64, f64)> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?;
    let public_key = pair.public_key().as_ref().to_vec();
    let signature = pair.sign(&SystemRandom::new(), &SIGNED)?;
    on_all_cores(bench, || {
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &public_key).verify(&SIGNED, signature.as_ref())?;
        pair.sign(&SystemRandom::new(), &SIGNED)?;
        Ok(())
    })
}

pub(super) fn encryptions(bench: &Bench<'_>) -> Result<(f64, f64)> {
    let (algorithm, key) = &bench.templates.public_key;
    let ephemeral_key = &bench.templates.rotation_ephemeral_key;
    on_all_cores(bench, || {
        encrypt_ephemeral_key(algorithm, key, ephemeral_key)?;
        Ok(())
    })
}

/// Repetitions per second, and microseconds of processor time for each.
fn on_all_cores(bench: &Bench<'_>, work: impl Fn() -> Result<()> + Sync) -> Result<(f64, f64)> {
    let cores = std::thread::available_parallelism()?.get();
    let cpu = CpuClock { servers: vec![std::process::id()], postmaster: None };
    let (started, before) = (Instant::now(), cpu.now());
    let done: Result<Vec<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = 0_usize;
                    while started.elapsed() < bench.time {
                        work()?;
                        done += 1;
                    }
                    Ok(done)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().ok().context("a thread panicked")?).collect()
    });
    let done: usize = done?.into_iter().sum();
    let (elapsed, after) = (started.elapsed(), cpu.now());
    let cpu = after.server.saturating_sub(before.server);
    Ok((per_second(done, elapsed), cpu.as_secs_f64() * 1e6 / count(done.max(1))))
}
