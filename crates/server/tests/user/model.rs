//! Random sequences of actions, and after each: who can log in, whose tokens work, and what rows exist, compared with a model of a few
//! lines.

use std::collections::BTreeMap;

use hyper::Method;
use keyfold_crypto::Suite;
use keyfold_crypto::device::register_user;
use serde_json::{Value, json};

use crate::devices::{confirmation, prepare};
use crate::support::{Engine, PASSWORD, Session, World, name, register_body};

const IDENTIFIERS: [&str; 4] = ["alice", "bob", "phone", "tablet"];
const ACTIONS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_sequences_on_sqlite_agree_with_the_model() {
    for seed in 1..=4 {
        run(Engine::Sqlite, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_sequences_on_postgresql_agree_with_the_model() {
    for seed in 5..=8 {
        run(Engine::Postgres, seed).await;
    }
}

async fn run(engine: Engine, seed: u64) {
    let world = World::start_with(engine, |config| config.development = true).await;
    let mut model = Model {
        world,
        random: Random(seed),
        devices: BTreeMap::new(),
        sessions: Vec::new(),
        log: Vec::new(),
    };
    for _ in 0..ACTIONS {
        model.act().await;
        model.compare(seed).await;
    }
}

struct Model {
    world: World,
    random: Random,
    /// By device id.
    devices: BTreeMap<String, Device>,
    sessions: Vec<Known>,
    log: Vec<String>,
}

struct Device {
    user: String,
    identifier: &'static str,
    password: String,
}

/// A session that began once, and whether it should still be good.
struct Known {
    session: Session,
    alive: bool,
}

impl Model {
    async fn act(&mut self) {
        let identifier = IDENTIFIERS[self.random.below(IDENTIFIERS.len())];
        match self.random.below(13) {
            0 | 1 => self.register(identifier).await,
            2 | 3 => self.add_device(identifier).await,
            4 | 5 => self.log_in(identifier).await,
            6 => self.change_password(identifier).await,
            7 => self.reset_password(identifier).await,
            8 => self.delete_device(identifier).await,
            9 => self.delete_user(identifier).await,
            10 => self.rename(identifier).await,
            11 => self.log_out().await,
            _ => self.force(identifier).await,
        }
    }

    async fn register(&mut self, identifier: &'static str) {
        self.log.push(format!("register {identifier}"));
        let taken = self.device_named(identifier).is_some();
        let answer = self.world.call(Method::POST, "register", None, &register_body(identifier)).await;
        if taken {
            return answer.refused(400, 101);
        }
        let registered: Value = answer.ok();
        let text = |member: &str| registered[member].as_str().unwrap().to_owned();
        let device = Device { user: text("user_id"), identifier, password: PASSWORD.to_owned() };
        self.devices.insert(text("device_id"), device);
    }

    async fn add_device(&mut self, identifier: &'static str) {
        let Some(owner) = self.any_device() else { return };
        self.log.push(format!("{owner} adds {identifier}"));
        if self.device_named(identifier).is_some() {
            let body = crate::support::device_body(identifier);
            let answer = self.world.call(Method::POST, "user/prepare_register_device", None, &body).await;
            return answer.refused(400, 101);
        }
        let index = self.session_of(&owner).await;
        let session = &self.sessions[index].session;
        let prepared = prepare(&self.world, identifier).await;
        let body = confirmation(session, &prepared);
        session.call(Method::PUT, "user/done_register_device", &body).await.ok::<Value>();
        let user = session.user_id().to_owned();
        let device = Device { user, identifier, password: PASSWORD.to_owned() };
        self.devices.insert(prepared.device_id.into_string(), device);
    }

    async fn log_in(&mut self, identifier: &'static str) {
        self.log.push(format!("log in as {identifier}"));
        match self.device_named(identifier) {
            Some(device) => {
                self.session_of(&device).await;
            }
            None => {
                self.world.try_login(identifier, PASSWORD).await.err().unwrap().refused(401, 100);
            }
        }
    }

    async fn change_password(&mut self, identifier: &'static str) {
        let Some(device) = self.device_named(identifier) else { return };
        self.log.push(format!("change password of {identifier}"));
        let index = self.session_of(&device).await;
        let password = format!("password {}", self.random.below(1_000_000));
        let session = &self.sessions[index].session;
        let body = session.login.change_password(&password, &session.device_keys).unwrap();
        session.call(Method::PUT, "user/update_pw", &body).await.done();
        self.password_changed(&device, index, password);
    }

    async fn reset_password(&mut self, identifier: &'static str) {
        let Some(device) = self.device_named(identifier) else { return };
        self.log.push(format!("reset password of {identifier}"));
        let index = self.session_of(&device).await;
        let password = format!("password {}", self.random.below(1_000_000));
        let session = &self.sessions[index].session;
        let body = session.device.reset_password(&password, &Suite::STD).unwrap();
        session.call(Method::PUT, "user/reset_pw", &body).await.done();
        self.password_changed(&device, index, password);
    }

    fn password_changed(&mut self, device: &str, by: usize, password: String) {
        self.devices.get_mut(device).unwrap().password = password;
        for (index, known) in self.sessions.iter_mut().enumerate() {
            known.alive &= index == by || known.session.device_id() != device;
        }
    }

    async fn delete_device(&mut self, identifier: &'static str) {
        let (Some(owner), Some(target)) = (self.any_device(), self.device_named(identifier)) else { return };
        self.log.push(format!("{owner} deletes {identifier}"));
        let index = self.session_of(&owner).await;
        let answer = self.sessions[index].session.delete(&format!("user/device/{target}")).await;
        let user = self.devices[&owner].user.clone();
        if self.devices[&target].user != user {
            return answer.refused(400, 100);
        }
        if self.devices.values().filter(|device| device.user == user).count() == 1 {
            return answer.refused(400, 115);
        }
        answer.done();
        self.end(|session| session.device_id() == target);
        self.devices.remove(&target);
    }

    async fn delete_user(&mut self, identifier: &'static str) {
        let Some(device) = self.device_named(identifier) else { return };
        self.log.push(format!("{identifier} deletes the account"));
        let index = self.session_of(&device).await;
        self.sessions[index].session.delete("user").await.done();
        self.user_deleted(&device);
    }

    fn user_deleted(&mut self, device: &str) {
        let user = self.devices[device].user.clone();
        self.end(|session| session.user_id() == user);
        self.devices.retain(|_, device| device.user != user);
    }

    async fn rename(&mut self, identifier: &'static str) {
        let Some(device) = self.any_device() else { return };
        self.log.push(format!("{device} is renamed to {identifier}"));
        let index = self.session_of(&device).await;
        let session = &self.sessions[index].session;
        let answer = session.call(Method::PUT, "user", &json!({"user_identifier": identifier})).await;
        match self.device_named(identifier) {
            Some(holder) if holder != device => answer.refused(400, 101),
            _ => {
                answer.done();
                self.devices.get_mut(&device).unwrap().identifier = identifier;
            }
        }
    }

    async fn log_out(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let index = self.random.below(self.sessions.len());
        self.log.push(format!("session {index} ends"));
        let known = &mut self.sessions[index];
        let answer = known.session.delete("user/session").await;
        if self.devices.values().any(|device| device.user == known.session.user_id()) {
            answer.done();
        } else {
            answer.refused(400, 100);
        }
        known.alive = false;
    }

    async fn force(&mut self, identifier: &'static str) {
        let Some(device) = self.device_named(identifier) else { return };
        let body = json!({"user_identifier": identifier});
        match self.random.below(3) {
            0 => {
                self.log.push(format!("sessions of {identifier} are ended"));
                self.world.backend(Method::DELETE, "user/forced/sessions", &body).await.done();
                let user = self.devices[&device].user.clone();
                self.end(|session| session.user_id() == user);
            }
            1 => {
                self.log.push(format!("{identifier} is deleted by force"));
                self.world.backend(Method::PUT, "user/forced/delete", &body).await.done();
                self.user_deleted(&device);
            }
            _ => {
                self.log.push(format!("{identifier} is reset"));
                let reset = register_user(&name(identifier), "after the reset", &Suite::STD).unwrap();
                self.world.backend(Method::PUT, "user/forced/reset_user", &reset).await.done();
                let user = self.devices[&device].user.clone();
                self.end(|session| session.user_id() == user);
                self.devices.retain(|_, device| device.user != user);
                let session = self.world.try_login(identifier, "after the reset").await.unwrap();
                assert_eq!(session.user_id(), user);
                let password = "after the reset".to_owned();
                self.devices.insert(session.device_id().to_owned(), Device { user, identifier, password });
                self.sessions.push(Known { session, alive: true });
            }
        }
    }

    async fn compare(&self, seed: u64) {
        let context = || format!("seed {seed}: {:#?}", self.log);
        for known in &self.sessions {
            let jwt = known.session.get("user/user_keys/rotation").await.status;
            let refresh = known.session.refresh().await.status;
            assert_eq!(
                (jwt == 200, refresh == 200),
                (known.alive, known.alive),
                "{jwt} {refresh} {}",
                context()
            );
        }
        for identifier in IDENTIFIERS {
            let device = self.device_named(identifier).map(|id| &self.devices[&id]);
            let password = device.map_or(PASSWORD, |device| device.password.as_str());
            let login = self.world.derive(identifier, password).await.done_login();
            let status = self.world.call(Method::POST, "done_login", None, &login).await.refusal();
            assert_eq!(
                status,
                if device.is_some() { (200, 0) } else { (401, 100) },
                "{identifier} {}",
                context()
            );
        }
        let users: std::collections::BTreeSet<_> = self.devices.values().map(|device| &device.user).collect();
        let alive = self.sessions.iter().filter(|known| known.alive).count();
        for (sql, expected) in [
            ("SELECT count(*) FROM users", users.len()),
            ("SELECT count(*) FROM groups", users.len()),
            ("SELECT count(*) FROM group_keys", users.len()),
            ("SELECT count(*) FROM devices", self.devices.len()),
            ("SELECT count(*) FROM group_members", self.devices.len()),
            ("SELECT count(*) FROM group_member_keys", self.devices.len()),
            ("SELECT count(*) FROM pending_devices", 0),
            ("SELECT count(*) FROM sessions", alive),
        ] {
            let found = self.world.count(sql, &[]).await;
            assert_eq!(found, i64::try_from(expected).unwrap(), "{sql} {}", context());
        }
    }

    fn device_named(&self, identifier: &str) -> Option<String> {
        self.devices.iter().find(|(_, device)| device.identifier == identifier).map(|(id, _)| id.clone())
    }

    fn any_device(&mut self) -> Option<String> {
        if self.devices.is_empty() {
            return None;
        }
        let index = self.random.below(self.devices.len());
        self.devices.keys().nth(index).cloned()
    }

    /// Logs the device in; where the session stands in the list.
    async fn session_of(&mut self, device: &str) -> usize {
        let Device { identifier, password, .. } = &self.devices[device];
        let session = self.world.try_login(identifier, password).await.unwrap();
        self.sessions.push(Known { session, alive: true });
        self.sessions.len() - 1
    }

    fn end(&mut self, ends: impl Fn(&Session) -> bool) {
        for known in &mut self.sessions {
            known.alive &= !ends(&known.session);
        }
    }
}

/// A small generator (xorshift64*): the sequence has to be the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}
