//! One app for clients of both generations of password costs.

use keyfold::crypto::password::{DerivedKeys, salt};
use keyfold::protocol::user::RegisterInput;
use keyfold::{Client, Mfa, PasswordCost, Suite};

use crate::proxy::Proxy;
use crate::world::{PASSWORD, World};

/// How many attempts a login takes: one for each cost that was tried.
async fn attempts(world: &World, cost: PasswordCost, identifier: &str, password: &str) -> usize {
    let proxy = Proxy::start(world);
    let client = world.builder().base_url(proxy.url()).password_cost(cost).build().unwrap();
    client.login_forced(identifier, password).await.unwrap();
    proxy.take_log("done_login").len()
}

fn earlier(world: &World) -> Client {
    world.builder().password_cost(PasswordCost::LEGACY).build().unwrap()
}

#[tokio::test]
async fn accounts_made_at_the_earlier_cost_are_those_of_earlier_clients() {
    let world = World::start();
    // Whatever the order in which the builder is told.
    let client = world.builder().password_cost(PasswordCost::LEGACY).suite(Suite::STD).build().unwrap();
    let body = client.prepare_register("alice", PASSWORD).unwrap();
    let derived = serde_json::from_str::<RegisterInput>(&body).unwrap().device.derived;
    let salt = salt(&derived.client_random_value, "");
    let keys = DerivedKeys::derive(PASSWORD, &salt, derived.derived_alg.as_str(), PasswordCost::LEGACY);
    assert_eq!(keys.unwrap().hashed_authentication_key(), derived.hashed_authentication_key);
}

#[tokio::test]
async fn both_generations_log_in_to_each_others_accounts() {
    let world = World::start();
    earlier(&world).register("veteran", PASSWORD).await.unwrap();
    world.client().register("newcomer", PASSWORD).await.unwrap();
    for (identifier, own, other) in [
        ("veteran", PasswordCost::LEGACY, PasswordCost::CURRENT),
        ("newcomer", PasswordCost::CURRENT, PasswordCost::LEGACY),
    ] {
        assert_eq!(attempts(&world, own, identifier, PASSWORD).await, 1, "{identifier}");
        assert_eq!(attempts(&world, other, identifier, PASSWORD).await, 2, "{identifier}");
    }
}

#[tokio::test]
async fn new_passwords_have_the_cost_of_the_client_that_sets_them() {
    let world = World::start();
    let client = earlier(&world);
    world.client().register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    alice.change_password(PASSWORD, "changed", Mfa::None).await.unwrap();
    assert_eq!(attempts(&world, PasswordCost::LEGACY, "alice", "changed").await, 1);
    alice.reset_password("reset").await.unwrap();
    assert_eq!(attempts(&world, PasswordCost::LEGACY, "alice", "reset").await, 1);
    let alice = world.client().login_forced("alice", "reset").await.unwrap();
    alice.change_password("reset", "back", Mfa::None).await.unwrap();
    assert_eq!(attempts(&world, PasswordCost::CURRENT, "alice", "back").await, 1);
}
