//! Groups, beside the keys that they consist of.

use keyfold::crypto::PrivateKey;
use keyfold::{Group, GroupId, SearchKey, SortKey, Suite, SymmetricKey, User};

use crate::Outcome;
use crate::bare::Encryption;
use crate::effort::{beside, head, row};
use crate::server::{PASSWORD, Server};

const KEYS: usize = 50;
/// A device may have fifty sessions at once: an older one ends when there are more.
const OPENINGS: u32 = 40;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let suite = Suite::default();
    let (_, public) = PrivateKey::generate(&suite, "id")?;
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
    row("make the body of a new group", bound, beside(2000, keys, prepare).await?);
    let create = async |_| Ok(drop(user.create_group().await?));
    row("create a group", bound, beside(1000, keys, create).await?);

    let group = user.group(&user.create_group().await?).await?;
    let mut contents = vec![group.encrypt(b"content")?];
    while contents.len() < KEYS {
        group.rotate_keys().await?;
        contents.push(group.encrypt(b"content")?);
    }
    let bare = Encryption::new();
    let decapsulate = async |_| {
        for _ in 0..KEYS {
            std::hint::black_box(bare.decapsulate());
        }
        Ok(())
    };
    let bound = "50 bare decapsulations";
    let users = sessions(server).await?;
    let open = async |n: usize| Ok(drop(users[n].group(group.id()).await?));
    row("open a group of 50 keys", bound, beside(OPENINGS, decapsulate, open).await?);
    end(users).await?;

    let users = sessions(server).await?;
    let read = async |n: usize| open_and_read(&users[n], group.id(), &contents).await;
    row("open it and read with each of its keys", bound, beside(OPENINGS, decapsulate, read).await?);
    end(users).await
}

async fn open_and_read(user: &User, id: &GroupId, contents: &[Vec<u8>]) -> Outcome<()> {
    let group: Group = user.group(id).await?;
    for content in contents {
        group.decrypt(content).await?;
    }
    Ok(())
}

/// A client that has opened the group has its keys: here are some that have not.
async fn sessions(server: &Server) -> Outcome<Vec<User>> {
    let mut users = Vec::new();
    for _ in 0..OPENINGS {
        users.push(server.client()?.login_forced("groups", PASSWORD).await?);
    }
    Ok(users)
}

async fn end(users: Vec<User>) -> Outcome<()> {
    for user in users {
        user.log_out().await?;
    }
    Ok(())
}
