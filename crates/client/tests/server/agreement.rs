//! Several people and devices do whatever they like, over a good network and over a bad one. In the end all read everything.
//!
//! The normal run is short. `KEYFOLD_PARTY_SECONDS=60` lets them go on for a minute, and `KEYFOLD_PARTY_SEED` chooses what they do; a
//! failure names its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use keyfold::{Client, Error, FileId, Group, GroupId, KeyId, Mfa, User};

use crate::dice::Dice;
use crate::proxy::Proxy;
use crate::world::{PASSWORD, World, group_of};

const PEOPLE: usize = 5;
/// Of the normal run.
const STEPS: usize = 150;
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
    /// By person; the first device of each is always there.
    devices: Vec<Vec<User>>,
    groups: Vec<GroupId>,
    contents: Vec<Content>,
    rotations: BTreeMap<String, usize>,
    codes: BTreeSet<String>,
    steps: usize,
}

impl<'a> Party<'a> {
    /// Five people, the first with two devices, in three groups inside of each other.
    async fn gather(world: &'a World, proxy: &'a Proxy) -> Self {
        let mut devices = Vec::new();
        for person in 0..PEOPLE {
            let (client, name) = (client_of(world, proxy), name_of(person));
            client.register(&name, PASSWORD).await.unwrap();
            devices.push(vec![client.login_forced(&name, PASSWORD).await.unwrap()]);
        }
        let root = group_of(&devices[0][0]).await;
        for person in &devices[1..] {
            root.invite_auto(person[0].id(), Some(1)).await.unwrap();
        }
        let child = root.child(&root.create_child().await.unwrap()).await.unwrap();
        let grandchild = child.create_child().await.unwrap();
        let groups = vec![root.id().clone(), child.id().clone(), grandchild];
        let (contents, rotations, codes) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let mut party = Self { world, proxy, devices, groups, contents, rotations, codes, steps: 0 };
        party.add_device(0).await.unwrap();
        party
    }

    async fn play(&mut self, dice: &mut Dice, span: Option<Duration>) {
        let begin = Instant::now();
        while span.map_or(self.steps < STEPS, |span| begin.elapsed() < span) {
            self.steps += 1;
            if let Err(error) = self.step(dice).await {
                self.codes.insert(error.code().into_owned());
            }
        }
    }

    /// Throws as often for every step, so that what they want to do does not depend on what came of it before.
    async fn step(&mut self, dice: &mut Dice) -> Result<(), Error> {
        let (action, person, other) = (dice.below(20), dice.below(PEOPLE), dice.below(PEOPLE));
        let (device, group, content) = (dice.below(64), dice.below(self.groups.len()), dice.below(1 << 16));
        let user = self.devices[person][device % self.devices[person].len()].clone();
        let group_id = self.groups[group].clone();
        match action {
            0 if self.may_rotate(group_id.as_str()) => user.group(&group_id).await?.rotate_keys().await,
            1 if self.may_rotate(user.id().as_str()) => user.rotate_keys().await,
            2 => user.group(&group_id).await?.update().await,
            3 => user.finish_key_rotation().await,
            4 => self.add_device(person).await,
            5 => self.remove_device(person).await,
            6 => self.log_in_again(person, device).await,
            7 => self.leave_and_come_back(person, other).await,
            8 | 9 => self.upload(&user.group(&group_id).await?, content).await,
            10 | 11 => self.write_letter(&user, other).await,
            12..=15 => match self.contents.get(content % self.contents.len().max(1)).cloned() {
                Some(content) => self.read(&user, person, &content).await,
                None => Ok(()),
            },
            _ => {
                let plain = format!("text {}", self.steps);
                let text = user.group(&group_id).await?.encrypt_string(&plain)?;
                self.contents.push(Content::Text { group: group_id, plain, text });
                Ok(())
            }
        }
    }

    fn may_rotate(&mut self, what: &str) -> bool {
        let count = self.rotations.entry(what.to_owned()).or_default();
        *count += 1;
        *count <= ROTATIONS
    }

    async fn add_device(&mut self, person: usize) -> Result<(), Error> {
        if self.devices[person].len() >= 3 {
            return Ok(());
        }
        let (client, name) = (client_of(self.world, self.proxy), format!("device {}", self.steps));
        let carried = client.register_device_start(&name, PASSWORD).await?;
        self.devices[person][0].register_device(&carried).await?;
        self.devices[person].push(client.login_forced(&name, PASSWORD).await?);
        Ok(())
    }

    async fn remove_device(&mut self, person: usize) -> Result<(), Error> {
        if self.devices[person].len() < 2 {
            return Ok(());
        }
        // Whether or not its end gets through, nobody uses it any more.
        let Some(device) = self.devices[person].pop() else { return Ok(()) };
        device.delete_device(PASSWORD, &device.device_id().clone(), Mfa::None).await
    }

    async fn log_in_again(&mut self, person: usize, device: usize) -> Result<(), Error> {
        let device = device % self.devices[person].len();
        let identifier = self.devices[person][device].identifier();
        let client = client_of(self.world, self.proxy);
        self.devices[person][device] = client.login_forced(&identifier, PASSWORD).await?;
        Ok(())
    }

    /// Somebody leaves the groups, and another one takes them in again.
    async fn leave_and_come_back(&mut self, person: usize, other: usize) -> Result<(), Error> {
        if person == 0 || person == other {
            return Ok(());
        }
        let user = self.devices[person][0].clone();
        let left = match user.group(&self.groups[0]).await {
            Ok(group) => group.leave().await,
            Err(error) => Err(error),
        };
        let invited = match self.devices[other][0].group(&self.groups[0]).await {
            Ok(group) => group.invite_auto(user.id(), Some(1)).await,
            Err(error) => Err(error),
        };
        left.and(invited)
    }

    async fn upload(&mut self, group: &Group, number: usize) -> Result<(), Error> {
        let data = number.to_le_bytes().repeat(number % 2000);
        let id = group.new_file().upload_bytes(&data).await?;
        self.contents.push(Content::File { group: group.id().clone(), data, id });
        Ok(())
    }

    async fn write_letter(&mut self, user: &User, to: usize) -> Result<(), Error> {
        let plain = format!("letter {}", self.steps);
        let text = user.encrypt_string(&plain, self.devices[to][0].id()).await?;
        self.contents.push(Content::Letter { to, plain, text });
        Ok(())
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

    /// Whoever was left outside by a fault is taken in again, with all keys.
    async fn reunite(&self) {
        let root = self.devices[0][0].group(&self.groups[0]).await.unwrap();
        root.update().await.unwrap();
        for person in &self.devices[1..] {
            match root.invite_auto(person[0].id(), Some(1)).await {
                Err(error) if error.code() == "server_302" => {
                    root.re_invite(person[0].id()).await.unwrap();
                }
                invited => invited.unwrap(),
            }
        }
    }

    /// Everybody reads everything, on the devices that took part and on new ones. The server may still be at work.
    async fn agree(&self) {
        for person in 0..PEOPLE {
            let mut devices = self.devices[person].clone();
            devices.push(self.world.again(&name_of(person)).await);
            for (number, user) in devices.iter().enumerate() {
                for content in &self.contents {
                    let begin = Instant::now();
                    while let Err(error) = self.read(user, person, content).await {
                        let is_on_its_way = error.code() == "server_304" && begin.elapsed() < LONGEST;
                        let who = format!("device {number} of person {person}");
                        assert!(is_on_its_way, "{who}: {error} at {content:?}");
                        tokio::task::yield_now().await;
                    }
                }
            }
        }
        let begin = Instant::now();
        while let Some((what, keys)) = self.disagreement().await {
            assert!(begin.elapsed() < LONGEST, "{what} has the newest keys {keys:?}");
        }
    }

    /// A user or group of which not all devices have the same newest key.
    async fn disagreement(&self) -> Option<(String, BTreeSet<String>)> {
        let mut newest: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut note = |what: &str, key: KeyId| {
            newest.entry(what.to_owned()).or_default().insert(key.into_string());
        };
        for user in self.devices.iter().flatten() {
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

async fn party(seed: u64, is_unruly: bool) -> BTreeSet<String> {
    let seed = setting("KEYFOLD_PARTY_SEED").unwrap_or(seed);
    let span = setting("KEYFOLD_PARTY_SECONDS").map(Duration::from_secs);
    println!("seed {seed}");
    let world = World::start();
    let proxy = Proxy::start(&world);
    let mut party = Party::gather(&world, &proxy).await;
    if is_unruly {
        proxy.be_unruly(Dice(seed));
    }
    party.play(&mut Dice(seed), span).await;
    proxy.calm();
    println!("{} steps, {} contents, {:?}", party.steps, party.contents.len(), party.codes);
    assert!(party.contents.len() > 20);
    party.reunite().await;
    party.agree().await;
    party.codes
}

#[tokio::test]
async fn people_and_devices_agree_after_whatever_they_did() {
    let codes = party(1, false).await;
    // Rotations that the server has not finished, and those beyond what it takes.
    let expected = ["server_304", "server_321"].map(str::to_owned);
    assert!(codes.iter().all(|code| expected.contains(code)), "{codes:?}");
}

#[tokio::test]
async fn a_network_that_drops_delays_truncates_and_repeats_costs_no_keys() {
    let codes = party(2, true).await;
    assert!(codes.contains("client_1000") && codes.contains("client_101"), "{codes:?}");
    // The last is a part of a file that was damaged.
    let ours = ["client_1000", "client_101", "client_14"];
    let documented = |code: &String| code.starts_with("server_") || ours.contains(&code.as_str());
    assert!(codes.iter().all(documented), "{codes:?}");
}
