//! A network that loses answers: nothing is lost for good, and nothing is sent twice that must not be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyfold::transport::{Request, Response};
use keyfold::{BoxFuture, HttpTransport, Transport, TransportError, TransportErrorKind};

use crate::world::{PASSWORD, World, group_of};

/// Loses the answers of requests whose path ends in one of these, as often as the counter says.
#[derive(Clone)]
pub(crate) struct Lossy {
    inner: HttpTransport,
    path: &'static str,
    losses: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Lossy {
    pub(crate) fn new(path: &'static str) -> Self {
        let inner = HttpTransport::new().unwrap();
        Self { inner, path, losses: Arc::default(), sent: Arc::default() }
    }

    pub(crate) fn lose(&self, answers: usize) {
        self.sent.store(0, Ordering::SeqCst);
        self.losses.store(answers, Ordering::SeqCst);
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Transport for Lossy {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let matches = request.url.ends_with(self.path);
            let answer = self.inner.send(request).await;
            if !matches {
                return answer;
            }
            self.sent.fetch_add(1, Ordering::SeqCst);
            let lose = |losses: usize| losses.checked_sub(1);
            match self.losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose) {
                Ok(_) => Err(TransportError::new(TransportErrorKind::Interrupted)),
                Err(_) => answer,
            }
        })
    }
}

#[tokio::test]
async fn a_lost_answer_is_network_trouble_and_the_request_is_not_repeated() {
    let world = World::start();
    let transport = Lossy::new("/group");
    let client = world.builder().transport(transport.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    transport.lose(1);
    assert!(alice.create_group().await.unwrap_err().is_network());
    assert_eq!(transport.sent(), 1);
    // The server did create it, and the user finds it.
    assert_eq!(alice.groups().all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotation_whose_answer_is_lost_is_picked_up_later() {
    let world = World::start();
    let transport = Lossy::new("/key_rotation");
    let client = world.builder().transport(transport.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let first = group.newest_key_id().unwrap();
    transport.lose(1);
    assert!(group.rotate_keys().await.unwrap_err().is_network());
    assert_eq!(group.newest_key_id().unwrap(), first);
    group.update().await.unwrap();
    assert_ne!(group.newest_key_id().unwrap(), first);
}

#[tokio::test]
async fn a_lost_renewal_can_be_repeated() {
    let world = World::start();
    let transport = Lossy::new("/init");
    let client = world.builder().transport(transport.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    client.login_forced("alice", PASSWORD).await.unwrap();
    transport.lose(1);
    assert!(client.restore().await.unwrap_err().is_network());
    assert!(client.restore().await.unwrap().is_some());
}
