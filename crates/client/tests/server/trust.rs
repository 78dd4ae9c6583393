//! What a client remembers of the keys of others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyfold::crypto::PrivateKey;
use keyfold::{
    Client, DecryptOptions, EncryptOptions, Error, Group, MemoryStorage, Signers, Storage, Strength, User,
    UserId, VerifyingKey,
};
use serde_json::{Value, json};

use crate::proxy::{Fault, Proxy};
use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn the_keys_of_signers_are_remembered_with_their_age_and_changes_reported() {
    let world = World::start();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let builder = world.builder().on_key_change(move |change| seen.lock().unwrap().push(change.clone()));
    let client = builder.clock(|| 1_700_000_000_000).build().unwrap();
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    assert_eq!(client.known_verify_keys(alice.id()).await.unwrap(), []);

    let signed = || group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    same.decrypt_with(&signed(), by_alice).await.unwrap();
    let first = alice.newest_key_id().unwrap();
    let known = client.known_verify_keys(alice.id()).await.unwrap();
    assert_eq!((&known[0].key_id, known[0].first_seen), (&first, 1_700_000_000_000));
    assert!(changes.lock().unwrap().is_empty(), "a first contact is no change");

    alice.rotate_keys().await.unwrap();
    same.decrypt_with(&signed(), by_alice).await.unwrap();
    client.public_key(alice.id()).await.unwrap();
    assert_eq!(changes.lock().unwrap().len(), 1, "its public key is of the same generation");
    let change = changes.lock().unwrap().pop().unwrap();
    assert_eq!((&change.user_id, change.refused), (alice.id(), false));
    assert_eq!(change.key_id, alice.newest_key_id().unwrap());
}

#[tokio::test]
async fn a_new_key_of_a_verified_user_is_refused_until_people_have_compared_again() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    let (alices, bobs) = (alice.newest_key_id().unwrap(), bob.newest_key_id().unwrap());
    assert!(!bob.verify_safety_number(alice.id(), &alices, "another number").await.unwrap());
    let number = alice.safety_number(Some((bob.id(), &bobs))).await.unwrap();
    assert!(bob.verify_safety_number(alice.id(), &alices, &number).await.unwrap());
    assert!(bob.client().known_verify_keys(alice.id()).await.unwrap()[0].verified_at.is_some());

    alice.rotate_keys().await.unwrap();
    let signed = group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    assert_eq!(code(same.decrypt_with(&signed, by_alice).await), "client_437");
    let alices = alice.newest_key_id().unwrap();
    let number = alice.safety_number(Some((bob.id(), &bobs))).await.unwrap();
    assert!(bob.verify_safety_number(alice.id(), &alices, &number).await.unwrap());
    assert_eq!(same.decrypt_with(&signed, by_alice).await.unwrap(), b"data");

    alice.rotate_keys().await.unwrap();
    let signed = group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    bob.client().accept_verify_key(alice.id(), &alice.newest_key_id().unwrap()).await.unwrap();
    assert_eq!(same.decrypt_with(&signed, by_alice).await.unwrap(), b"data");
}

#[tokio::test]
async fn a_server_that_replaces_a_key_under_its_id_is_found_out() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    let (alice, eve) = (world.user("alice").await, world.user("eve").await);
    let key_id = alice.newest_key_id().unwrap();
    client.verify_key(alice.id(), &key_id).await.unwrap();
    let record = format!("user_verify_key_id_{}_key_id_{key_id}", alice.id());
    let eves_id = eve.newest_key_id().unwrap();
    client.verify_key(eve.id(), &eves_id).await.unwrap();
    let eves = format!("user_verify_key_id_{}_key_id_{eves_id}", eve.id());
    // What the server says now: the key of somebody else under the same id.
    let forged = storage.get(&eves).await.unwrap().unwrap().replace(eves_id.as_str(), key_id.as_str());
    storage.set(&record, &forged).await.unwrap();
    assert_eq!(code(client.verify_key(alice.id(), &key_id).await), "client_409");
}

/// Alice has compared safety numbers with bob, and asks for his public key whenever she needs it. What answers her is the proxy.
struct Verified {
    world: World,
    proxy: Proxy,
    alice: User,
    bob: User,
    group: Group,
}

impl Verified {
    async fn start() -> Self {
        let world = World::start();
        let proxy = Proxy::start(&world);
        let builder = world.builder().base_url(proxy.url()).public_key_max_age(Duration::ZERO);
        let client = builder.build().unwrap();
        client.register("alice", PASSWORD).await.unwrap();
        let alice = client.login_forced("alice", PASSWORD).await.unwrap();
        let bob = world.user("bob").await;
        let group = group_of(&alice).await;
        let verified = Self { world, proxy, alice, bob, group };
        verified.compare().await;
        verified
    }

    async fn compare(&self) {
        let (alices, bobs) = (self.alice.newest_key_id().unwrap(), self.bob.newest_key_id().unwrap());
        let number = self.bob.safety_number(Some((self.alice.id(), &alices))).await.unwrap();
        assert!(self.alice.verify_safety_number(self.bob.id(), &bobs, &number).await.unwrap());
    }

    /// What the server answers to the next question for bob's key of this kind.
    fn forge(&self, kind: &str, forge: impl Fn(&mut Value) + Send + Sync + 'static) {
        let forge = Fault::rewritten(move |answer: &mut Value| {
            // Also where the server itself refuses.
            let mut result = answer["result"].take();
            forge(&mut result);
            *answer = json!({ "status": true, "result": result });
        });
        self.proxy.fault(&format!("GET user/{}/{kind}", self.bob.id()), forge);
    }

    /// Whatever encrypts to bob's key fails with this code, and no keys reach the server.
    async fn assert_refused(&self, expected: &str, forge: impl Fn(&Self)) {
        self.proxy.take_log("");
        forge(self);
        assert_eq!(code(self.alice.client().public_key(self.bob.id()).await), expected);
        forge(self);
        assert_eq!(code(self.alice.encrypt(b"for bob alone", self.bob.id()).await), expected);
        forge(self);
        assert_eq!(code(self.group.invite_auto(self.bob.id(), None).await), expected);
        let sent = self.proxy.take_log("");
        assert!(sent.iter().all(|sent| sent.what.starts_with("GET")), "{sent:?}");
        // A verify key is asked for once.
        self.proxy.calm();
    }
}

#[tokio::test]
async fn the_encryption_key_of_a_verified_user_cannot_be_swapped() {
    let verified = Verified::start().await;
    let eve = verified.world.user("eve").await;
    let eves: Value = public_key_of(&verified.world, eve.id()).await;
    let bobs: Value = public_key_of(&verified.world, verified.bob.id()).await;
    assert!(bobs["public_key_sig"].is_string() && bobs["public_key_sig_key_id"] == bobs["public_key_id"]);

    let unsigned = eves.clone();
    let unsigned = move |answer: &mut Value| {
        *answer = unsigned.clone();
        (answer["public_key_sig"], answer["public_key_sig_key_id"]) = (Value::Null, Value::Null);
    };
    verified.assert_refused("client_401", |this| this.forge("public_key", unsigned.clone())).await;

    // Under bob's verify key, whose signature it is not.
    let (key, alg) = (eves["public_key"].clone(), eves["public_key_alg"].clone());
    let forged = move |answer: &mut Value| {
        (answer["public_key"], answer["public_key_alg"]) = (key.clone(), alg.clone());
    };
    verified.assert_refused("client_31", |this| this.forge("public_key", forged.clone())).await;

    // Signed, by a verify key that the server calls bob's.
    let verify_key = eve.client().verify_key(eve.id(), &eve.newest_key_id().unwrap()).await.unwrap();
    let (text, algorithm) = (verify_key.to_server_form(), verify_key.algorithm());
    let signed = move |this: &Verified| {
        let (eves, text) = (eves.clone(), text.clone());
        let id = eves["public_key_sig_key_id"].clone();
        this.forge("public_key", move |answer| *answer = eves.clone());
        this.forge("verify_key", move |answer| {
            *answer = json!({ "verify_key_id": id, "verify_key": text, "verify_key_alg": algorithm });
        });
    };
    verified.assert_refused("client_437", signed).await;

    verified.group.invite_auto(verified.bob.id(), None).await.unwrap();
    verified.bob.group(verified.group.id()).await.unwrap();
}

#[tokio::test]
async fn a_rotation_of_a_verified_user_has_to_be_compared_or_accepted_before_anything_is_encrypted() {
    let verified = Verified::start().await;
    let Verified { alice, bob, .. } = &verified;
    bob.rotate_keys().await.unwrap();
    verified.assert_refused("client_437", |_| {}).await;
    verified.compare().await;
    let text = alice.encrypt_string("for bob", bob.id()).await.unwrap();
    assert_eq!(bob.decrypt_string(&text).await.unwrap(), "for bob");

    bob.rotate_keys().await.unwrap();
    verified.assert_refused("client_437", |_| {}).await;
    alice.client().accept_verify_key(bob.id(), &bob.newest_key_id().unwrap()).await.unwrap();
    assert!(alice.client().public_key(bob.id()).await.unwrap().verified);
    verified.group.invite_auto(bob.id(), None).await.unwrap();
}

#[tokio::test]
async fn another_public_key_under_the_id_of_a_known_one_is_refused() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let builder = world.builder().base_url(proxy.url()).public_key_max_age(Duration::ZERO);
    let client = builder.build().unwrap();
    let (bob, eve) = (world.user("bob").await, world.user("eve").await);
    client.public_key(bob.id()).await.unwrap();
    let eves = public_key_of(&world, eve.id()).await["public_key"].clone();
    let swapped = Fault::rewritten(move |answer| answer["result"]["public_key"] = eves.clone());
    proxy.fault(&format!("GET user/{}/public_key", bob.id()), swapped);
    assert_eq!(code(client.public_key(bob.id()).await), "client_409");
    client.public_key(bob.id()).await.unwrap();
}

/// As the server tells it.
async fn public_key_of(world: &World, user_id: &UserId) -> Value {
    let url = format!("{}/api/v1/user/{user_id}/public_key", world.server.url());
    let request = reqwest::Client::new().get(url).header("x-sentc-app-token", world.server.public_token());
    let answer = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str::<Value>(&answer).unwrap()["result"].clone()
}

#[tokio::test]
async fn the_builder_can_insist_on_signatures() {
    let world = World::start();
    let client: Client =
        world.builder().require_signatures().minimum_algorithm(Strength::Hybrid).build().unwrap();
    let alice = world.user("alice").await;
    assert!(client.public_key(alice.id()).await.unwrap().verified);
    assert_eq!(client.known_verify_keys(alice.id()).await.unwrap().len(), 1);
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let unsigned = group_of(&alice).await;
    unsigned.invite_auto(bob.id(), None).await.unwrap();
    assert_eq!(code(bob.group(unsigned.id()).await), "client_401");
    let signed = alice.group(&alice.create_signed_group().await.unwrap()).await.unwrap();
    signed.invite_auto(bob.id(), None).await.unwrap();
    bob.group(signed.id()).await.unwrap();
}

#[tokio::test]
async fn the_builder_says_how_weak_keys_may_be() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let bob = world.user("bob").await;
    let key_id = bob.newest_key_id().unwrap();
    // Falls to a large quantum computer.
    let id = key_id.as_str();
    let secret = format!(r#"{{"Ecies":{{"key":"{}","key_id":"{id}"}}}}"#, "QkJC".repeat(10) + "QkI=");
    let public_key = PrivateKey::import(&secret).unwrap().public_key().unwrap();
    // RFC 8032, section 7.1, test 1.
    let export =
        format!(r#"{{"Ed25519":{{"key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","key_id":"{id}"}}}}"#);
    let verify_key = VerifyingKey::import(&export).unwrap();
    for (minimum, is_refused) in
        [(None, true), (Some(Strength::Hybrid), true), (Some(Strength::Classical), false)]
    {
        let builder = world.builder().base_url(proxy.url());
        let builder = match minimum {
            Some(minimum) => builder.minimum_algorithm(minimum),
            None => builder,
        };
        let client = builder.build().unwrap();
        let (text, algorithm) = (public_key.to_server_form(), public_key.algorithm());
        let weak = Fault::rewritten(move |answer| {
            answer["result"]["public_key"] = text.clone().into();
            answer["result"]["public_key_alg"] = algorithm.into();
        });
        proxy.fault(&format!("GET user/{}/public_key", bob.id()), weak);
        let (text, algorithm) = (verify_key.to_server_form(), verify_key.algorithm());
        let weak = Fault::rewritten(move |answer| {
            answer["result"]["verify_key"] = text.clone().into();
            answer["result"]["verify_key_alg"] = algorithm.into();
        });
        proxy.fault(&format!("GET user/{}/verify_key", bob.id()), weak);
        let public = client.public_key(bob.id()).await;
        let verify = client.verify_key(bob.id(), &key_id).await;
        if is_refused {
            assert_eq!((code(public), code(verify)), ("client_403".to_owned(), "client_403".to_owned()));
        } else {
            assert_eq!(public.unwrap().key, public_key);
            assert_eq!(verify.unwrap().to_bytes(), verify_key.to_bytes());
        }
        assert!(!proxy.calm());
    }
}

#[tokio::test]
async fn somebody_elses_new_keys_are_reported_when_something_is_encrypted_to_them() {
    let world = World::start();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let client = world
        .builder()
        .on_key_change(move |change| seen.lock().unwrap().push(change.clone()))
        .public_key_max_age(Duration::ZERO)
        .build()
        .unwrap();
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let alice = world.user("alice").await;
    bob.encrypt(b"data", alice.id()).await.unwrap();
    let first_seen = client.public_key(alice.id()).await.unwrap().first_seen;
    assert!(changes.lock().unwrap().is_empty(), "a first contact is no change");

    alice.rotate_keys().await.unwrap();
    for _ in 0..2 {
        bob.encrypt(b"data", alice.id()).await.unwrap();
    }
    let changes = changes.lock().unwrap().clone();
    assert_eq!(changes.len(), 1, "it is told once");
    assert_eq!((&changes[0].user_id, changes[0].refused), (alice.id(), false));
    assert_eq!(changes[0].key_id, alice.newest_key_id().unwrap());
    assert!(client.public_key(alice.id()).await.unwrap().first_seen >= first_seen);
}

/// A group with signed keys, and a member behind a proxy.
struct SignedGroup {
    _world: World,
    proxy: Proxy,
    group: Group,
    client: Client,
}

impl SignedGroup {
    async fn start(signers: Signers) -> Self {
        let world = World::start();
        let proxy = Proxy::start(&world);
        let alice = world.user("alice").await;
        let id = alice.create_signed_group().await.unwrap();
        let group = alice.group(&id).await.unwrap();
        let client = world.builder().base_url(proxy.url()).signers(signers).build().unwrap();
        client.register("bob", PASSWORD).await.unwrap();
        let bob = client.login_forced("bob", PASSWORD).await.unwrap();
        group.invite_auto(bob.id(), None).await.unwrap();
        Self { _world: world, proxy, group, client }
    }

    /// The group as the member sees it, after a lookup of the signer that fails.
    async fn after(&self, fault: Fault) -> Result<Group, Error> {
        self.proxy.fault("verify_key", fault);
        let bob = self.client.login_forced("bob", PASSWORD).await.unwrap();
        bob.group(self.group.id()).await
    }
}

#[tokio::test]
async fn a_signer_who_cannot_be_looked_up_is_an_error_unless_that_is_allowed() {
    let faults = [
        ("client_1000", Fault::AnswerLost),
        ("server_1", Fault::Refused(500, 1)),
        ("client_101", Fault::ErrorPage),
    ];
    for (expected, fault) in faults {
        let strict = SignedGroup::start(Signers::MayBeDeleted).await;
        assert_eq!(code(strict.after(fault.clone()).await), expected);

        let lenient = SignedGroup::start(Signers::MayBeMissing).await;
        let group = lenient.after(fault.clone()).await.unwrap();
        group.encrypt(b"data").unwrap();
        lenient.proxy.fault("verify_key", fault);
        assert_eq!(code(group.check_signatures(Signers::MayBeDeleted).await), expected);
        group.check_signatures(Signers::MustExist).await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_signer_counts_as_none() {
    let gone = || Fault::Refused(400, 100);
    let there = SignedGroup::start(Signers::MayBeDeleted).await;
    let group = there.after(gone()).await.unwrap();
    there.proxy.fault("verify_key", gone());
    group.check_signatures(Signers::MayBeDeleted).await.unwrap();
    there.proxy.fault("verify_key", gone());
    assert_eq!(code(group.check_signatures(Signers::MustExist).await), "server_100");
}

#[tokio::test]
async fn a_wrong_signature_is_refused_on_every_level() {
    for signers in [Signers::MustExist, Signers::MayBeDeleted, Signers::MayBeMissing] {
        let there = SignedGroup::start(signers).await;
        let swapped = Fault::rewritten(|answer| {
            let key = &mut answer["result"]["keys"][0];
            let text = key["group_key_sig"].as_str().unwrap().to_owned();
            let first = if text.starts_with('A') { "B" } else { "A" };
            key["group_key_sig"] = json!(format!("{first}{}", &text[1..]));
        });
        there.proxy.fault(&format!("GET group/{}", there.group.id()), swapped);
        let bob = there.client.login_forced("bob", PASSWORD).await.unwrap();
        let refused = match bob.group(there.group.id()).await {
            Ok(group) => code(group.encrypt(b"data")),
            refused => code(refused),
        };
        assert_eq!(refused, "client_31");
    }
}

#[tokio::test]
async fn an_unsigned_rotation_is_not_taken_over_where_signatures_are_demanded() {
    let there = SignedGroup::start(Signers::MayBeMissing).await;
    let bob = there.client.login_forced("bob", PASSWORD).await.unwrap();
    let group = bob.group(there.group.id()).await.unwrap();
    there.group.rotate_keys().await.unwrap();
    // The server passes new keys on when it gets to it.
    let refused = async {
        loop {
            match group.finish_key_rotation_from(Signers::MustExist).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(60), refused).await.unwrap();
    assert_eq!(refused.code(), "client_401");
    group.finish_key_rotation_from(Signers::MayBeDeleted).await.unwrap();
    let text = there.group.encrypt_string("data").unwrap();
    assert_eq!(group.decrypt_string(&text).await.unwrap(), "data");
    assert_eq!(code(group.check_signatures(Signers::MustExist).await), "client_401");
}
