//! A network that drops, truncates, damages, delays and repeats: nothing is lost for good, nothing is sent twice that must not be, and
//! every error is a documented one.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyfold::crypto::file::CHUNK_LEN;
use keyfold::{Client, Error, Group, HttpTransport, Login, MemberId, Mfa, User};

use crate::proxy::{Fault, Gate, Proxy, Sent};
use crate::world::{PASSWORD, World, code, group_of};

const FAULTS: &[Fault] = &[
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::Truncated,
    Fault::Damaged,
    Fault::ErrorPage,
    Fault::Refused(429, 429),
    Fault::RequestRepeated,
    Fault::AnswerRepeated,
    Fault::Slow,
];

/// Lets every request of `operation` meet every fault, one at a time, and calls `settle` with what came of it.
async fn every_fault_at_every_request<T>(
    proxy: &Proxy,
    mut operation: impl AsyncFnMut() -> Result<T, Error>,
    mut settle: impl AsyncFnMut(Result<T, Error>),
) {
    for fault in FAULTS {
        for count in 0.. {
            proxy.take_log("");
            proxy.fault_after(count, fault.clone());
            let outcome = operation().await;
            let was_spared = proxy.calm();
            let log = proxy.take_log("");
            let is_harmless = was_spared || matches!(fault, Fault::Slow);
            match &outcome {
                Ok(_) => {}
                Err(error) if is_harmless => panic!("{error} at {log:?}"),
                Err(error) => assert!(is_documented(error, fault), "{error:?} at {log:?}"),
            }
            if !matches!(fault, Fault::RequestRepeated) {
                assert_nothing_is_done_twice(&log);
            }
            settle(outcome).await;
            if was_spared {
                assert!(count > 0, "the operation sends something");
                break;
            }
        }
    }
}

fn is_documented(error: &Error, fault: &Fault) -> bool {
    let code = error.code();
    match fault {
        // Of an answer, or of a part of a file.
        Fault::Damaged => ["client_101", "client_14", "client_22"].contains(&code.as_ref()),
        Fault::ErrorPage => code == "client_101",
        Fault::Refused(..) => code == "server_429",
        // The second time, it is done already.
        Fault::RequestRepeated => code.starts_with("server_"),
        _ => error.is_network(),
    }
}

/// No request that changes something reaches the server more than once.
fn assert_nothing_is_done_twice(log: &[Sent]) {
    // The answer to the first one was lost, and with it a second factor without which nobody can log in.
    let replaces_the_first = ["PATCH user/register_otp", "PATCH user/reset_otp"];
    let mut seen = HashSet::new();
    let once = log.iter().filter(|sent| !replaces_the_first.contains(&sent.what.as_str()));
    for sent in once.filter(|sent| sent.reached && !sent.what.starts_with("GET")) {
        assert!(seen.insert(&sent.what), "{} was sent twice: {log:?}", sent.what);
    }
}

/// Alice is behind the proxy, bob is not. Both are in a group.
struct Cast {
    world: World,
    proxy: Proxy,
    alice: User,
    bob: User,
    alices: Group,
    bobs: Group,
}

impl Cast {
    async fn gather() -> Self {
        let world = World::start();
        let proxy = Proxy::start(&world);
        let client = behind(&world, &proxy);
        client.register("alice", PASSWORD).await.unwrap();
        let alice = client.login_forced("alice", PASSWORD).await.unwrap();
        // Bob always asks for alice's newest public key.
        let client = world.builder().public_key_max_age(Duration::ZERO).build().unwrap();
        client.register("bob", PASSWORD).await.unwrap();
        let bob = client.login_forced("bob", PASSWORD).await.unwrap();
        let alices = group_of(&alice).await;
        alices.invite_auto(bob.id(), Some(1)).await.unwrap();
        let bobs = bob.group(alices.id()).await.unwrap();
        Self { world, proxy, alice, bob, alices, bobs }
    }

    /// Both end with the same newest key of the group, and read what the other one writes.
    async fn agree(&self) {
        self.alices.update().await.unwrap();
        let newest = self.alices.newest_key_id().unwrap();
        let arrives = async {
            while self.bobs.newest_key_id().unwrap() != newest {
                self.bobs.update().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), arrives).await.unwrap();
        for (writer, reader) in [(&self.alices, &self.bobs), (&self.bobs, &self.alices)] {
            let text = writer.encrypt_string("for us").unwrap();
            assert_eq!(reader.decrypt_string(&text).await.unwrap(), "for us");
        }
    }
}

fn behind(world: &World, proxy: &Proxy) -> Client {
    let builder = world.builder().base_url(proxy.url()).file_part_retries(3, Duration::ZERO);
    builder.build().unwrap()
}

#[tokio::test]
async fn a_registration_in_trouble_can_be_repeated_and_ends_with_one_account() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let client = behind(&world, &proxy);
    let number = AtomicU64::new(0);
    let name = || format!("user {}", number.load(Ordering::SeqCst));
    let operation = async || client.register(&name(), PASSWORD).await;
    every_fault_at_every_request(&proxy, operation, async |outcome| {
        if outcome.is_err() {
            let again = client.register(&name(), PASSWORD).await;
            assert!(again.is_ok() || code(again) == "server_101");
        }
        client.login_forced(&name(), PASSWORD).await.unwrap();
        number.fetch_add(1, Ordering::SeqCst);
    })
    .await;
}

#[tokio::test]
async fn a_login_in_trouble_can_be_repeated() {
    let cast = Cast::gather().await;
    let text = cast.alices.encrypt_string("kept").unwrap();
    let operation = async || cast.alice.client().login_forced("alice", PASSWORD).await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        let user = match outcome {
            Ok(user) => user,
            Err(_) => cast.alice.client().login_forced("alice", PASSWORD).await.unwrap(),
        };
        let group = user.group(cast.alices.id()).await.unwrap();
        assert_eq!(group.decrypt_string(&text).await.unwrap(), "kept");
    })
    .await;
}

#[tokio::test]
async fn a_restart_in_trouble_can_be_repeated_and_nobody_is_logged_out() {
    let cast = Cast::gather().await;
    let operation = async || cast.alice.client().restore().await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        if let Ok(user) = outcome {
            assert_eq!(user.unwrap().id(), cast.alice.id());
        }
        assert!(cast.alice.client().restore().await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn groups_made_in_trouble_are_found_and_usable() {
    let cast = Cast::gather().await;
    let operation = async || {
        let group = cast.alice.group(&cast.alice.create_group().await?).await?;
        let child = group.child(&group.create_child().await?).await?;
        group.connected(&group.create_connected().await?).await?;
        child.delete().await?;
        group.delete().await
    };
    every_fault_at_every_request(&cast.proxy, operation, async |_| {
        for item in cast.alice.groups().all().await.unwrap() {
            let group = cast.alice.group(&item.group_id).await.unwrap();
            let text = group.encrypt_string("mine").unwrap();
            assert_eq!(group.decrypt_string(&text).await.unwrap(), "mine");
            if item.group_id != *cast.alices.id() {
                group.delete().await.unwrap();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn rotations_in_trouble_lose_no_key() {
    let cast = Cast::gather().await;
    let mut texts = Vec::new();
    every_fault_at_every_request(
        &cast.proxy,
        async || cast.alices.rotate_keys().await,
        async |_| {
            cast.agree().await;
            texts.push(cast.alices.encrypt_string("kept").unwrap());
        },
    )
    .await;
    let again = cast.world.again("alice").await.group(cast.alices.id()).await.unwrap();
    for text in &texts {
        assert_eq!(again.decrypt_string(text).await.unwrap(), "kept");
        assert_eq!(cast.bobs.decrypt_string(text).await.unwrap(), "kept");
    }
}

#[tokio::test]
async fn taking_over_a_rotation_in_trouble_can_be_repeated() {
    let cast = Cast::gather().await;
    let rotated = async || {
        cast.bobs.rotate_keys().await.unwrap();
        let text = cast.bobs.encrypt_string("under bob's key").unwrap();
        // The server prepares the key for others in the background.
        let arrives = async {
            let url = format!("{}/api/v1/group/{}/update_check", cast.world.server.url(), cast.alices.id());
            let token = format!("Bearer {}", cast.alice.jwt().await.unwrap().expose());
            let request = reqwest::Client::new().get(&url).header("authorization", token);
            let request = request.header("x-sentc-app-token", cast.world.server.public_token());
            loop {
                let answer = request.try_clone().unwrap().send().await.unwrap();
                if answer.text().await.unwrap().contains("\"key_update\":true") {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), arrives).await.unwrap();
        text
    };
    let text = std::cell::RefCell::new(rotated().await);
    let operation = async || {
        let content = text.borrow().clone();
        cast.alices.decrypt_string(&content).await
    };
    every_fault_at_every_request(&cast.proxy, operation, async |_| {
        let content = text.borrow().clone();
        assert_eq!(cast.alices.decrypt_string(&content).await.unwrap(), "under bob's key");
        cast.agree().await;
        let next = rotated().await;
        *text.borrow_mut() = next;
    })
    .await;
}

#[tokio::test]
async fn user_key_rotations_in_trouble_lose_no_key() {
    let cast = Cast::gather().await;
    let alice = &cast.alice;
    let client = cast.world.client();
    let carried = client.register_device_start("phone", PASSWORD).await.unwrap();
    alice.register_device(&carried).await.unwrap();
    let phone = client.login_forced("phone", PASSWORD).await.unwrap();
    let mut texts = Vec::new();
    every_fault_at_every_request(
        &cast.proxy,
        async || alice.rotate_keys().await,
        async |_| {
            alice.finish_key_rotation().await.unwrap();
            phone.finish_key_rotation().await.unwrap();
            assert_eq!(alice.newest_key_id().unwrap(), phone.newest_key_id().unwrap());
            texts.push(cast.bob.encrypt_string("to alice", alice.id()).await.unwrap());
        },
    )
    .await;
    for text in &texts {
        for device in [alice, &phone, &cast.world.again("alice").await] {
            assert_eq!(device.decrypt_string(text).await.unwrap(), "to alice");
        }
    }
    cast.agree().await;
}

#[tokio::test]
async fn a_member_invited_in_trouble_gets_all_keys_or_can_be_invited_again() {
    let cast = Cast::gather().await;
    cast.alices.rotate_keys().await.unwrap();
    let text = cast.alices.encrypt_string("for carol").unwrap();
    let carol = cast.world.user("carol").await;
    let operation = async || cast.alices.invite_auto(carol.id(), None).await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        if outcome.is_err() {
            match cast.alices.invite_auto(carol.id(), None).await {
                Err(error) if error.code() == "server_302" => {
                    cast.alices.re_invite(carol.id()).await.unwrap();
                }
                again => again.unwrap(),
            }
        }
        let carols = carol.group(cast.alices.id()).await.unwrap();
        assert_eq!(carols.decrypt_string(&text).await.unwrap(), "for carol");
        carols.leave().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn memberships_in_trouble_are_as_the_server_says() {
    let cast = Cast::gather().await;
    let carol = cast.world.user("carol").await;
    let member: MemberId = carol.id().into();
    let operation = async || {
        cast.alices.invite(carol.id(), Some(3)).await?;
        carol.accept_invitation(cast.alices.id()).await?;
        cast.alices.update_rank(&member, 2).await?;
        cast.alices.kick(&member).await?;
        carol.request_to_join(cast.alices.id()).await?;
        let requests = cast.alices.join_requests().all().await?;
        cast.alices.accept_join_request(&requests[0], Some(2)).await
    };
    every_fault_at_every_request(&cast.proxy, operation, async |_| {
        // Whatever came of it, it can be brought to an end.
        let _ = carol.reject_invitation(cast.alices.id()).await;
        let _ = carol.withdraw_join_request(cast.alices.id()).await;
        let members = cast.alices.members().all().await.unwrap();
        if members.iter().any(|item| item.user_id == member) {
            cast.alices.kick(&member).await.unwrap();
        }
    })
    .await;
    cast.agree().await;
}

#[tokio::test]
async fn a_device_added_in_trouble_logs_in_and_reads_in_the_end() {
    let cast = Cast::gather().await;
    let text = cast.alices.encrypt_string("for all my devices").unwrap();
    let number = AtomicU64::new(0);
    let name = || format!("device {}", number.load(Ordering::SeqCst));
    let carried = std::cell::RefCell::new(String::new());
    let operation = async || {
        let client = cast.world.client();
        let answer = client.register_device_start(&name(), PASSWORD).await?;
        carried.replace(answer.clone());
        cast.alice.register_device(&answer).await
    };
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        if outcome.is_err() {
            let answer = carried.borrow().clone();
            let again = cast.alice.register_device(&answer).await;
            // Or it was there already.
            assert!(again.is_ok() || code(again) == "server_100");
        }
        let device = cast.world.client().login_forced(&name(), PASSWORD).await.unwrap();
        let group = device.group(cast.alices.id()).await.unwrap();
        assert_eq!(group.decrypt_string(&text).await.unwrap(), "for all my devices");
        device.delete_device(PASSWORD, &device.device_id().clone(), Mfa::None).await.unwrap();
        number.fetch_add(1, Ordering::SeqCst);
    })
    .await;
}

#[tokio::test]
async fn a_password_changed_in_trouble_is_the_old_or_the_new_one_and_no_key_is_lost() {
    let cast = Cast::gather().await;
    let text = cast.alices.encrypt_string("kept").unwrap();
    let client = cast.alice.client();
    let session = std::cell::RefCell::new(cast.alice.clone());
    let reset = std::cell::Cell::new(false);
    let operation = async || {
        let user = session.borrow().clone();
        if reset.get() {
            user.reset_password("new").await
        } else {
            user.change_password(PASSWORD, "new", Mfa::None).await
        }
    };
    for by_reset in [false, true] {
        reset.set(by_reset);
        every_fault_at_every_request(&cast.proxy, &operation, async |outcome| {
            let user = match client.login_forced("alice", "new").await {
                Ok(user) => user,
                Err(error) => {
                    assert!(outcome.is_err() && error.is_wrong_password());
                    client.login_forced("alice", PASSWORD).await.unwrap()
                }
            };
            let group = user.group(cast.alices.id()).await.unwrap();
            assert_eq!(group.decrypt_string(&text).await.unwrap(), "kept");
            user.reset_password(PASSWORD).await.unwrap();
            session.replace(client.login_forced("alice", PASSWORD).await.unwrap());
        })
        .await;
    }
}

#[tokio::test]
async fn a_second_factor_made_in_trouble_is_known_or_not_there() {
    let cast = Cast::gather().await;
    let alice = &cast.alice;
    let operation = async || alice.register_otp(PASSWORD, Mfa::None).await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| match outcome {
        Ok(known) => {
            opens_with(&cast.world, known.recovery_keys()[0]).await;
            alice.disable_otp(PASSWORD, Mfa::RecoveryKey(known.recovery_keys()[1])).await.unwrap();
        }
        Err(_) => drop(cast.world.again("alice").await),
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_replaced_in_trouble_is_the_old_or_the_new_one() {
    let cast = Cast::gather().await;
    let alice = &cast.alice;
    let known = std::cell::RefCell::new(alice.register_otp(PASSWORD, Mfa::None).await.unwrap());
    let key = |number: usize| known.borrow().recovery_keys()[number].to_owned();
    let operation = async || alice.reset_otp(PASSWORD, Mfa::RecoveryKey(&key(0))).await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        if let Ok(new) = outcome {
            known.replace(new);
        }
        opens_with(&cast.world, &key(1)).await;
        let next = alice.reset_otp(PASSWORD, Mfa::RecoveryKey(&key(2))).await.unwrap();
        known.replace(next);
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_removed_in_trouble_is_gone_or_the_known_one() {
    let cast = Cast::gather().await;
    let alice = &cast.alice;
    let known = std::cell::RefCell::new(alice.register_otp(PASSWORD, Mfa::None).await.unwrap());
    let key = |number: usize| known.borrow().recovery_keys()[number].to_owned();
    let operation = async || alice.disable_otp(PASSWORD, Mfa::RecoveryKey(&key(0))).await;
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        let is_gone = matches!(cast.world.client().login("alice", PASSWORD).await.unwrap(), Login::User(_));
        assert!(is_gone || outcome.is_err());
        let key = key(1);
        let factor = if is_gone { Mfa::None } else { Mfa::RecoveryKey(&key) };
        let next = alice.register_otp(PASSWORD, factor).await.unwrap();
        known.replace(next);
    })
    .await;
}

/// The account of alice opens with this recovery key.
async fn opens_with(world: &World, recovery_key: &str) {
    match world.client().login("alice", PASSWORD).await.unwrap() {
        Login::Mfa(pending) => drop(pending.with_recovery_key(recovery_key).await.unwrap()),
        Login::User(_) => panic!("there is no second factor"),
    }
}

#[tokio::test]
async fn files_transferred_in_trouble_are_whole_or_an_error() {
    let cast = Cast::gather().await;
    let data = vec![7; CHUNK_LEN + 1];
    let operation = async || {
        let id = cast.alices.new_file().name("sevens").signed().upload_bytes(&data).await?;
        let file = cast.alices.file(&id).await?;
        let bytes = file.download().signed_by(cast.alice.id()).bytes().await?;
        Ok((file.info().part_list.len(), bytes, id))
    };
    every_fault_at_every_request(&cast.proxy, operation, async |outcome| {
        if let Ok((parts, bytes, id)) = outcome {
            assert!(parts == 2 && bytes == data);
            assert!(cast.bobs.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
            cast.alices.delete_file(&id).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_late_answer_is_a_timeout_and_the_request_is_not_repeated() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let impatient = HttpTransport::builder().timeout(Duration::from_millis(500)).build().unwrap();
    let client = world.builder().base_url(proxy.url()).transport(impatient).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let gate = Gate::new();
    proxy.fault("POST group", Fault::Late(gate.clone()));
    let error = alice.create_group().await.unwrap_err();
    assert!(error.is_network() && !error.is_unsent());
    assert_eq!(proxy.take_log("POST group").len(), 1);
    gate.open();
    // The server did create it, and the user finds it.
    assert_eq!(alice.groups().all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotation_whose_answer_is_late_is_overtaken_without_harm() {
    let cast = Cast::gather().await;
    let gate = Gate::new();
    cast.proxy.fault("key_rotation", Fault::Late(gate.clone()));
    let overtake = async {
        gate.reached().await;
        cast.bobs.rotate_keys().await.unwrap();
        let text = cast.bobs.encrypt_string("bob was faster").unwrap();
        gate.open();
        text
    };
    let (rotated, text) = tokio::join!(cast.alices.rotate_keys(), overtake);
    rotated.unwrap();
    let reads = async {
        loop {
            match cast.alices.decrypt_string(&text).await {
                Err(error) if error.code() == "server_304" => {}
                read => return read.unwrap(),
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), reads).await.unwrap(), "bob was faster");
    cast.agree().await;
}

#[tokio::test]
async fn calls_that_wait_for_a_late_renewal_share_it_and_a_lost_one_can_be_repeated() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let start = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = Arc::new(AtomicU64::new(u64::try_from(start.as_millis()).unwrap()));
    let clock = Arc::clone(&now);
    let builder = world.builder().base_url(proxy.url());
    let client = builder.clock(move || clock.load(Ordering::SeqCst)).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();

    now.fetch_add(300_000, Ordering::SeqCst);
    let gate = Gate::new();
    proxy.fault("PUT refresh", Fault::Late(gate.clone()));
    let open = async {
        gate.reached().await;
        gate.open();
    };
    let (one, two, three, ()) = tokio::join!(alice.create_group(), alice.jwt(), alice.create_group(), open);
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(proxy.take_log("PUT refresh").len(), 1);

    for fault in [Fault::RequestLost, Fault::AnswerLost, Fault::Truncated] {
        now.fetch_add(300_000, Ordering::SeqCst);
        proxy.take_log("");
        proxy.fault("PUT refresh", fault);
        assert!(alice.create_group().await.unwrap_err().is_network());
        assert!(proxy.take_log("POST group").is_empty(), "without a token nothing is sent");
        alice.create_group().await.unwrap();
    }
}
