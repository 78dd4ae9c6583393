//! A customer's side: registration with a captcha, mails, login.

use std::time::Duration;

use hyper::Method;
use keyfold_crypto::login::Login;
use keyfold_protocol::customer::{CaptchaOutput, CustomerLogin};
use keyfold_protocol::user::{DeviceKeys, DoneLoginOutput, LoginKeys};
use keyfold_server::Config;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Answer, Engine, PASSWORD, World, device_body, name};

/// Runs each test once on SQLite and once on PostgreSQL, in the development profile: captchas and mails can be read.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {
        $($(#[$attribute])* async fn $name($world: World) $body)*

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::client::start($crate::support::Engine::Sqlite).await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::client::start($crate::support::Engine::Postgres).await).await;
            })*
        }
    };
}
pub(crate) use on_both_databases;

/// A server in the development profile.
pub(crate) async fn start(engine: Engine) -> World {
    start_with(engine, |_| {}).await
}

pub(crate) async fn start_with(engine: Engine, configure: impl FnOnce(&mut Config)) -> World {
    World::start_with(engine, |config| {
        config.development = true;
        // On a busy machine a test may think for longer than an idle connection is kept.
        config.limits.header_timeout = Duration::from_secs(600);
        configure(config);
    })
    .await
}

/// A request to the API without an app token.
pub(crate) async fn call(
    world: &World,
    method: Method,
    path: &str,
    jwt: Option<&str>,
    body: &impl Serialize,
) -> Answer {
    let headers: Vec<_> = jwt.map(|jwt| ("authorization", format!("Bearer {jwt}"))).into_iter().collect();
    let body = match serde_json::to_value(body).unwrap() {
        Value::Null => Vec::new(),
        value => value.to_string().into_bytes(),
    };
    world.raw(method, &format!("/api/v1/{path}"), &headers, body).await
}

/// A captcha with its solution, as requests take it.
pub(crate) async fn solved_captcha(world: &World) -> Value {
    let captcha: CaptchaOutput = call(world, Method::GET, "customer/captcha", None, &Value::Null).await.ok();
    let path = format!("dev/captcha/{}", captcha.captcha_id);
    let solution: String = call(world, Method::GET, &path, None, &Value::Null).await.ok();
    json!({"captcha_id": captcha.captcha_id, "captcha_solution": solution})
}

/// A registration under the usual password.
pub(crate) fn registration(email: &str, captcha: &Value) -> Value {
    json!({
        "customer_data": {"name": "Lovelace", "first_name": "Ada", "company": null},
        "email": email,
        "register_data": device_body(email),
        "captcha_input": captcha,
    })
}

/// Registers; the id.
pub(crate) async fn register(world: &World, email: &str) -> String {
    let body = registration(email, &solved_captcha(world).await);
    let answer: Value = call(world, Method::POST, "customer/register", None, &body).await.ok();
    answer["customer_id"].as_str().unwrap().to_owned()
}

/// All mails to an address, once there are that many.
pub(crate) async fn mails(world: &World, email: &str, at_least: usize) -> Vec<Value> {
    let path = format!("dev/mail/{email}");
    for _ in 0..600 {
        let mails: Vec<Value> = call(world, Method::GET, &path, None, &Value::Null).await.ok();
        if mails.len() >= at_least {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{at_least} mails to {email} did not arrive");
}

/// The token in the newest of that many mails to an address.
pub(crate) async fn mailed_token(world: &World, email: &str, number: usize) -> String {
    let mails = mails(world, email, number).await;
    assert_eq!(mails.len(), number, "{mails:?}");
    token_of(mails.last().unwrap())
}

pub(crate) fn token_of(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let (_, token) = text.split_once("enter this token: ").unwrap();
    token.split_whitespace().next().unwrap().to_owned()
}

/// A customer who is logged in.
pub(crate) struct Owner {
    pub(crate) world: World,
    pub(crate) id: String,
    pub(crate) jwt: String,
    pub(crate) refresh_token: String,
    pub(crate) login: Login,
    pub(crate) device_keys: DeviceKeys,
    pub(crate) profile: Value,
}

impl Owner {
    /// Registered, and its address validated.
    pub(crate) async fn new(world: &World, email: &str) -> Self {
        let owner = Self::unvalidated(world, email).await;
        let token = mailed_token(world, email, 1).await;
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.done();
        owner
    }

    pub(crate) async fn unvalidated(world: &World, email: &str) -> Self {
        register(world, email).await;
        Self::log_in(world, email).await
    }

    /// With the usual password.
    pub(crate) async fn log_in(world: &World, email: &str) -> Self {
        Self::try_log_in(world, email, PASSWORD).await.unwrap()
    }

    /// The refusal of whichever step refuses.
    pub(crate) async fn try_log_in(world: &World, email: &str, password: &str) -> Result<Self, Answer> {
        let login = derive(world, email, password).await;
        let answer = call(world, Method::POST, "customer/done_login", None, &login.done_login()).await;
        if answer.status != 200 {
            return Err(answer);
        }
        match answer.ok() {
            DoneLoginOutput::Direct(keys) => Self::verify(world, login, &keys).await,
            DoneLoginOutput::Otp => panic!("a second factor is needed"),
        }
    }

    /// With a one-time code (`validate_mfa`) or a recovery key (`validate_recovery_otp`).
    pub(crate) async fn try_second_factor(
        world: &World,
        email: &str,
        path: &str,
        token: &str,
    ) -> Result<Self, Answer> {
        let login = derive(world, email, PASSWORD).await;
        let body = login.second_factor(token.to_owned().into());
        let answer = call(world, Method::POST, &format!("customer/{path}"), None, &body).await;
        if answer.status != 200 {
            return Err(answer);
        }
        let keys: LoginKeys = answer.ok();
        Self::verify(world, login, &keys).await
    }

    async fn verify(world: &World, login: Login, keys: &LoginKeys) -> Result<Self, Answer> {
        let device = login.open_device(&keys.device_keys).unwrap();
        let challenge = device.solve_challenge(&keys.challenge).unwrap();
        let body = login.verify_login(challenge);
        let answer = call(world, Method::POST, "customer/verify_login", None, &body).await;
        if answer.status != 200 {
            return Err(answer);
        }
        let profile = answer.json()["result"]["email_data"].clone();
        let session: CustomerLogin = answer.ok();
        Ok(Self {
            world: world.clone(),
            id: keys.device_keys.user_id.to_string(),
            jwt: session.verify.jwt.expose().to_owned(),
            refresh_token: session.verify.refresh_token.expose().to_owned(),
            login,
            device_keys: keys.device_keys.clone(),
            profile,
        })
    }

    /// A request below `customer/`.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &impl Serialize) -> Answer {
        let path = match path {
            "" => "customer".to_owned(),
            path => format!("customer/{path}"),
        };
        call(&self.world, method, &path, Some(&self.jwt), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str) -> Answer {
        self.call(Method::PATCH, path, &Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &Value::Null).await
    }

    /// A token of the same session that is not fresh.
    pub(crate) async fn stale(&self) -> String {
        let body = json!({"refresh_token": self.refresh_token});
        let answer: Value = self.call(Method::PUT, "refresh", &body).await.ok();
        answer["jwt"].as_str().unwrap().to_owned()
    }

    /// Whether the session goes on.
    pub(crate) async fn is_alive(&self) -> bool {
        self.get("data").await.status == 200
    }
}

/// The first step of a login and the derivation of the keys.
pub(crate) async fn derive(world: &World, email: &str, password: &str) -> Login {
    let identifier = name(email);
    let salt =
        call(world, Method::POST, "customer/prepare_login", None, &Login::start(&identifier)).await.ok();
    crate::support::derive_once(password, &identifier, &salt)
}
