//! Cryptography that a server cannot avoid, on all cores.

use std::time::Instant;

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use keyfold_crypto::server::{encrypt_ephemeral_key, login_challenge};

use super::Bench;
use crate::closed_loop::per_second;

/// About as long as an access token.
const SIGNED: [u8; 400] = [b'x'; 400];

pub(super) fn login(bench: &Bench<'_>) -> Result<f64> {
    let (algorithm, key) = &bench.templates.public_key;
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?;
    on_all_cores(bench, || {
        login_challenge(algorithm, key)?;
        pair.sign(&SystemRandom::new(), &SIGNED)?;
        Ok(())
    })
}

pub(super) fn refresh(bench: &Bench<'_>) -> Result<f64> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?;
    let public_key = pair.public_key().as_ref().to_vec();
    let signature = pair.sign(&SystemRandom::new(), &SIGNED)?;
    on_all_cores(bench, || {
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &public_key).verify(&SIGNED, signature.as_ref())?;
        pair.sign(&SystemRandom::new(), &SIGNED)?;
        Ok(())
    })
}

pub(super) fn encryptions(bench: &Bench<'_>) -> Result<f64> {
    let (algorithm, key) = &bench.templates.public_key;
    let ephemeral_key = &bench.templates.rotation_ephemeral_key;
    on_all_cores(bench, || {
        encrypt_ephemeral_key(algorithm, key, ephemeral_key)?;
        Ok(())
    })
}

fn on_all_cores(bench: &Bench<'_>, work: impl Fn() -> Result<()> + Sync) -> Result<f64> {
    let cores = std::thread::available_parallelism()?.get();
    let started = Instant::now();
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
    Ok(per_second(done?.into_iter().sum(), started.elapsed()))
}
