//! Registration, login, refresh.

use anyhow::{Result, bail};
use keyfold_protocol::encoding::Base64Text;

use super::{Actor, Stage};
use crate::bound::Bound;
use crate::closed_loop::Worker;
use crate::connection::{Connection, Head, text_member};
use crate::data::{IDENTITIES, ids};
use crate::report::Row;

pub(super) fn register(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let bytes = stage.world.templates.register_body.length();
    let bounds = [Bound::Transaction { bytes, per_operation: 1 }, Bound::Http];
    let row = stage.measure("register (34 kB)", &bounds, |mut actor| {
        Ok(Box::new(move |connection: &mut Connection| {
            let identifier = format!("new-{:010}", actor.unique());
            let world = actor.world.clone();
            world.templates.register_body.fill(&mut actor.body, |_, _| &identifier);
            actor.call_as_stranger(connection, "register")?;
            Ok(())
        }))
    })?;
    Ok(vec![row])
}

pub(super) fn login(stage: &Stage<'_>) -> Result<Vec<Row>> {
    // A challenge and a log entry; a session.
    let bounds = [Bound::Login, Bound::Transaction { bytes: 300, per_operation: 2 }];
    let row = stage.measure("login (3 requests)", &bounds, |actor| Ok(Box::new(Login(actor))))?;
    Ok(vec![row])
}

struct Login(Actor);

impl Worker for Login {
    fn operate(&mut self, connection: &mut Connection) -> Result<()> {
        let actor = &mut self.0;
        let identifier = ids::identifier(actor.identity());
        actor.body = format!(r#"{{"user_identifier":"{identifier}"}}"#).into_bytes();
        actor.call_as_stranger(connection, "prepare_login")?;
        let auth_key = actor.world.templates.auth_key.clone();
        actor.body =
            format!(r#"{{"device_identifier":"{identifier}","auth_key":"{auth_key}"}}"#).into_bytes();
        let answer = actor.call_as_stranger(connection, "done_login")?;
        let challenge = text_member(answer, "challenge")?;
        // Every user has the same device keys.
        let solved = actor.world.templates.device.solve_challenge(&Base64Text::from_checked(challenge))?;
        actor.body = format!(
            r#"{{"device_identifier":"{identifier}","auth_key":"{auth_key}","challenge":"{}"}}"#,
            solved.expose()
        )
        .into_bytes();
        actor.call_as_stranger(connection, "verify_login")?;
        Ok(())
    }
}

pub(super) fn refresh(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let row = stage.measure("refresh", &[Bound::Refresh, Bound::Http], |actor| {
        // Each connection has users of its own, whose newest token it keeps: a token is refreshed once, as in life, so that the server
        // has to verify it.
        let range = (IDENTITIES / actor.connections.max(1)).max(1);
        let first = (actor.connection * range) % IDENTITIES;
        let tokens = (first..first + range).map(|user| (user, actor.world.jwt(user).to_owned())).collect();
        Ok(Box::new(Refresh { actor, tokens, next: 0 }))
    })?;
    Ok(vec![row])
}

struct Refresh {
    actor: Actor,
    tokens: Vec<(u32, String)>,
    next: usize,
}

impl Worker for Refresh {
    fn operate(&mut self, connection: &mut Connection) -> Result<()> {
        let count = self.tokens.len().max(1);
        let Some((user, token)) = self.tokens.get_mut(self.next % count) else {
            bail!("there are more connections than users");
        };
        self.next += 1;
        let body = format!(r#"{{"refresh_token":"{}"}}"#, ids::refresh_token(*user));
        let app_token = &self.actor.world.app_token;
        let head = Head { method: "PUT", path: "refresh", app_token, jwt: Some(token), client: None };
        let answer = connection.call(&head, body.as_bytes())?;
        *token = text_member(answer, "jwt")?.to_owned();
        Ok(())
    }
}
