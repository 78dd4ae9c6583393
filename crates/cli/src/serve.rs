//! `keyfold serve`

use std::net::SocketAddr;
use std::path::Path;

use keyfold_server::app::{DEVELOPMENT_PUBLIC_TOKEN, DEVELOPMENT_SECRET_TOKEN, seed_development_app};
use keyfold_server::{Playground, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments::Serve;
use crate::configuration::{Settings, build};
use crate::failure::Failure;
use crate::installation::Installation;

/// Serves until SIGINT or SIGTERM; a second one does not wait for running requests.
pub(crate) async fn run(settings: &Settings, arguments: Serve) -> Result<(), Failure> {
    if arguments.dev && !arguments.dev_insecure_listen && !settings.server.listen.ip().is_loopback() {
        return Err(Failure::Refused(format!(
            "--dev opens every action to anyone who knows the published tokens, and {} can be reached from other machines. \
             Add --dev-insecure-listen if that is what you want",
            settings.server.listen
        )));
    }
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;

    let installation = Installation::prepare(settings)?;
    let mut config = build(settings, installation.database.clone(), installation.root_key.clone());
    config.development = arguments.dev;
    config.playground = arguments.playground.as_deref().map(load_playground).transpose()?;
    let playground = config.playground.is_some();
    let server = Server::start(config).await.map_err(|error| installation.start_failure(&error))?;
    if arguments.dev {
        let state = server.state();
        seed_development_app(&state.db, &state.root_key, state.now()).await.map_err(Failure::failed)?;
        println!("{}", development_banner(server.address(), settings, playground));
    }

    stop_requested(&mut interrupt, &mut terminate).await;
    tracing::info!("stopping: running requests may end");
    tokio::select! {
        () = server.shutdown() => tracing::info!("stopped"),
        () = stop_requested(&mut interrupt, &mut terminate) => tracing::warn!("stopped at once"),
    }
    Ok(())
}

async fn stop_requested(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn load_playground(folder: &Path) -> Result<Playground, Failure> {
    Playground::load(folder).map_err(|error| {
        Failure::Refused(format!("--playground {}: the page cannot be read: {error}", folder.display()))
    })
}

fn development_banner(address: SocketAddr, settings: &Settings, playground: bool) -> String {
    let page =
        if playground { format!("\n  Playground    http://{address}/playground") } else { String::new() };
    format!(
        "
Keyfold is running, in the development profile: whoever reaches it may do everything.

  API           http://{address}/api/v1{page}
  Public token  {DEVELOPMENT_PUBLIC_TOKEN}
  Secret token  {DEVELOPMENT_SECRET_TOKEN}
  Data          {}

Try it in another terminal, from a checkout of Keyfold:

  cargo run -p keyfold --example first_message

Ctrl-C stops the server.
",
        settings.server.data.display()
    )
}
