//! Contents, beside the bare cipher of the library.

use std::hint::black_box;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::Outcome;
use crate::effort::{Effort, in_turns, rate, text};
use crate::server::Server;

const TAG_LEN: usize = 16;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    let group = server.group("contents").await?;
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32])?);
    let head = format!("{{\"id\":\"{}\",\"sign\":null}}\0", group.newest_key_id()?);
    println!("\n| | time | throughput | bare AES-GCM | the same with nonce and head | more than that |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, size, times) in [("4 MiB", 4 << 20, 200), ("1 KiB", 1 << 10, 400_000)] {
        let data = vec![7; size];
        let sealing = in_turns(
            times,
            [
                &mut || seal(&bare, Nonce::assume_unique_for_key([1; NONCE_LEN]), &data, &[]),
                &mut || {
                    let mut front = [0; NONCE_LEN];
                    aws_lc_rs::rand::fill(&mut front)?;
                    seal(&bare, Nonce::assume_unique_for_key(front), &data, head.as_bytes())
                },
                &mut || Ok(drop(black_box(group.encrypt(black_box(&data))?))),
            ],
        )?;
        line(&format!("encrypt {name}"), size, sealing);

        let nonce = || Nonce::assume_unique_for_key([1; NONCE_LEN]);
        let mut sealed = data.clone();
        let tag = bare.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut sealed)?;
        let content = group.encrypt(&data)?;
        let opening = in_turns(
            times,
            [
                &mut || open(&bare, nonce(), &sealed, tag.as_ref()),
                &mut || {
                    let end = black_box(&content).iter().position(|byte| *byte == 0).ok_or("no head")?;
                    assert_eq!(&content[..=end], head.as_bytes());
                    open(&bare, nonce(), &sealed, tag.as_ref())
                },
                &mut || Ok(drop(black_box(group.decrypt_sync(black_box(&content))?))),
            ],
        )?;
        line(&format!("decrypt {name}"), size, opening);
    }
    Ok(())
}

/// Into memory of its own, as every function that returns something has to.
fn seal(key: &LessSafeKey, nonce: Nonce, data: &[u8], head: &[u8]) -> Outcome<()> {
    let mut sealed = vec![0; head.len() + data.len() + TAG_LEN];
    let (front, rest) = sealed.split_at_mut(head.len());
    front.copy_from_slice(head);
    let (text, tag) = rest.split_at_mut(data.len());
    key.seal_out_of_place_scatter(nonce, Aad::empty(), black_box(data), text, &[], tag)?;
    Ok(drop(black_box(sealed)))
}

fn open(key: &LessSafeKey, nonce: Nonce, sealed: &[u8], tag: &[u8]) -> Outcome<()> {
    let mut opened = vec![0; sealed.len()];
    key.open_separate_gather(nonce, Aad::empty(), black_box(sealed), tag, &mut opened)?;
    Ok(drop(black_box(opened)))
}

fn line(name: &str, size: usize, [bare, bound, work]: [Effort; 3]) {
    let more = (work.clock.as_secs_f64() / bound.clock.as_secs_f64() - 1.0) * 100.0;
    let throughput = rate(size as f64, work.clock);
    let [work, bare, bound] = [work, bare, bound].map(|effort| text(effort.clock));
    println!("| {name} | {work} | {throughput:.0} MB/s | {bare} | {bound} | {more:+.0} % |");
}
