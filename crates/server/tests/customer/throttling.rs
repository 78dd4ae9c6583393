//! What programs would repeat.

use hyper::Method;
use keyfold_server::config::Rate;
use keyfold_server::mail::MailTransport;
use serde_json::{Value, json};

use crate::client::{Owner, call, registration};
use crate::support::{Answer, Engine, World};

async fn world(folder: &std::path::Path) -> World {
    World::start_with(Engine::Sqlite, |config| {
        config.customers.captcha = keyfold_server::Captcha::Off;
        config.mail.transport = MailTransport::Folder(folder.to_owned());
        let few = Rate { burst: 3, per_minute: 1 };
        config.limits.throttle.failed_logins = few;
        config.limits.throttle.captchas_per_address = few;
        config.limits.throttle.mails_per_recipient = few;
        config.limits.throttle.mails_per_address = Rate { burst: 5, per_minute: 1 };
        config.limits.throttle.registrations_per_address = few;
        config.limits.throttle.failed_logins_per_address = Rate { burst: 8, per_minute: 1 };
    })
    .await
}

async fn ask_reset(world: &World, email: &str) -> Answer {
    call(world, Method::PUT, "customer/password_reset", None, &json!({"email": email})).await
}

async fn register(world: &World, email: &str) -> Answer {
    call(world, Method::POST, "customer/register", None, &registration(email, &Value::Null)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_cannot_be_guessed_by_trying() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    register(&world, "ada@example.com").await.ok::<Value>();
    for _ in 0..3 {
        Owner::try_log_in(&world, "ada@example.com", "wrong").await.err().unwrap().refused(401, 112);
    }
    Owner::try_log_in(&world, "ada@example.com", "wrong").await.err().unwrap().refused(429, 429);
    // Nor by spreading the attempts over accounts.
    for _ in 0..5 {
        Owner::try_log_in(&world, "bob@example.com", "wrong").await.err().unwrap().refused(401, 112);
    }
    Owner::try_log_in(&world, "bob@example.com", "wrong").await.err().unwrap().refused(429, 429);
    world.advance_seconds(10 * 60);
    Owner::log_in(&world, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_cannot_be_flooded() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for _ in 0..3 {
        ask_reset(&world, "ada@example.com").await.done();
    }
    let refused = ask_reset(&world, "Ada@example.com").await;
    refused.refused(429, 429);
    assert!(refused.headers.contains_key("retry-after"));
    // Nor many mailboxes from one address.
    ask_reset(&world, "bob@example.com").await.done();
    ask_reset(&world, "eve@example.com").await.refused(429, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_captchas_nor_accounts_can_be_made_by_the_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for number in 0..3 {
        call(&world, Method::GET, "customer/captcha", None, &Value::Null).await.ok::<Value>();
        register(&world, &format!("customer{number}@example.com")).await.ok::<Value>();
    }
    call(&world, Method::GET, "customer/captcha", None, &Value::Null).await.refused(429, 429);
    register(&world, "customer9@example.com").await.refused(429, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reset_tokens_cannot_be_guessed_by_trying() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let body = json!({"token": "guessed", "reset_password_data": crate::support::device_body("x")});
    let guess = async || call(&world, Method::PUT, "customer/password_reset_validation", None, &body).await;
    for _ in 0..8 {
        guess().await.refused(400, 62);
    }
    guess().await.refused(429, 429);
}
