//! The server, in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use keyfold::{Client, Group, User};
use keyfold_testkit::{Engine, TestServer};

use crate::Outcome;
use crate::exchange::Recorder;

/// Argument that makes this program a server.
pub(crate) const SERVE: &str = "--serve";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Prints where the server is, and runs until its input ends.
pub(crate) fn serve() -> Outcome<()> {
    let server = TestServer::start(Engine::Sqlite);
    println!("{} {}", server.url(), server.public_token());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (url, token) = line.trim().split_once(' ').ok_or("the server did not start")?;
        Ok(Self { process, url: url.to_owned(), token: token.to_owned() })
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Processor time that it has used, in hundredths of a second; zero if the system does not say.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process_id())).unwrap_or_default();
        // The name, which may hold anything, ends with the last parenthesis.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
        let ticks = fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or(0)).sum::<u64>();
        Duration::from_millis(ticks * 10)
    }

    pub(crate) fn client(&self) -> Outcome<Client> {
        Ok(Client::builder(&self.token).base_url(&self.url).build()?)
    }

    /// A client whose requests can be looked at.
    pub(crate) fn recorded(&self) -> Outcome<(Client, Recorder)> {
        let recorder = Recorder::new()?;
        let client = Client::builder(&self.token).base_url(&self.url).transport(recorder.clone());
        Ok((client.build()?, recorder))
    }

    pub(crate) async fn user(&self, name: &str) -> Outcome<User> {
        let client = self.client()?;
        client.register(name, PASSWORD).await?;
        Ok(client.login_forced(name, PASSWORD).await?)
    }

    /// A new group of a new user.
    pub(crate) async fn group(&self, user_name: &str) -> Outcome<Group> {
        let user = self.user(user_name).await?;
        Ok(user.group(&user.create_group().await?).await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input tells it to stop, in order.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
