//! Where log lines go: to standard error, as text for people and as JSON for programs.

use std::io::IsTerminal;

use tracing_subscriber::prelude::*;

use crate::configuration::{LogFormat, Settings};

/// Starts logging for the whole process.
pub(crate) fn start(settings: &Settings) {
    let filter = settings.server.log.0.clone();
    let terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match settings.server.log_format {
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
        LogFormat::Auto if !terminal => layer.json().flatten_event(true).boxed(),
        LogFormat::Auto | LogFormat::Text => layer.with_ansi(terminal).with_target(false).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
}
