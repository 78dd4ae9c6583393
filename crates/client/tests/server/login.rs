use keyfold::{Client, Login};

use crate::world::{PASSWORD, World, code};

#[tokio::test]
async fn a_registered_user_logs_in() {
    let world = World::start();
    let client = world.client();
    let id = client.register("alice", PASSWORD).await.unwrap();
    let Login::User(user) = client.login("alice", PASSWORD).await.unwrap() else {
        panic!("no second factor")
    };
    assert_eq!((user.id(), user.identifier().as_str(), user.has_mfa()), (&id, "alice", false));
    assert!(user.jwt().await.unwrap().expose().split('.').count() == 3);
    assert_eq!(user.refresh_token().unwrap().expose().len(), 67);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_identifier_have_their_codes() {
    let world = World::start();
    let client = world.client();
    client.register("alice", PASSWORD).await.unwrap();
    let wrong = client.login("alice", "another").await.unwrap_err();
    assert!(wrong.is_wrong_password() && !wrong.is_network());
    assert_eq!(wrong.code(), "server_112");
    assert_eq!(code(client.login("bob", PASSWORD).await), "server_100");
}

#[tokio::test]
async fn an_identifier_can_be_taken_once() {
    let world = World::start();
    let client = world.client();
    assert!(client.is_identifier_available("alice").await.unwrap());
    client.register("alice", PASSWORD).await.unwrap();
    assert!(!client.is_identifier_available("alice").await.unwrap());
    assert_eq!(code(client.register("alice", "another").await), "server_101");
}

#[tokio::test]
async fn empty_names_and_passwords_are_refused_before_anything_is_sent() {
    let client = Client::builder("token").base_url("http://127.0.0.1:1").build().unwrap();
    for (identifier, password) in [("", PASSWORD), ("alice", ""), ("", "")] {
        assert_eq!(code(client.register(identifier, password).await), "client_427");
        assert_eq!(code(client.login(identifier, password).await), "client_427");
    }
    let offline = client.login("alice", PASSWORD).await.unwrap_err();
    assert!(offline.is_network() && offline.is_unsent() && !offline.is_wrong_password());
}

#[tokio::test]
async fn generated_names_and_passwords_register() {
    let world = World::start();
    let (identifier, password) = Client::generate_register_data().unwrap();
    assert_eq!((identifier.len(), password.len()), (27, 54));
    world.client().register(&identifier, &password).await.unwrap();
    world.client().login_forced(&identifier, &password).await.unwrap();
}

#[tokio::test]
async fn a_backend_can_send_the_registration() {
    let world = World::start();
    let client = world.client();
    let body = client.prepare_register("alice", PASSWORD).unwrap();
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/register", world.server.url()))
        .header("x-sentc-app-token", world.server.secret_token())
        .body(body)
        .send()
        .await
        .unwrap();
    let answer = answer.text().await.unwrap();
    let id = Client::done_register(&answer).unwrap();
    assert_eq!(client.login_forced("alice", PASSWORD).await.unwrap().id(), &id);
    assert_eq!(
        code(Client::done_register(r#"{"status":false,"err_msg":"taken","err_code":101}"#)),
        "server_101"
    );
}

#[tokio::test]
async fn accounts_of_older_clients_log_in() {
    let world = World::start();
    let body = legacy::registration(&world.client(), "veteran", PASSWORD);
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/register", world.server.url()))
        .header("x-sentc-app-token", world.server.public_token())
        .body(body)
        .send()
        .await
        .unwrap();
    Client::done_register(&answer.text().await.unwrap()).unwrap();
    let user = world.client().login_forced("veteran", PASSWORD).await.unwrap();
    assert_eq!(code(world.client().login("veteran", "wrong").await), "server_112");
    // A password change moves the account to the costs of today, after which one attempt suffices.
    user.change_password(PASSWORD, "new password", keyfold::Mfa::None).await.unwrap();
    world.client().login_forced("veteran", "new password").await.unwrap();
}

/// Registrations as clients before 0.16 made them: the same format, other costs of the password derivation.
mod legacy {
    use keyfold::Client;
    use keyfold::crypto::SymmetricKey;
    use keyfold::crypto::password::{self, Cost, DerivedKeys};
    use keyfold::protocol::encoding::Base64Text;
    use keyfold::protocol::user::RegisterInput;

    pub(super) fn registration(client: &Client, identifier: &str, password: &str) -> String {
        let body = client.prepare_register(identifier, password).unwrap();
        let mut input: RegisterInput = serde_json::from_str(&body).unwrap();
        let derived = &mut input.device.derived;
        let salt = password::salt(&derived.client_random_value, "");
        let algorithm = derived.derived_alg.as_str();
        let current = DerivedKeys::derive(password, &salt, algorithm, Cost::CURRENT).unwrap();
        let legacy = DerivedKeys::derive(password, &salt, algorithm, Cost::LEGACY).unwrap();
        derived.hashed_authentication_key = legacy.hashed_authentication_key();
        let master_key = &mut input.device.master_key.encrypted_master_key;
        let opened = symmetric(&current).decrypt(&master_key.decode(), b"").unwrap();
        *master_key = Base64Text::encode(&symmetric(&legacy).encrypt(&opened, b"").unwrap());
        serde_json::to_string(&input).unwrap()
    }

    /// The half of the derivation that encrypts the master key, by way of its exports.
    fn symmetric(keys: &DerivedKeys) -> SymmetricKey {
        let export: serde_json::Value = serde_json::from_str(keys.export_encryption_key().expose()).unwrap();
        let key = export["Argon2"].as_str().unwrap();
        SymmetricKey::import(&format!(r#"{{"Aes":{{"key":"{key}","key_id":""}}}}"#)).unwrap()
    }
}
