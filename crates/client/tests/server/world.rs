//! What the tests share: a server, and users on it.

use keyfold::{Client, ClientBuilder, Error, Group, User};
use keyfold_testkit::{Engine, TestServer};

pub(crate) const PASSWORD: &str = "a password of twelve words would be better";

/// A server with an app of its own. Which database it has is the business of the server's tests, but where the two might differ in
/// what a client sees, tests run [on both](on_both_databases).
pub(crate) struct World {
    pub(crate) server: TestServer,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::on(Engine::Sqlite)
    }

    pub(crate) fn on(engine: Engine) -> Self {
        Self { server: TestServer::start(engine) }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(self.server.public_token()).base_url(self.server.url())
    }

    /// A client with a memory of its own: a device.
    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// A new user, logged in on a client of its own.
    pub(crate) async fn user(&self, identifier: &str) -> User {
        let client = self.client();
        client.register(identifier, PASSWORD).await.unwrap();
        client.login_forced(identifier, PASSWORD).await.unwrap()
    }

    /// A user who is logged in with another client.
    pub(crate) async fn again(&self, identifier: &str) -> User {
        self.client().login_forced(identifier, PASSWORD).await.unwrap()
    }
}

/// Makes two tests of each `async fn(World)`.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($crate::world::World::on(keyfold_testkit::Engine::Sqlite)).await;
                }
            )+
        }
        mod on_postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($crate::world::World::on(keyfold_testkit::Engine::Postgres)).await;
                }
            )+
        }
    };
}
pub(crate) use on_both_databases;

/// A new group of `user`.
pub(crate) async fn group_of(user: &User) -> Group {
    let id = user.create_group().await.unwrap();
    user.group(&id).await.unwrap()
}

/// The code of the error that `result` must be.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().into_owned()
}
