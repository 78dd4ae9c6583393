//! Groups, beside the keys that they consist of.

use keyfold::crypto::PrivateKey;
use keyfold::{SearchKey, SortKey, Suite, SymmetricKey};

use crate::Outcome;
use crate::effort::{head, measure, row};
use crate::server::{PASSWORD, Server};

const KEYS: usize = 50;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head("groups");
    let suite = Suite::default();
    let (private, public) = PrivateKey::generate(&suite, "id")?;
    let generated = measure(1000, async |_| {
        let key = SymmetricKey::generate(&suite, "id")?;
        PrivateKey::generate(&suite, "id")?;
        SearchKey::generate(&suite, "id")?;
        SortKey::generate(&suite, "id")?;
        drop(key);
        Ok(drop(public.encrypt(&[7; 32])?))
    })
    .await?;
    row("a group's keys, one hybrid encryption", generated, None);
    let user = server.user("groups").await?;
    let prepared = measure(1000, async |_| Ok(drop(user.prepare_create_group(false)?))).await?;
    row("make the body of a new group", prepared, Some(generated));
    let created = measure(500, async |_| Ok(drop(user.create_group().await?))).await?;
    row("create a group", created, Some(generated));

    let group = user.group(&user.create_group().await?).await?;
    for _ in 1..KEYS {
        group.rotate_keys().await?;
    }
    let sealed = public.encrypt(&[7; 32])?;
    let bare = measure(40, async |_| {
        for _ in 0..KEYS {
            private.decrypt(&sealed)?;
        }
        Ok(())
    })
    .await?;
    row("50 hybrid decryptions", bare, None);
    // A client that has opened the group has its keys.
    let mut users = Vec::new();
    for _ in 0..40 {
        users.push(server.client()?.login_forced("groups", PASSWORD).await?);
    }
    let opened = measure(40, async |n| Ok(drop(users[n].group(group.id()).await?))).await?;
    row("open a group of 50 keys", opened, Some(bare));
    Ok(())
}
