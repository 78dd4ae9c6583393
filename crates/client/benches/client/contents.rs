//! Contents, beside the bare cipher of the library.

use std::hint::black_box;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::Outcome;
use crate::effort::{Effort, beside, rate, text};
use crate::server::Server;

const AES_256_GCM_TAG: usize = 16;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    let group = server.group("contents").await?;
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32])?);
    let nonce = || Nonce::assume_unique_for_key([1; NONCE_LEN]);
    println!("\n| | time | throughput | bare AES-GCM | more than the bound |");
    println!("|---|---:|---:|---:|---:|");
    for (name, size, times) in [("4 MiB", 4 << 20, 200), ("1 KiB", 1 << 10, 200_000)] {
        let data = vec![7; size];
        // Into memory of its own, as every function that returns something has to.
        let bare_sealing = async |_| {
            let mut sealed = vec![0; size];
            let mut tag = [0; AES_256_GCM_TAG];
            bare.seal_out_of_place_scatter(
                nonce(),
                Aad::empty(),
                black_box(&data),
                &mut sealed,
                &[],
                &mut tag,
            )?;
            Ok(drop(black_box((sealed, tag))))
        };
        let encrypt = async |_| Ok(drop(black_box(group.encrypt(&data)?)));
        line(&format!("encrypt {name}"), size, beside(times, bare_sealing, encrypt).await?);

        let mut sealed = data.clone();
        let tag = bare.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut sealed)?;
        let bare_opening = async |_| {
            let mut opened = vec![0; size];
            bare.open_separate_gather(nonce(), Aad::empty(), black_box(&sealed), tag.as_ref(), &mut opened)?;
            Ok(drop(black_box(opened)))
        };
        let content = group.encrypt(&data)?;
        let decrypt = async |_| Ok(drop(black_box(group.decrypt_sync(&content)?)));
        line(&format!("decrypt {name}"), size, beside(times, bare_opening, decrypt).await?);
    }
    Ok(())
}

fn line(name: &str, size: usize, (bound, work): (Effort, Effort)) {
    let more = (work.clock.as_secs_f64() / bound.clock.as_secs_f64() - 1.0) * 100.0;
    let throughput = rate(size as f64, work.clock);
    println!(
        "| {name} | {} | {throughput:.0} MB/s | {} | {more:+.0} % |",
        text(work.clock),
        text(bound.clock)
    );
}
