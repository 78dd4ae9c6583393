//! What a server does all day: mostly reads.

use anyhow::Result;

use super::groups::{check_for_update, create_one, fetch_one, invite_one, page_one};
use super::{Actor, Stage};
use crate::closed_loop::Worker;
use crate::connection::Connection;
use crate::report::Row;

pub(super) fn alone(stage: &Stage<'_>) -> Result<Vec<Row>> {
    Ok(vec![stage.measure("mixed, 90 % reads", &[], |actor| Ok(worker(actor)))?])
}

/// Of a hundred requests: 45 fetches of a group, 30 questions for news, 15 pages of members, 5 new groups and 5 invitations.
pub(super) fn worker(actor: Actor) -> Box<dyn Worker> {
    Box::new(Mixed(actor))
}

struct Mixed(Actor);

impl Worker for Mixed {
    fn operate(&mut self, connection: &mut Connection) -> Result<()> {
        let actor = &mut self.0;
        match actor.pick(100) {
            0..45 => fetch_one(actor, connection),
            45..75 => check_for_update(actor, connection),
            75..90 => page_one(actor, connection, 1_000),
            90..95 => create_one(actor, connection),
            _ => invite_one(actor, connection, false),
        }
    }
}
