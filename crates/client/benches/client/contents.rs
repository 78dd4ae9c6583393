//! Contents, beside the bare cipher of the library.

use std::hint::black_box;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::Outcome;
use crate::effort::{Effort, measure, millis, rate};
use crate::server::Server;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    let group = server.group("contents").await?;
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32])?);
    let nonce = || Nonce::assume_unique_for_key([1; NONCE_LEN]);
    println!("\ncontents                      time for one   throughput");
    for (name, size, times) in [("4 MiB", 4 << 20, 200), ("1 KiB", 1 << 10, 100_000)] {
        let data = vec![7; size];
        // Into memory of its own, as every function that returns something has to.
        let sealing = measure(times, async |_| {
            let mut sealed = black_box(&data).clone();
            bare.seal_in_place_append_tag(nonce(), Aad::empty(), &mut sealed)?;
            Ok(drop(black_box(sealed)))
        })
        .await?;
        line(&format!("bare AES-GCM, {name}"), sealing, size, None);
        let encrypted = measure(times, async |_| Ok(drop(black_box(group.encrypt(&data)?)))).await?;
        line(&format!("encrypt {name}"), encrypted, size, Some(sealing));

        let mut sealed = data.clone();
        let tag = bare.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut sealed)?;
        let opening = measure(times, async |_| {
            let mut opened = vec![0; size];
            bare.open_separate_gather(nonce(), Aad::empty(), black_box(&sealed), tag.as_ref(), &mut opened)?;
            Ok(drop(black_box(opened)))
        })
        .await?;
        line(&format!("bare opening, {name}"), opening, size, None);
        let sealed = group.encrypt(&data)?;
        let decrypted = measure(times, async |_| Ok(drop(black_box(group.decrypt_sync(&sealed)?)))).await?;
        line(&format!("decrypt {name}"), decrypted, size, Some(opening));
    }
    Ok(())
}

fn line(name: &str, effort: Effort, size: usize, bound: Option<Effort>) {
    let more = bound.map(|bound| effort.clock.as_secs_f64() / bound.clock.as_secs_f64() - 1.0);
    let more = more.map(|more| format!("({:+.0} %)", more * 100.0)).unwrap_or_default();
    let throughput = rate(size as f64, effort.clock);
    println!("{name:<28} {:>9.4} ms  {throughput:>6.0} MB/s {more}", millis(effort.clock));
}
