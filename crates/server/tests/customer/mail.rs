//! Mails: how they leave, and what happens where there is no mail server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::Method;
use keyfold_server::Config;
use keyfold_server::customer::Administration;
use keyfold_server::mail::{MailTransport, SmtpConfig, SmtpSecurity};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::client::{Owner, call, registration};
use crate::support::{Answer, Engine, PASSWORD, World, device_body};

/// A server as it runs in production, without captchas: nobody could read them.
async fn production(engine: Engine, transport: MailTransport) -> World {
    production_with(engine, transport, Duration::from_millis(20)).await
}

async fn production_with(engine: Engine, transport: MailTransport, job_interval: Duration) -> World {
    World::start_with(engine, |config: &mut Config| {
        config.customers.captcha = keyfold_server::Captcha::Off;
        config.mail.transport = transport;
        config.mail.sender = "Keyfold <keyfold@example.com>".into();
        config.mail.public_url = "https://keys.example.com".into();
        config.limits.job_interval = job_interval;
    })
    .await
}

async fn register(world: &World, email: &str) -> Answer {
    call(world, Method::POST, "customer/register", None, &registration(email, &Value::Null)).await
}

/// Waits for something that a worker does.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..3_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mail_server_nothing_pretends_to_have_sent_a_mail() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = production(engine, MailTransport::None).await;
        let info: Value = call(&world, Method::GET, "customer/info", None, &Value::Null).await.ok();
        assert_eq!(info["mail"], json!(false));
        register(&world, "ada@example.com").await.ok::<Value>();
        let owner = Owner::log_in(&world, "ada@example.com").await;
        assert_eq!(
            (&owner.profile["validate_email"], &owner.profile["email_status"]),
            (&json!(false), &json!(0))
        );
        owner.patch("email_resend").await.refused(400, 50);
        owner.put("", &json!({"new_email": "ada@example.org"})).await.refused(400, 50);
        call(&world, Method::PUT, "customer/password_reset", None, &json!({"email": "ada@example.com"}))
            .await
            .refused(400, 50);
        owner.call(Method::POST, "group", &json!({"name": "Team"})).await.refused(400, 61);

        // The operator does by hand what the mails would have done.
        let state = world.server().state();
        let operator = Administration::new(&state.db, state.now());
        assert!(operator.validate("nobody@example.com", "nobody@example.com").await.is_err());
        assert!(operator.validate("ada@example.com", "other@example.com").await.is_err());
        operator.validate("ada@example.com", "ada@example.com").await.unwrap();
        assert!(operator.show("ada@example.com").await.unwrap().profile.validate_email);
        owner.call(Method::POST, "group", &json!({"name": "Team"})).await.ok::<Value>();
        let token = operator.password_reset_token("Ada@example.com").await.unwrap();
        let body = json!({"token": token.expose(), "reset_password_data": device_body("ada@example.com")});
        call(&world, Method::PUT, "customer/password_reset_validation", None, &body).await.done();
        call(&world, Method::PUT, "customer/password_reset_validation", None, &body).await.refused(400, 62);
        owner.get("data").await.refused(401, 31);
        let owner = Owner::log_in(&world, "ada@example.com").await;
        owner.patch("register_otp").await.ok::<Value>();
        operator.disable_second_factor("ada@example.com").await.unwrap();
        Owner::log_in(&world, "ada@example.com").await;
        assert_eq!(operator.list(None, 10).await.unwrap().len(), 1);
        operator.delete("ada@example.com").await.unwrap();
        assert!(operator.list(None, 10).await.unwrap().is_empty());
        Owner::try_log_in(&world, "ada@example.com", PASSWORD).await.err().unwrap().refused(401, 112);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_endpoints_for_test_suites_exist_in_the_development_profile_only() {
    let world = production(Engine::Sqlite, MailTransport::None).await;
    for path in ["dev/captcha/some", "dev/mail/ada@example.com"] {
        call(&world, Method::GET, path, None, &Value::Null).await.refused(404, 404);
    }
    let world = crate::client::start(Engine::Sqlite).await;
    call(&world, Method::GET, "dev/captcha/some", None, &Value::Null).await.refused(400, 601);
    assert_eq!(
        call(&world, Method::GET, "dev/mail/a@b.c", None, &Value::Null).await.ok::<Value>(),
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_can_be_left_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let world = production(Engine::Sqlite, MailTransport::Folder(folder.path().to_owned())).await;
    register(&world, "ada@example.com").await.ok::<Value>();
    let mail = eventually(async || {
        let mut files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'))
    })
    .await;
    let text = std::fs::read_to_string(&mail).unwrap();
    for part in [
        "From: Keyfold <keyfold@example.com>",
        "To: ada@example.com",
        "Subject: Confirm your e-mail address",
        "https://keys.example.com/dashboard/customer/validation/register/?token=",
    ] {
        assert!(text.replace("=\r\n", "").replace("=3D", "=").contains(part), "{part} is missing in {text}");
    }
}

/// A mail server that turns the first mails away and then takes them.
struct SmtpServer {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl SmtpServer {
    async fn start(answers: Vec<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let mails = taken.clone();
        tokio::spawn(async move {
            let mut answers = answers.into_iter();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answers.next().unwrap_or("250 taken");
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(b"220 mail.example.com\r\n").await;
                let (mut line, mut mail, mut in_data) = (String::new(), String::new(), false);
                while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                    let reply = match line.trim_end() {
                        "." if in_data => {
                            in_data = false;
                            if answer.starts_with('2') {
                                mails.lock().unwrap().push(std::mem::take(&mut mail));
                            }
                            answer
                        }
                        _ if in_data => {
                            mail.push_str(&line);
                            ""
                        }
                        "DATA" => {
                            in_data = true;
                            "354 go on"
                        }
                        "QUIT" => "221 bye",
                        _ => "250 well",
                    };
                    if !reply.is_empty() {
                        let _ = stream.write_all(format!("{reply}\r\n").as_bytes()).await;
                    }
                    line.clear();
                }
            }
        });
        Self { port, taken }
    }

    fn config(&self) -> MailTransport {
        let mut smtp = SmtpConfig::new("127.0.0.1");
        smtp.port = Some(self.port);
        smtp.security = SmtpSecurity::Plaintext;
        MailTransport::Smtp(smtp)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_was_turned_away_is_sent_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let smtp = SmtpServer::start(vec!["451 try later", "421 busy"]).await;
        let world = production(engine, smtp.config()).await;
        register(&world, "ada@example.com").await.ok::<Value>();
        let owner = Owner::log_in(&world, "ada@example.com").await;
        // In between the customer sees that it has not arrived.
        eventually(async || {
            (owner.get("data").await.ok::<Value>()["email_status"] == json!(3)).then_some(())
        })
        .await;
        eventually(async || (!smtp.taken.lock().unwrap().is_empty()).then_some(())).await;
        let operator = |world: &World| (world.server().state().db.clone(), world.server().state().now());
        eventually(async || {
            let (db, now) = operator(&world);
            let profile = Administration::new(&db, now).show("ada@example.com").await.unwrap().profile;
            (profile.email_status == 1).then_some(())
        })
        .await;
        // The job ends in a transaction of its own, after the one that says that the mail was sent.
        eventually(async || (world.count("SELECT COUNT(*) FROM jobs", &[]).await == 0).then_some(())).await;
        assert_eq!(smtp.taken.lock().unwrap().len(), 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM outgoing_mails", &[]).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_was_refused_for_good_is_given_up_and_noted() {
    let smtp = SmtpServer::start(vec!["550 no such mailbox"]).await;
    let world = production(Engine::Sqlite, smtp.config()).await;
    register(&world, "ada@example.com").await.ok::<Value>();
    eventually(async || (world.count("SELECT COUNT(*) FROM jobs", &[]).await == 0).then_some(())).await;
    let state = world.server().state();
    let customer = Administration::new(&state.db, state.now()).show("ada@example.com").await.unwrap();
    assert_eq!(customer.profile.email_status, 3);
    assert!(customer.email_error.unwrap().contains("no such mailbox"));
    // The customer asks for another one, which arrives.
    let owner = Owner::log_in(&world, "ada@example.com").await;
    owner.patch("email_resend").await.done();
    eventually(async || (!smtp.taken.lock().unwrap().is_empty()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_mail_is_encrypted_and_survives_a_change_of_the_root_key() {
    // Nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut smtp = SmtpConfig::new("127.0.0.1");
    (smtp.port, smtp.security) = (Some(port), SmtpSecurity::Plaintext);
    // Its workers look for jobs when they are woken, and not again while the other server runs.
    let an_hour = Duration::from_secs(60 * 60);
    let world = production_with(Engine::Sqlite, MailTransport::Smtp(smtp), an_hour).await;
    register(&world, "ada@example.com").await.ok::<Value>();
    eventually(async || {
        let failed = "SELECT COUNT(*) FROM jobs WHERE attempts > 0 AND lease_until IS NULL";
        (world.count(failed, &[]).await == 1).then_some(())
    })
    .await;
    assert_eq!(world.count("SELECT COUNT(*) FROM outgoing_mails", &[]).await, 1);
    let length = world.count("SELECT LENGTH(sealed_content) FROM outgoing_mails", &[]).await;
    assert_eq!(length, 40 + 4 + 12 + 16, "a sealed token of 40 characters");
    let state = world.server().state();
    let new = keyfold_server::RootKey::new(2, &[9; 32]).unwrap();
    keyfold_server::installation::rotate_root_key(&state.db, &state.root_key, &new).await.unwrap();
    let mailbox = SmtpServer::start(Vec::new()).await;
    let _restarted = world
        .restarted(|config| {
            config.root_key = new;
            config.limits.job_interval = Duration::from_millis(20);
            config.mail.transport = mailbox.config();
        })
        .await;
    eventually(async || (!mailbox.taken.lock().unwrap().is_empty()).then_some(())).await;
    assert!(mailbox.taken.lock().unwrap()[0].contains("ada@example.com"));
}
