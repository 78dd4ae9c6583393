//! Random histories of groups, compared step by step with a small model of what ought to happen.
//!
//! The model knows nothing of tables, keys or caches: it answers who may read which group, at which rank and through what, and what
//! a change is refused with. Everything else is checked with real keys: whoever may read a group opens all its generations, and whoever
//! was removed before a rotation opens nothing that was written after it.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Method;
use keyfold_protocol::group::GroupCreateOutput;
use keyfold_protocol::id::GroupId;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, Engine, Opened, User, World, at};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_on_sqlite_follow_the_model() {
    for seed in 1..=4 {
        run(Engine::Sqlite, seed, 120).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_on_postgres_follow_the_model() {
    run(Engine::Postgres, 5, 120).await;
}

const USERS: usize = 4;
const MOST_GROUPS: usize = 9;

async fn run(engine: Engine, seed: u64, steps: usize) {
    let world = World::start(engine).await;
    let users: [User; USERS] = world.users().await;
    let mut history = History {
        users,
        world,
        model: Model::default(),
        random: Random(seed),
        texts: Vec::new(),
        log: Vec::new(),
    };
    for _ in 0..steps {
        // Every membership begins at a time of its own.
        history.world.clock().advance(1);
        history.step().await;
        history.compare_some().await;
    }
    history.compare_everything().await;
}

struct History {
    world: World,
    users: [User; USERS],
    model: Model,
    random: Random,
    texts: Vec<Text>,
    log: Vec<String>,
}

/// Something a member wrote.
struct Text {
    envelope: String,
    /// Users who had access to the group at that time or later.
    readers: BTreeSet<usize>,
    group: GroupId,
    /// What every user held at the time of writing or got later.
    held: Vec<Vec<Opened>>,
}

impl History {
    async fn step(&mut self) {
        let user = self.random.below(USERS);
        let via = if self.random.below(2) == 0 { None } else { self.some_group() };
        let groups = self.model.groups.len();
        if groups == 0 || (groups < MOST_GROUPS && self.random.below(8) == 0) {
            let group = self.users[user].create_group().await;
            self.log.push(format!("{user} creates {}", group.as_str()));
            self.model.add_group(group, None, false, user_id(&self.users[user]), Kind::User);
            return;
        }
        let Some(group) = self.some_group() else { return };
        let other = self.random.below(USERS);
        let rank = i32::try_from(self.random.below(4)).unwrap() + 1;
        match self.random.below(19) {
            0 | 1 => self.create_below(user, via, group).await,
            2..=4 => self.invite_user(user, via, group, other, rank).await,
            5 | 6 => self.invite_group(user, via, group, rank).await,
            7 => self.accept(other, group).await,
            8 => self.ask_and_let_in(user, via, group, other, rank).await,
            9 => self.kick(user, via, group).await,
            10 => self.leave(user, via, group).await,
            11 => self.change_rank(user, via, group, rank).await,
            12 | 13 => self.rotate(user, via, group).await,
            14 => self.write(user, via, group).await,
            15..=17 => self.force(user, group, other, rank).await,
            _ if self.random.below(4) == 0 => self.delete(user, via, group).await,
            _ => self.write(user, via, group).await,
        }
    }

    async fn create_below(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        if self.model.groups.len() >= MOST_GROUPS {
            return;
        }
        let connected = self.random.below(2) == 0;
        let is_connected = self.model.groups[&group].is_connected;
        let refusal = match self.access(user, &via, &group) {
            None => Some(310),
            Some(_) if connected && is_connected => Some(318),
            Some(access) if access.rank > 1 => Some(301),
            Some(_) => None,
        };
        let what = if connected { "connected" } else { "child" };
        self.log.push(format!("{user} via {via:?} creates {what} from {}: {refusal:?}", group.as_str()));
        let public = self.world.public_key_of_group(&group).await;
        let (body, _) = keyfold_crypto::group::create(&public, None, &keyfold_crypto::Suite::STD).unwrap();
        let answer =
            self.call(user, &via, Method::POST, &at(&group, &format!("/{what}")), &json!(body)).await;
        if let Some(created) = self.outcome::<GroupCreateOutput>(answer, refusal) {
            let (parent, kind) =
                if connected { (None, Kind::Group) } else { (Some(group.clone()), Kind::Parent) };
            let is_connected = connected || is_connected;
            self.model.add_group(created.group_id, parent, is_connected, group.as_str().to_owned(), kind);
        }
    }

    async fn invite_user(
        &mut self,
        user: usize,
        via: Option<GroupId>,
        group: GroupId,
        guest: usize,
        rank: i32,
    ) {
        let id = user_id(&self.users[guest]);
        let asks = self.random.below(2) == 0;
        let access = self.access(user, &via, &group);
        let refusal = match &access {
            None => Some(310),
            Some(access) => self.model.check_new_member(access.rank, rank, &group, &id),
        };
        let kind = if asks { "invite" } else { "invite_auto" };
        self.log.push(format!(
            "{user} via {via:?} {kind} {guest} rank {rank} to {}: {refusal:?}",
            group.as_str()
        ));
        let body = self
            .keys(user, &via, &group, access.is_some(), &self.users[guest].keys.public.clone(), rank)
            .await;
        let answer = self.call(user, &via, Method::PUT, &at(&group, &format!("/{kind}/{id}")), &body).await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            if asks {
                self.model.group(&group).invited.insert(id, rank);
            } else {
                self.model.enrol(&group, id, Kind::User, rank);
            }
        }
    }

    async fn invite_group(&mut self, user: usize, via: Option<GroupId>, group: GroupId, rank: i32) {
        let Some(guest) = self.some_group() else { return };
        let access = self.access(user, &via, &group);
        let refusal = match &access {
            None => Some(310),
            Some(_) if !self.model.groups[&group].is_connected => Some(319),
            Some(_) if self.model.groups[&guest].is_connected => Some(319),
            Some(access) => self.model.check_new_member(access.rank, rank, &group, guest.as_str()),
        };
        self.log.push(format!(
            "{user} via {via:?} adds group {} rank {rank} to {}: {refusal:?}",
            guest.as_str(),
            group.as_str()
        ));
        let public = self.world.public_key_of_group(&guest).await;
        let body = self.keys(user, &via, &group, access.is_some(), &public, rank).await;
        let path = at(&group, &format!("/invite_group_auto/{}", guest.as_str()));
        let answer = self.call(user, &via, Method::PUT, &path, &body).await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            self.model.enrol(&group, guest.as_str().to_owned(), Kind::Group, rank);
        }
    }

    async fn accept(&mut self, user: usize, group: GroupId) {
        let id = user_id(&self.users[user]);
        let rank = self.model.groups[&group].invited.get(&id).copied();
        let accepts = self.random.below(4) > 0;
        self.log.push(format!("{user} answers {accepts} to {}: {rank:?}", group.as_str()));
        let method = if accepts { Method::PATCH } else { Method::DELETE };
        let answer = self.call(user, &None, method, &at(&group, "/invite"), &Value::Null).await;
        let refusal = if rank.is_none() { Some(307) } else { None };
        if self.outcome::<Value>(answer, refusal).is_some() {
            if accepts {
                self.model.enrol(&group, id, Kind::User, rank.unwrap());
            } else {
                self.model.group(&group).invited.remove(&id);
            }
        }
    }

    async fn ask_and_let_in(
        &mut self,
        user: usize,
        via: Option<GroupId>,
        group: GroupId,
        asking: usize,
        rank: i32,
    ) {
        let id = user_id(&self.users[asking]);
        let is_member = self.model.groups[&group].members.contains_key(&id);
        let answer = self.call(asking, &None, Method::PATCH, &at(&group, "/join_req"), &Value::Null).await;
        let refusal = if is_member { Some(302) } else { None };
        self.log.push(format!("{asking} asks to join {}: {refusal:?}", group.as_str()));
        self.outcome::<Value>(answer, refusal);
        let access = self.access(user, &via, &group);
        let refusal = match &access {
            None => Some(310),
            Some(access) if rank < access.rank || access.rank > 2 => Some(301),
            Some(_) => refusal,
        };
        self.log.push(format!(
            "{user} via {via:?} lets {asking} into {} rank {rank}: {refusal:?}",
            group.as_str()
        ));
        let body = self
            .keys(user, &via, &group, access.is_some(), &self.users[asking].keys.public.clone(), rank)
            .await;
        let answer = self.call(user, &via, Method::PUT, &at(&group, &format!("/join_req/{id}")), &body).await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            self.model.enrol(&group, id, Kind::User, rank);
        }
    }

    async fn kick(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        let target = self.some_principal(&group);
        let refusal = self.model.check_kick(self.access(user, &via, &group), &group, &target);
        self.log.push(format!("{user} via {via:?} kicks {target} from {}: {refusal:?}", group.as_str()));
        let answer = self
            .call(user, &via, Method::DELETE, &at(&group, &format!("/kick/{target}")), &Value::Null)
            .await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            self.model.group(&group).members.remove(&target);
        }
    }

    async fn leave(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        let id = user_id(&self.users[user]);
        let access = self.access(user, &via, &group);
        let principal = via.as_ref().map_or(id.clone(), |via| via.as_str().to_owned());
        let is_direct_admin = |via: &GroupId| {
            self.model
                .groups
                .get(via)
                .and_then(|group| group.members.get(&id))
                .is_some_and(|member| member.rank <= 1)
        };
        let inherits = access.as_ref().is_some_and(|access| access.at != group);
        let refusal = match (&access, &via) {
            (None, _) => Some(310),
            (Some(_), Some(via)) if !is_direct_admin(via) => Some(301),
            (Some(_), _) if inherits => None,
            (Some(_), _) => {
                self.model.keeps_admin(&group, &principal, self.model.groups[&group].members[&principal].rank)
            }
        };
        self.log.push(format!("{user} via {via:?} leaves {}: {refusal:?}", group.as_str()));
        let answer = self.call(user, &via, Method::DELETE, &at(&group, "/leave"), &Value::Null).await;
        if self.outcome::<Value>(answer, refusal).is_some() && !inherits {
            self.model.group(&group).members.remove(&principal);
        }
    }

    async fn change_rank(&mut self, user: usize, via: Option<GroupId>, group: GroupId, rank: i32) {
        let target = self.some_principal(&group);
        let refusal = match self.access(user, &via, &group) {
            None => Some(310),
            Some(access) if access.rank > 1 => Some(301),
            Some(_) => match self.model.groups[&group].members.get(&target) {
                None => Some(300),
                Some(member) if member.rank == 0 => Some(314),
                Some(member) if rank > 1 => self.model.keeps_admin(&group, &target, member.rank),
                Some(_) => None,
            },
        };
        self.log.push(format!("{user} via {via:?} ranks {target} {rank} in {}: {refusal:?}", group.as_str()));
        let body = json!({"changed_user_id": target, "new_rank": rank});
        let answer = self.call(user, &via, Method::PUT, &at(&group, "/change_rank"), &body).await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            self.model.group(&group).members.get_mut(&target).unwrap().rank = rank;
        }
    }

    async fn rotate(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        if self.access(user, &via, &group).is_none() {
            return;
        }
        self.log.push(format!("{user} via {via:?} rotates {}", group.as_str()));
        let key = self.actor(user, &via).rotate(&group).await;
        self.world.jobs_done().await;
        self.model.group(&group).keys.push(key.as_str().to_owned());
    }

    async fn delete(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        let refusal = match self.access(user, &via, &group) {
            None => Some(310),
            Some(access) if access.rank > 1 => Some(301),
            Some(_) => None,
        };
        self.log.push(format!("{user} via {via:?} deletes {}: {refusal:?}", group.as_str()));
        let answer = self.call(user, &via, Method::DELETE, &at(&group, ""), &Value::Null).await;
        if self.outcome::<Value>(answer, refusal).is_some() {
            self.model.delete(&group);
            self.texts.retain(|text| self.model.groups.contains_key(&text.group));
        }
    }

    /// The app's own backend acts in the name of a user, with that user's rank; only deleting asks for none.
    async fn force(&mut self, user: usize, group: GroupId, other: usize, rank: i32) {
        let (id, guest) = (user_id(&self.users[user]), user_id(&self.users[other]));
        let access = self.access(user, &None, &group);
        let path = |rest: &str| format!("group/forced/{id}/{}/{rest}", group.as_str());
        self.log.push(format!("forced, as {user}, {other}, rank {rank}, in {}:", group.as_str()));
        match self.random.below(5) {
            0 if self.model.groups.len() < MOST_GROUPS => {
                let refusal = match &access {
                    None => Some(310),
                    Some(access) if access.rank > 1 => Some(301),
                    Some(_) => None,
                };
                self.log.push(format!("child {refusal:?}"));
                let public = self.world.public_key_of_group(&group).await;
                let (body, _) =
                    keyfold_crypto::group::create(&public, None, &keyfold_crypto::Suite::STD).unwrap();
                let answer = self.world.backend(Method::POST, &path("child"), &json!(body)).await;
                if let Some(created) = self.outcome::<GroupCreateOutput>(answer, refusal) {
                    let (parent, is_connected) = (group.clone(), self.model.groups[&group].is_connected);
                    let id = created.group_id;
                    self.model.add_group(
                        id,
                        Some(parent),
                        is_connected,
                        group.as_str().to_owned(),
                        Kind::Parent,
                    );
                }
            }
            1 | 2 => {
                let Some(access) = access else { return };
                let refusal = self.model.check_new_member(access.rank, rank, &group, &guest);
                self.log.push(format!("invite {refusal:?}"));
                let public = self.users[other].keys.public.clone();
                let body = self.keys(user, &None, &group, true, &public, rank).await;
                let answer =
                    self.world.backend(Method::POST, &path(&format!("invite_auto/{guest}")), &body).await;
                if self.outcome::<Value>(answer, refusal).is_some() {
                    self.model.enrol(&group, guest, Kind::User, rank);
                }
            }
            3 => {
                let target = self.some_principal(&group);
                let refusal = self.model.check_kick(access, &group, &target);
                self.log.push(format!("kick {target} {refusal:?}"));
                let answer =
                    self.world.backend(Method::DELETE, &path(&format!("kick/{target}")), &Value::Null).await;
                if self.outcome::<Value>(answer, refusal).is_some() {
                    self.model.group(&group).members.remove(&target);
                }
            }
            _ if self.random.below(8) == 0 => {
                self.log.push("delete".to_owned());
                let path = format!("group/forced/{}", group.as_str());
                let answer = self.world.backend(Method::DELETE, &path, &Value::Null).await;
                self.outcome::<Value>(answer, None);
                self.model.delete(&group);
                self.texts.retain(|text| self.model.groups.contains_key(&text.group));
            }
            _ => {}
        }
    }

    /// Somebody writes; everybody notes what they hold at this moment.
    async fn write(&mut self, user: usize, via: Option<GroupId>, group: GroupId) {
        if self.access(user, &via, &group).is_none() {
            return;
        }
        self.log.push(format!("{user} via {via:?} writes to {}", group.as_str()));
        let opened = self.actor(user, &via).open(&group).await;
        self.learn_keys(&group, &opened);
        let envelope = opened.encrypt("text");
        let mut text = Text {
            envelope,
            readers: BTreeSet::new(),
            group: group.clone(),
            held: (0..USERS).map(|_| Vec::new()).collect(),
        };
        for reader in 0..USERS {
            for via in self.ways(reader, &group) {
                text.readers.insert(reader);
                text.held[reader].push(self.actor(reader, &via).open(&group).await);
            }
        }
        self.texts.push(text);
    }

    /// Access of a few, chosen at random.
    async fn compare_some(&mut self) {
        for _ in 0..6 {
            let user = self.random.below(USERS);
            let via = if self.random.below(2) == 0 { None } else { self.some_group() };
            if let Some(group) = self.some_group() {
                self.compare(user, &via, &group).await;
            }
        }
    }

    /// Access of everybody to everything, the keys that come with it, and who can read what was written.
    async fn compare_everything(&mut self) {
        let groups: Vec<GroupId> = self.model.groups.keys().cloned().collect();
        for group in &groups {
            for user in 0..USERS {
                for via in std::iter::once(None).chain(groups.iter().cloned().map(Some)) {
                    self.compare(user, &via, group).await;
                }
                for via in self.ways(user, group) {
                    let opened = self.actor(user, &via).open(group).await;
                    self.learn_keys(group, &opened);
                    for text in self.texts.iter_mut().filter(|text| text.group == *group) {
                        text.readers.insert(user);
                        assert!(opened.decrypt(&text.envelope).is_some(), "{}", self.log.join("\n"));
                    }
                }
            }
        }
        for text in &self.texts {
            for (user, held) in text.held.iter().enumerate() {
                let reads = held.iter().any(|opened| opened.decrypt(&text.envelope).is_some());
                assert!(!reads || text.readers.contains(&user), "{user} reads {}", text.group.as_str());
            }
        }
        self.ex_members_read_nothing().await;
    }

    /// Every group gets a new key; whoever had one of it before and has no access now cannot read what follows, with any key they hold.
    async fn ex_members_read_nothing(&mut self) {
        let groups: Vec<GroupId> = self.model.groups.keys().cloned().collect();
        for group in groups {
            let writer =
                (0..USERS).find_map(|user| Some((user, self.ways(user, &group).into_iter().next()?)));
            let Some((writer, via)) = writer else { continue };
            self.actor(writer, &via).rotate(&group).await;
            self.world.jobs_done().await;
            let envelope = self.actor(writer, &via).open(&group).await.encrypt("after everything");
            for user in 0..USERS {
                let ways = self.ways(user, &group);
                for via in &ways {
                    assert!(self.actor(user, via).open(&group).await.decrypt(&envelope).is_some());
                }
                let held = self.texts.iter().flat_map(|text| &text.held[user]);
                for opened in held {
                    assert!(opened.decrypt(&envelope).is_none(), "an old key reads new content");
                }
                if ways.is_empty() {
                    for path in ["", "/key_rotation", "/keys/0/none"] {
                        self.users[user].get(&at(&group, path)).await.refused(400, 310);
                    }
                }
            }
        }
    }

    async fn compare(&self, user: usize, via: &Option<GroupId>, group: &GroupId) {
        let answer = self.actor(user, via).get(&at(group, "/light")).await;
        let log = || format!("{user} via {via:?} to {}\n{}", group.as_str(), self.log.join("\n"));
        match self.access(user, via, group) {
            None => assert_eq!(answer.body["err_code"], json!(310), "{}", log()),
            Some(access) => {
                let data = &answer.body["result"];
                assert_eq!(data["rank"], json!(access.rank), "{}", log());
                let (direct, at) = (access.at == *group, access.at.as_str());
                let by = match via {
                    None if direct => json!("User"),
                    None => json!({"Parent": at}),
                    Some(via) if direct => json!({"GroupAsUser": via.as_str()}),
                    Some(via) => {
                        json!({"GroupAsUserAsParent": {"parent": at, "group_as_user": via.as_str()}})
                    }
                };
                assert_eq!(data["access_by"], by, "{}", log());
            }
        }
    }

    /// Whoever may read a group has every generation of its keys.
    fn learn_keys(&self, group: &GroupId, opened: &Opened) {
        let mut expected = self.model.groups[group].keys.clone();
        expected.reverse();
        // The first key is made with the group; the model does not know its id.
        let found = opened.ids();
        assert_eq!(found[..found.len() - 1], expected, "{}", self.log.join("\n"));
    }

    async fn keys(
        &self,
        user: usize,
        via: &Option<GroupId>,
        group: &GroupId,
        has_access: bool,
        public: &keyfold_crypto::PublicKey,
        rank: i32,
    ) -> Value {
        if has_access {
            self.actor(user, via).keys_for(group, public, Some(rank)).await
        } else {
            json!({"keys": [], "rank": rank, "key_session": false})
        }
    }

    fn access(&self, user: usize, via: &Option<GroupId>, group: &GroupId) -> Option<Access> {
        self.model.access(&user_id(&self.users[user]), via.as_ref(), group)
    }

    /// Through which groups, or none, a user reaches a group.
    fn ways(&self, user: usize, group: &GroupId) -> Vec<Option<GroupId>> {
        let all = std::iter::once(None).chain(self.model.groups.keys().cloned().map(Some));
        all.filter(|via| self.access(user, via, group).is_some()).collect()
    }

    fn actor(&self, user: usize, via: &Option<GroupId>) -> Actor<'_> {
        Actor { user: &self.users[user], via: via.clone() }
    }

    async fn call(
        &self,
        user: usize,
        via: &Option<GroupId>,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        self.actor(user, via).call(method, path, body).await
    }

    fn outcome<T: serde::de::DeserializeOwned>(&self, answer: Answer, refusal: Option<u32>) -> Option<T> {
        let code = answer.body["err_code"].as_u64().map(|code| u32::try_from(code).unwrap());
        assert_eq!(code, refusal, "{}\n{}", answer.body, self.log.join("\n"));
        if refusal.is_none() { Some(answer.ok()) } else { None }
    }

    fn some_group(&mut self) -> Option<GroupId> {
        let number = self.random.below(self.model.groups.len().max(1));
        self.model.groups.keys().nth(number).cloned()
    }

    /// A member, most of the time.
    fn some_principal(&mut self, group: &GroupId) -> String {
        let members: Vec<String> = self.model.groups[group].members.keys().cloned().collect();
        match self.random.below(members.len() + 1) {
            0 => user_id(&self.users[0]),
            number => members[number - 1].clone(),
        }
    }
}

fn user_id(user: &User) -> String {
    user.id().to_owned()
}

#[derive(Default)]
struct Model {
    groups: BTreeMap<GroupId, ModelGroup>,
    joined: u64,
}

struct ModelGroup {
    parent: Option<GroupId>,
    is_connected: bool,
    members: BTreeMap<String, Member>,
    invited: BTreeMap<String, i32>,
    /// Generations after the first, oldest first.
    keys: Vec<String>,
}

struct Member {
    kind: Kind,
    rank: i32,
    joined: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Parent,
    Group,
}

struct Access {
    rank: i32,
    at: GroupId,
}

impl Model {
    fn access(&self, user: &str, via: Option<&GroupId>, group: &GroupId) -> Option<Access> {
        match via {
            None => self.nearest(user, Kind::User, group),
            Some(via) => {
                let own = self.nearest(user, Kind::User, via)?;
                let found = self.nearest(via.as_str(), Kind::Group, group)?;
                Some(Access { rank: own.rank.max(found.rank), ..found })
            }
        }
    }

    fn nearest(&self, principal: &str, kind: Kind, group: &GroupId) -> Option<Access> {
        let mut at = Some(group);
        while let Some(id) = at {
            let found = self.groups.get(id)?;
            match found.members.get(principal) {
                Some(member) if member.kind == kind => {
                    return Some(Access { rank: member.rank, at: id.clone() });
                }
                _ => at = found.parent.as_ref(),
            }
        }
        None
    }

    fn check_new_member(&self, own: i32, rank: i32, group: &GroupId, guest: &str) -> Option<u32> {
        let group = &self.groups[group];
        if rank < own || own > 2 {
            Some(301)
        } else if group.members.contains_key(guest) || group.invited.contains_key(guest) {
            Some(302)
        } else {
            None
        }
    }

    fn check_kick(&self, access: Option<Access>, group: &GroupId, target: &str) -> Option<u32> {
        let access = match access {
            None => return Some(310),
            Some(access) if access.rank > 2 => return Some(301),
            Some(access) => access,
        };
        match self.groups[group].members.get(target) {
            None => Some(300),
            Some(member) if member.rank == 0 => Some(315),
            Some(member) if member.rank < access.rank => Some(316),
            Some(member) => self.keeps_admin(group, target, member.rank),
        }
    }

    fn keeps_admin(&self, group: &GroupId, member: &str, rank: i32) -> Option<u32> {
        let others = self.groups[group].members.iter().filter(|(id, other)| *id != member && other.rank <= 1);
        if rank <= 1 && others.count() == 0 { Some(308) } else { None }
    }

    fn add_group(
        &mut self,
        id: GroupId,
        parent: Option<GroupId>,
        is_connected: bool,
        creator: String,
        kind: Kind,
    ) {
        self.joined += 1;
        let members = [(creator, Member { kind, rank: 0, joined: self.joined })].into();
        self.groups.insert(
            id,
            ModelGroup { parent, is_connected, members, invited: BTreeMap::new(), keys: Vec::new() },
        );
    }

    fn enrol(&mut self, group: &GroupId, principal: String, kind: Kind, rank: i32) {
        self.joined += 1;
        let joined = self.joined;
        let group = self.group(group);
        group.invited.remove(&principal);
        group.members.insert(principal, Member { kind, rank, joined });
    }

    fn group(&mut self, group: &GroupId) -> &mut ModelGroup {
        self.groups.get_mut(group).unwrap()
    }

    fn delete(&mut self, group: &GroupId) {
        let mut gone = vec![group.clone()];
        let mut next = 0;
        while let Some(parent) = gone.get(next).cloned() {
            gone.extend(
                self.groups
                    .iter()
                    .filter(|(_, child)| child.parent.as_ref() == Some(&parent))
                    .map(|(id, _)| id.clone()),
            );
            next += 1;
        }
        self.groups.retain(|id, _| !gone.contains(id));
        for id in gone {
            for group in self.groups.values_mut() {
                let was_admin = group.members.remove(id.as_str()).is_some_and(|member| member.rank <= 1);
                if was_admin && group.members.values().all(|member| member.rank > 1) {
                    let strongest =
                        group.members.values_mut().min_by_key(|member| (member.rank, member.joined));
                    if let Some(member) = strongest {
                        member.rank = 1;
                    }
                }
            }
        }
    }
}

/// Small, fast and repeatable (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % limit
    }
}
