//! Groups, beside the keys that they consist of.

use keyfold::crypto::PrivateKey;
use keyfold::transport::{HttpTransport, Request, Transport};
use keyfold::{Group, GroupId, SearchKey, SortKey, Suite, SymmetricKey, User};

use crate::Outcome;
use crate::bare::Encryption;
use crate::effort::{beside, head, row};
use crate::exchange::Bare;
use crate::server::{PASSWORD, Server};

const TURNS: u32 = 100;
const KEYS: usize = 50;
/// A device may have fifty sessions at once: an older one ends when there are more.
const OPENINGS: u32 = 40;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let suite = Suite::default();
    let (_, public) = PrivateKey::generate(&suite, "id")?;
    let make_keys = || {
        let key = SymmetricKey::generate(&suite, "id")?;
        PrivateKey::generate(&suite, "id")?;
        SearchKey::generate(&suite, "id")?;
        SortKey::generate(&suite, "id")?;
        drop(key);
        Outcome::Ok(drop(public.encrypt(&[7; 32])?))
    };
    let keys = async |_| make_keys();
    let bound = "a group's keys and one hybrid encryption";
    let (client, recorder) = server.recorded()?;
    client.register("groups", PASSWORD).await?;
    let user = client.login_forced("groups", PASSWORD).await?;
    let prepare = async |_| Ok(drop(user.prepare_create_group(false)?));
    row("make the body of a new group", bound, beside(TURNS, 20, keys, prepare).await?);

    recorder.take();
    user.create_group().await?;
    let sent = recorder.take();
    let creation = sent.first().ok_or("nothing was sent")?;
    let (bare, transport) = (Bare::default(), HttpTransport::new()?);
    let send_bare = async |_| bare.send(creation).await;
    let send = async |_| Ok(drop(transport.send(creation.clone()).await?));
    row("send it", "a bare request of the same bytes", beside(TURNS, 10, send_bare, send).await?);

    let user = server.client()?.login_forced("groups", PASSWORD).await?;
    let create = async |_| Ok(drop(user.create_group().await?));
    row("create a group", bound, beside(TURNS, 10, keys, create).await?);
    let all = async |_| {
        make_keys()?;
        bare.send(creation).await
    };
    let bound = "the same and a bare request of the same bytes";
    row("create a group", bound, beside(TURNS, 10, all, create).await?);

    let group = user.group(&user.create_group().await?).await?;
    let mut contents = vec![group.encrypt(b"content")?];
    while contents.len() < KEYS {
        group.rotate_keys().await?;
        contents.push(group.encrypt(b"content")?);
    }
    let library = Encryption::new();
    let decapsulate = async |_| {
        for _ in 0..KEYS {
            std::hint::black_box(library.decapsulate());
        }
        Ok(())
    };
    let bound = "50 bare decapsulations";
    let users = sessions(server).await?;
    let open = async |n: usize| Ok(drop(users[n].group(group.id()).await?));
    row("open a group of 50 keys", bound, beside(OPENINGS, 1, decapsulate, open).await?);
    end(users).await?;

    let users = sessions(server).await?;
    let read = async |n: usize| open_and_read(&users[n], group.id(), &contents).await;
    row("open it and read with each of its keys", bound, beside(OPENINGS, 1, decapsulate, read).await?);
    end(users).await?;

    let sent = opening(server, group.id()).await?;
    let all = async |n| {
        for request in &sent {
            bare.send(request).await?;
        }
        decapsulate(n).await
    };
    let bound = "these and bare requests for the same bytes";
    let users = sessions(server).await?;
    let read = async |n: usize| open_and_read(&users[n], group.id(), &contents).await;
    row("open it and read with each of its keys", bound, beside(OPENINGS, 1, all, read).await?);
    end(users).await
}

async fn open_and_read(user: &User, id: &GroupId, contents: &[Vec<u8>]) -> Outcome<()> {
    let group: Group = user.group(id).await?;
    for content in contents {
        group.decrypt(content).await?;
    }
    Ok(())
}

/// The requests that open the group.
async fn opening(server: &Server, id: &GroupId) -> Outcome<Vec<Request>> {
    let (client, recorder) = server.recorded()?;
    let user = client.login_forced("groups", PASSWORD).await?;
    recorder.take();
    user.group(id).await?;
    Ok(recorder.take())
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
