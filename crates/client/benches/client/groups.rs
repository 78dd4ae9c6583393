//! Groups, beside the keys that they consist of.

use keyfold::crypto::PrivateKey;
use keyfold::{SearchKey, SortKey, Suite, SymmetricKey};

use crate::Outcome;
use crate::effort::{beside, head, row};
use crate::server::{PASSWORD, Server};

const KEYS: usize = 50;
/// A device has so many sessions at once, and a few more.
const OPENINGS: u32 = 40;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let suite = Suite::default();
    let (private, public) = PrivateKey::generate(&suite, "id")?;
    let keys = async |_| {
        let key = SymmetricKey::generate(&suite, "id")?;
        PrivateKey::generate(&suite, "id")?;
        SearchKey::generate(&suite, "id")?;
        SortKey::generate(&suite, "id")?;
        drop(key);
        Ok(drop(public.encrypt(&[7; 32])?))
    };
    let bound = "a group's keys and one hybrid encryption";
    let user = server.user("groups").await?;
    let prepare = async |_| Ok(drop(user.prepare_create_group(false)?));
    row("make the body of a new group", bound, beside(1000, keys, prepare).await?);
    let create = async |_| Ok(drop(user.create_group().await?));
    row("create a group", bound, beside(1000, keys, create).await?);

    let group = user.group(&user.create_group().await?).await?;
    for _ in 1..KEYS {
        group.rotate_keys().await?;
    }
    let sealed = public.encrypt(&[7; 32])?;
    let decrypt = async |_| {
        for _ in 0..KEYS {
            private.decrypt(&sealed)?;
        }
        Ok(())
    };
    // A client that has opened the group has its keys.
    let mut users = Vec::new();
    for _ in 0..OPENINGS {
        users.push(server.client()?.login_forced("groups", PASSWORD).await?);
    }
    let open = async |n: usize| Ok(drop(users[n].group(group.id()).await?));
    row("open a group of 50 keys", "50 hybrid decryptions", beside(OPENINGS, decrypt, open).await?);
    Ok(())
}
