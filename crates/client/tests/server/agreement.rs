//! Several people and devices do whatever they like, over a good network and over a bad one. In the end all read everything.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keyfold::transport::{Request, Response};
use keyfold::{
    BoxFuture, Error, Group, GroupId, HttpTransport, Transport, TransportError, TransportErrorKind, User,
};

use crate::world::{PASSWORD, World, group_of};

const PEOPLE: usize = 5;
const STEPS: usize = 120;
/// However slow the machine, no further step begins after this.
const LONGEST: Duration = Duration::from_secs(60);

/// The same numbers for the same seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// A network that drops, delays, truncates and repeats, once it is told to.
#[derive(Clone)]
struct Unruly {
    inner: HttpTransport,
    dice: Arc<Mutex<Option<Dice>>>,
}

impl Transport for Unruly {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let interrupted = || Err(TransportError::new(TransportErrorKind::Interrupted));
        let fault = self.dice.lock().unwrap().as_mut().map_or(usize::MAX, |dice| dice.below(24));
        Box::pin(async move {
            match fault {
                0 => interrupted(),
                1 => {
                    self.inner.send(request).await?;
                    interrupted()
                }
                2 => {
                    let mut answer = self.inner.send(request).await?;
                    answer.body.truncate(answer.body.len() / 2);
                    Ok(answer)
                }
                3 => {
                    self.inner.send(request.clone()).await?;
                    self.inner.send(request).await
                }
                4 => {
                    for _ in 0..1000 {
                        tokio::task::yield_now().await;
                    }
                    self.inner.send(request).await
                }
                _ => self.inner.send(request).await,
            }
        })
    }
}

struct Party {
    devices: Vec<User>,
    groups: Vec<GroupId>,
    /// Group, text, ciphertext.
    contents: Vec<(GroupId, String, String)>,
    codes: BTreeSet<String>,
}

impl Party {
    async fn start(world: &World, network: &Unruly) -> Self {
        let mut devices: Vec<User> = Vec::new();
        for number in 0..PEOPLE {
            let client = world.builder().transport(network.clone()).build().unwrap();
            let name = format!("person {number}");
            client.register(&name, PASSWORD).await.unwrap();
            devices.push(client.login_forced(&name, PASSWORD).await.unwrap());
        }
        let client = world.builder().transport(network.clone()).build().unwrap();
        let text = client.register_device_start("second device", PASSWORD).await.unwrap();
        devices[0].register_device(&text).await.unwrap();
        devices.push(client.login_forced("second device", PASSWORD).await.unwrap());

        let root = group_of(&devices[0]).await;
        for person in &devices[1..PEOPLE] {
            root.invite_auto(person.id(), Some(1)).await.unwrap();
        }
        let child = root.child(&root.create_child().await.unwrap()).await.unwrap();
        let grandchild = child.create_child().await.unwrap();
        let groups = vec![root.id().clone(), child.id().clone(), grandchild];
        Self { devices, groups, contents: Vec::new(), codes: BTreeSet::new() }
    }

    async fn step(&mut self, dice: &mut Dice) -> Result<(), Error> {
        let user = self.devices[dice.below(self.devices.len())].clone();
        let group_id = self.groups[dice.below(self.groups.len())].clone();
        let group: Group = user.group(&group_id).await?;
        match dice.below(10) {
            0 => group.rotate_keys().await?,
            1 => user.rotate_keys().await?,
            2 => group.update().await?,
            3 => user.finish_key_rotation().await?,
            4..7 if !self.contents.is_empty() => {
                let (group_id, text, content) = &self.contents[dice.below(self.contents.len())];
                let group = user.group(group_id).await?;
                assert_eq!(group.decrypt_string(content).await?, *text);
            }
            _ => {
                let text = format!("text {}", self.contents.len());
                let content = group.encrypt_string(&text)?;
                self.contents.push((group_id, text, content));
            }
        }
        Ok(())
    }

    async fn play(&mut self, seed: u64) {
        let (mut dice, begin) = (Dice(seed), Instant::now());
        for _ in 0..STEPS {
            if begin.elapsed() > LONGEST {
                break;
            }
            if let Err(error) = self.step(&mut dice).await {
                self.codes.insert(error.code().into_owned());
            }
        }
    }

    /// Everybody reads everything, on the devices that took part and on new ones. The server may still be at work.
    async fn agree(&self, world: &World) {
        let mut devices = self.devices.clone();
        for number in 0..PEOPLE {
            devices.push(world.again(&format!("person {number}")).await);
        }
        for (number, user) in devices.iter().enumerate() {
            for (group_id, text, content) in &self.contents {
                let begin = Instant::now();
                loop {
                    let read = async { user.group(group_id).await?.decrypt_string(content).await };
                    match read.await {
                        Ok(read) => {
                            assert_eq!(read, *text);
                            break;
                        }
                        Err(error) => assert!(
                            error.code() == "server_304" && begin.elapsed() < LONGEST,
                            "device {number}: {text} in {group_id}: {error}"
                        ),
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

async fn party(seed: u64, faults: bool) -> BTreeSet<String> {
    let world = World::start();
    let network = Unruly { inner: HttpTransport::new().unwrap(), dice: Arc::default() };
    let mut party = Party::start(&world, &network).await;
    *network.dice.lock().unwrap() = faults.then_some(Dice(seed));
    party.play(seed).await;
    *network.dice.lock().unwrap() = None;
    assert!(party.contents.len() > 5);
    party.agree(&world).await;
    party.codes
}

#[tokio::test]
async fn people_and_devices_agree_after_whatever_they_did() {
    let codes = party(1, false).await;
    // Rotations that the server has not finished, those that another device was faster with, and those beyond what it takes.
    let expected = ["server_304", "server_311", "server_321"].map(str::to_owned);
    assert!(codes.iter().all(|code| expected.contains(code)), "{codes:?}");
}

#[tokio::test]
async fn a_network_that_drops_delays_truncates_and_repeats_costs_no_keys() {
    let codes = party(2, true).await;
    assert!(codes.contains("client_1000") && codes.contains("client_101"), "{codes:?}");
    let documented = |code: &String| {
        code.starts_with("server_") || ["client_1000", "client_101", "client_102"].contains(&code.as_str())
    };
    assert!(codes.iter().all(documented), "{codes:?}");
}
