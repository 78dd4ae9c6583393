//! How often the database is asked, counted where it is asked: between the server and PostgreSQL. The statements are the same on SQLite.

use std::time::Duration;

use hyper::Method;
use keyfold_protocol::user::{DoneLoginOutput, VerifyLogin};
use keyfold_server::DatabaseConfig;
use keyfold_testkit::StatementCount;
use serde_json::{Value, json};

use crate::support::{Engine, PASSWORD, World};

/// A server whose words to PostgreSQL are counted, and that does nothing by itself.
async fn counted() -> (World, StatementCount) {
    let mut count = StatementCount::default();
    let world = World::start_with(Engine::Postgres, |config| {
        let DatabaseConfig::Postgres(postgres) = &mut config.database else { panic!("PostgreSQL it is") };
        (postgres.url, count) = StatementCount::start(&postgres.url);
        config.limits.job_interval = Duration::from_secs(3_600);
    })
    .await;
    (world, count)
}

/// How many of the statements are not about apps: what the server knows of them is confirmed when the last answer is older than a moment.
fn without_apps(statements: &[String]) -> usize {
    statements.iter().filter(|text| !text.contains("FROM app_revision")).count()
}

/// Statements of the three steps of a login, and the session.
async fn login(world: &World, count: &StatementCount, identifier: &str) -> ([usize; 3], VerifyLogin) {
    let (prepare, login) = count.during(world.derive(identifier, PASSWORD)).await;
    let (done, answer) =
        count.during(world.call(Method::POST, "done_login", None, &login.done_login())).await;
    let DoneLoginOutput::Direct(keys) = answer.ok() else { panic!("no second factor was set") };
    let device = login.open_device(&keys.device_keys).unwrap();
    let body = login.verify_login(device.solve_challenge(&keys.challenge).unwrap());
    let (verify, answer) = count.during(world.call(Method::POST, "verify_login", None, &body)).await;
    ([prepare, done, verify].map(|statements| without_apps(&statements)), answer.ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_reads_its_keys_in_as_many_statements_whatever_their_number() {
    let (world, count) = counted().await;
    let mut alice = world.new_user("alice").await;
    login(&world, &count, "alice").await;
    let (with_one, session) = login(&world, &count, "alice").await;
    assert_eq!(session.user_keys.len(), 1);
    for _ in 0..55 {
        crate::keys::rotate(&alice).await;
        alice.user_keys = crate::keys::newest(&alice).await;
    }
    let (with_many, session) = login(&world, &count, "alice").await;
    assert_eq!(session.user_keys.len(), 50);
    assert_eq!(with_many, with_one);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_of_a_login_asks_the_database_a_bounded_number_of_times() {
    let (world, count) = counted().await;
    world.register("alice").await;
    login(&world, &count, "alice").await;
    let mut least = [usize::MAX; 3];
    for _ in 0..5 {
        let (steps, _) = login(&world, &count, "alice").await;
        for (least, step) in least.iter_mut().zip(steps) {
            *least = step.min(*least);
        }
    }
    let [prepare, done, verify] = least;
    assert!(prepare <= 1, "{prepare} statements for the salt");
    assert!(done <= 5, "{done} statements for device keys and challenge");
    assert!(verify <= 8, "{verify} statements for the session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn app_and_token_are_not_read_anew_for_each_request() {
    let (world, count) = counted().await;
    let alice = world.new_user("alice").await;
    let ask = async || {
        let body = json!({"user_identifier": "bob"});
        let requests = (0..40).map(|_| world.call(Method::POST, "exists", None, &body));
        for answer in futures_util::future::join_all(requests).await {
            answer.ok::<Value>();
        }
    };
    ask().await;
    let (statements, ()) = count.during(ask()).await;
    // Each asks one question, and those that come in just then ask whether an app was changed: every 50 ms at most.
    assert_eq!(without_apps(&statements), 40, "{statements:#?}");
    let (statements, answer) = count.during(alice.get("user/user_keys/rotation")).await;
    answer.ok::<Value>();
    // The session, and what was asked for.
    assert!(without_apps(&statements) <= 2, "{statements:#?}");
}
