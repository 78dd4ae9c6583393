//! Several people and devices do whatever they like, all at once, over a good network and over a bad one. In the end all read
//! everything.
//!
//! The normal run is short. `cargo xtask soak` lets them go on for a minute, by `KEYFOLD_PARTY_SECONDS`; `--seed`, which is
//! `KEYFOLD_PARTY_SEED`, chooses what each of them wants to do. A failure names its seed. Who is faster is left to chance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keyfold::{Client, Error, FileId, Group, GroupId, KeyId, Mfa, User, UserId};

use crate::dice::Dice;
use crate::proxy::Proxy;
use crate::world::{PASSWORD, World, group_of, on_both_databases};

const PEOPLE: usize = 5;
/// Of each person. The first is always there, the others come and go.
const DEVICES: usize = 3;
/// Of each device, in the normal run.
const STEPS: usize = 12;
/// Rotations of one group or user that the server takes in a month.
const ROTATIONS: usize = 90;
/// However slow the machine, what is to come has come after this.
const LONGEST: Duration = Duration::from_secs(300);

/// What somebody has written, and where.
#[derive(Clone, Debug)]
enum Content {
    Text { group: GroupId, plain: String, text: String },
    Letter { to: usize, plain: String, text: String },
    File { group: GroupId, data: Vec<u8>, id: FileId },
}

struct Party<'a> {
    world: &'a World,
    proxy: &'a Proxy,
    ids: Vec<UserId>,
    /// The first device of each person, which takes in the others and invites people.
    first_devices: Vec<Mutex<User>>,
    groups: Vec<GroupId>,
    contents: Mutex<Vec<Content>>,
    rotations: Mutex<BTreeMap<String, usize>>,
    codes: Mutex<BTreeSet<String>>,
    steps: AtomicUsize,
}

/// A device, or the place for one.
struct Device<'a> {
    party: &'a Party<'a>,
    person: usize,
    is_first: bool,
    user: Option<User>,
    dice: Dice,
}

impl<'a> Party<'a> {
    /// Five people in three groups inside of each other.
    async fn gather(world: &'a World, proxy: &'a Proxy) -> Self {
        let mut users = Vec::new();
        for person in 0..PEOPLE {
            let (client, name) = (client_of(world, proxy), name_of(person));
            client.register(&name, PASSWORD).await.unwrap();
            users.push(client.login_forced(&name, PASSWORD).await.unwrap());
        }
        let root = group_of(&users[0]).await;
        for user in &users[1..] {
            root.invite_auto(user.id(), Some(1)).await.unwrap();
        }
        let child = root.child(&root.create_child().await.unwrap()).await.unwrap();
        let grandchild = child.create_child().await.unwrap();
        Self {
            world,
            proxy,
            ids: users.iter().map(|user| user.id().clone()).collect(),
            groups: vec![root.id().clone(), child.id().clone(), grandchild],
            first_devices: users.into_iter().map(Mutex::new).collect(),
            contents: Mutex::default(),
            rotations: Mutex::default(),
            codes: Mutex::default(),
            steps: AtomicUsize::new(0),
        }
    }

    /// The devices, each with dice of its own. The first person has a second one from the beginning.
    async fn devices(&'a self, seed: u64) -> Vec<Device<'a>> {
        let mut devices = Vec::new();
        for person in 0..PEOPLE {
            for number in 0..DEVICES {
                let salt = u64::try_from(devices.len() + 1).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let (is_first, dice) = (number == 0, Dice(seed ^ salt));
                let user = is_first.then(|| self.first_device(person));
                devices.push(Device { party: self, person, is_first, user, dice });
            }
        }
        devices[1].add().await.unwrap();
        devices
    }

    fn first_device(&self, person: usize) -> User {
        self.first_devices[person].lock().unwrap().clone()
    }

    fn may_rotate(&self, what: &str) -> bool {
        let mut rotations = self.rotations.lock().unwrap();
        let count = rotations.entry(what.to_owned()).or_default();
        *count += 1;
        *count <= ROTATIONS
    }

    fn keep(&self, content: Content) {
        self.contents.lock().unwrap().push(content);
    }

    fn contents(&self) -> Vec<Content> {
        self.contents.lock().unwrap().clone()
    }

    /// Reads what the person can read.
    async fn read(&self, user: &User, person: usize, content: &Content) -> Result<(), Error> {
        match content {
            Content::Text { group, plain, text } => {
                assert_eq!(user.group(group).await?.decrypt_string(text).await?, *plain);
            }
            Content::Letter { to, plain, text } if *to == person => {
                assert_eq!(user.decrypt_string(text).await?, *plain);
            }
            Content::Letter { .. } => {}
            Content::File { group, data, id } => {
                let file = user.group(group).await?.file(id).await?;
                assert!(file.download().bytes().await? == *data);
            }
        }
        Ok(())
    }

    /// Whoever was left outside is taken in again, with all keys.
    async fn reunite(&self) {
        let root = self.first_device(0).group(&self.groups[0]).await.unwrap();
        root.update().await.unwrap();
        for id in &self.ids[1..] {
            match root.invite_auto(id, Some(1)).await {
                Err(error) if error.code() == "server_302" => root.re_invite(id).await.unwrap(),
                invited => invited.unwrap(),
            }
        }
    }

    /// Everybody reads everything, on the devices that took part and on new ones. The server may still be at work.
    async fn agree(&self, devices: &[Device<'_>]) {
        let contents = self.contents();
        let mut readers: Vec<_> =
            devices.iter().filter_map(|device| Some((device.person, device.user.clone()?))).collect();
        let taking_part: Vec<_> = readers.iter().map(|(_, user)| user.clone()).collect();
        for person in 0..PEOPLE {
            readers.push((person, self.world.again(&name_of(person)).await));
        }
        for (person, user) in &readers {
            for content in &contents {
                let begin = Instant::now();
                while let Err(error) = self.read(user, *person, content).await {
                    let is_on_its_way = error.code() == "server_304" && begin.elapsed() < LONGEST;
                    let who = format!("device {} of person {person}", user.identifier());
                    assert!(is_on_its_way, "{who}: {error} at {content:?}");
                    tokio::task::yield_now().await;
                }
            }
        }
        let begin = Instant::now();
        while let Some((what, keys)) = self.disagreement(&taking_part).await {
            assert!(begin.elapsed() < LONGEST, "{what} has the newest keys {keys:?}");
        }
    }

    /// A user or group of which not all devices have the same newest key.
    async fn disagreement(&self, users: &[User]) -> Option<(String, BTreeSet<String>)> {
        let mut newest: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut note = |what: &str, key: KeyId| {
            newest.entry(what.to_owned()).or_default().insert(key.into_string());
        };
        for user in users {
            user.finish_key_rotation().await.unwrap();
            note(user.id().as_str(), user.newest_key_id().unwrap());
            for id in &self.groups {
                let group = user.group(id).await.unwrap();
                group.update().await.unwrap();
                note(id.as_str(), group.newest_key_id().unwrap());
            }
        }
        newest.into_iter().find(|(_, keys)| keys.len() > 1)
    }
}

impl Device<'_> {
    async fn play(&mut self, span: Option<Duration>) {
        let begin = Instant::now();
        let mut steps = 0;
        while span.map_or(steps < STEPS, |span| begin.elapsed() < span) {
            steps += 1;
            let number = self.party.steps.fetch_add(1, Ordering::SeqCst);
            if let Err(error) = self.step(number).await {
                self.party.codes.lock().unwrap().insert(error.code().into_owned());
            }
        }
    }

    /// Throws as often for every step, so that what the device wants to do does not depend on what came of it before.
    async fn step(&mut self, number: usize) -> Result<(), Error> {
        let (party, dice) = (self.party, &mut self.dice);
        let (action, other) = (dice.below(20), dice.below(PEOPLE));
        let (group, content) = (dice.below(party.groups.len()), dice.below(1 << 16));
        let group_id = &party.groups[group];
        let Some(user) = self.user.clone() else {
            return if action < 4 { self.add().await } else { Ok(()) };
        };
        match action {
            0 if party.may_rotate(group_id.as_str()) => user.group(group_id).await?.rotate_keys().await,
            1 if party.may_rotate(user.id().as_str()) => user.rotate_keys().await,
            2 => user.group(group_id).await?.update().await,
            3 => user.finish_key_rotation().await,
            4 if !self.is_first => self.remove(&user).await,
            5 => self.log_in_again(&user).await,
            6 => self.leave_and_come_back(&user, other).await,
            7..=9 => self.upload(&user.group(group_id).await?, content).await,
            10 | 11 => self.write_letter(&user, other, number).await,
            12..=15 => {
                let contents = party.contents();
                match contents.get(content % contents.len().max(1)) {
                    Some(content) => party.read(&user, self.person, content).await,
                    None => Ok(()),
                }
            }
            _ => {
                let plain = format!("text {number}");
                let text = user.group(group_id).await?.encrypt_string(&plain)?;
                party.keep(Content::Text { group: group_id.clone(), plain, text });
                Ok(())
            }
        }
    }

    async fn add(&mut self) -> Result<(), Error> {
        let client = client_of(self.party.world, self.party.proxy);
        let name = format!("device {}", self.party.steps.fetch_add(1, Ordering::SeqCst));
        let carried = client.register_device_start(&name, PASSWORD).await?;
        self.party.first_device(self.person).register_device(&carried).await?;
        self.user = Some(client.login_forced(&name, PASSWORD).await?);
        Ok(())
    }

    async fn remove(&mut self, user: &User) -> Result<(), Error> {
        // Whether or not its end gets through, nobody uses it any more.
        self.user = None;
        user.delete_device(PASSWORD, &user.device_id().clone(), Mfa::None).await
    }

    async fn log_in_again(&mut self, user: &User) -> Result<(), Error> {
        let client = client_of(self.party.world, self.party.proxy);
        let user = client.login_forced(&user.identifier(), PASSWORD).await?;
        if self.is_first {
            *self.party.first_devices[self.person].lock().unwrap() = user.clone();
        }
        self.user = Some(user);
        Ok(())
    }

    /// Somebody leaves the groups, and another one takes them in again.
    async fn leave_and_come_back(&self, user: &User, other: usize) -> Result<(), Error> {
        let root = &self.party.groups[0];
        if self.person == 0 || self.person == other {
            return Ok(());
        }
        let left = match user.group(root).await {
            Ok(group) => group.leave().await,
            Err(error) => Err(error),
        };
        let invited = match self.party.first_device(other).group(root).await {
            Ok(group) => group.invite_auto(user.id(), Some(1)).await,
            Err(error) => Err(error),
        };
        left.and(invited)
    }

    async fn upload(&self, group: &Group, number: usize) -> Result<(), Error> {
        let data = number.to_le_bytes().repeat(number % 2000);
        let id = group.new_file().upload_bytes(&data).await?;
        self.party.keep(Content::File { group: group.id().clone(), data, id });
        Ok(())
    }

    async fn write_letter(&self, user: &User, to: usize, number: usize) -> Result<(), Error> {
        let plain = format!("letter {number}");
        let text = user.encrypt_string(&plain, &self.party.ids[to]).await?;
        self.party.keep(Content::Letter { to, plain, text });
        Ok(())
    }
}

fn name_of(person: usize) -> String {
    format!("person {person}")
}

fn client_of(world: &World, proxy: &Proxy) -> Client {
    let builder = world.builder().base_url(proxy.url()).public_key_max_age(Duration::ZERO);
    builder.file_part_retries(3, Duration::ZERO).build().unwrap()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

async fn party(world: &World, seed: u64, is_unruly: bool) -> BTreeSet<String> {
    let seed = setting("KEYFOLD_PARTY_SEED").unwrap_or(seed);
    let span = setting("KEYFOLD_PARTY_SECONDS").map(Duration::from_secs);
    println!("seed {seed}");
    let proxy = Proxy::start(world);
    let party = Party::gather(world, &proxy).await;
    let mut devices = party.devices(seed).await;
    if is_unruly {
        proxy.be_unruly(Dice(seed));
    }
    join_all(devices.iter_mut().map(|device| device.play(span))).await;
    proxy.calm();
    let codes = party.codes.lock().unwrap().clone();
    println!("{} steps, {} contents, {codes:?}", party.steps.load(Ordering::SeqCst), party.contents().len());
    assert!(party.contents().len() > 20);
    party.reunite().await;
    party.agree(&devices).await;
    codes
}

on_both_databases!(
    people_and_devices_agree_after_whatever_they_did,
    a_network_that_drops_delays_truncates_and_repeats_costs_no_keys,
);

async fn people_and_devices_agree_after_whatever_they_did(world: World) {
    let codes = party(&world, 1, false).await;
    // Somebody who has left on another device, in the middle of a file too, or is taken in by two at once; rotations that the server has
    // not finished, and those beyond what it takes.
    let expected = ["server_302", "server_304", "server_310", "server_321", "server_521"].map(str::to_owned);
    assert!(codes.iter().all(|code| expected.contains(code)), "{codes:?}");
}

async fn a_network_that_drops_delays_truncates_and_repeats_costs_no_keys(world: World) {
    let codes = party(&world, 2, true).await;
    assert!(codes.contains("client_1000") && codes.contains("client_101"), "{codes:?}");
    // The last is a part of a file that was damaged.
    let ours = ["client_1000", "client_101", "client_14"];
    let documented = |code: &String| code.starts_with("server_") || ours.contains(&code.as_str());
    assert!(codes.iter().all(documented), "{codes:?}");
}
