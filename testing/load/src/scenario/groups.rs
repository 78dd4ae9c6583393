//! Groups: create, fetch, invite, list, access.

use anyhow::Result;

use super::{Actor, Stage, group_path, user_key};
use crate::bound::Bound;
use crate::closed_loop::Worker;
use crate::connection::Connection;
use crate::data::{CHAINS, IDENTITIES, INVITING, MANY_KEYS, PARENTS, WITH_MANY_KEYS, ids};
use crate::report::Row;

pub(super) fn create(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let bytes = stage.world.templates.group_body.length();
    let bounds = [Bound::Transaction { bytes, per_operation: 1 }, Bound::Http];
    requests(stage, "group create", &bounds, create_one)
}

pub(super) fn fetch_one_key(stage: &Stage<'_>) -> Result<Vec<Row>> {
    requests(stage, "group fetch, 1 key", &[Bound::Http], fetch_one)
}

pub(super) fn fetch_many_keys(stage: &Stage<'_>) -> Result<Vec<Row>> {
    requests(stage, "group fetch, 50 keys", &[Bound::Http], |actor, connection| {
        let group = actor.pick(WITH_MANY_KEYS);
        actor.call(connection, "GET", &group_path(&ids::many_group(group), ""), group)?;
        Ok(())
    })
}

pub(super) fn invite(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let template = &stage.world.templates.invite_body;
    let bounds = [Bound::Transaction { bytes: template.length(), per_operation: 1 }, Bound::Http];
    requests(stage, "invite, 1 key", &bounds, |actor, connection| invite_one(actor, connection, false))
}

pub(super) fn invite_with_many_keys(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let template = &stage.world.templates.invite_many_body;
    let bounds = [Bound::Transaction { bytes: template.length(), per_operation: 1 }, Bound::Http];
    requests(stage, "invite, 50 keys", &bounds, |actor, connection| invite_one(actor, connection, true))
}

pub(super) fn page_of_thousand(stage: &Stage<'_>) -> Result<Vec<Row>> {
    page(stage, 1_000, "member page of 1,000")
}

pub(super) fn page_of_ten_thousand(stage: &Stage<'_>) -> Result<Vec<Row>> {
    page(stage, 10_000, "member page of 10,000")
}

fn page(stage: &Stage<'_>, wanted: u32, name: &str) -> Result<Vec<Row>> {
    requests(stage, name, &[Bound::Http], move |actor, connection| page_one(actor, connection, wanted))
}

pub(super) fn access(stage: &Stage<'_>) -> Result<Vec<Row>> {
    requests(stage, "access through 5 parents", &[Bound::Http], |actor, connection| {
        let chain = actor.pick(CHAINS);
        let leaf = ids::chain_group(chain * (PARENTS + 1) + PARENTS);
        actor.call(connection, "GET", &group_path(&leaf, "/update_check_light"), chain)?;
        Ok(())
    })
}

/// Measures one kind of request.
fn requests(
    stage: &Stage<'_>,
    name: &str,
    bounds: &[Bound],
    operate: impl FnMut(&mut Actor, &mut Connection) -> Result<()> + Clone + Send + 'static,
) -> Result<Vec<Row>> {
    let row = stage.measure(name, bounds, |mut actor| {
        let mut operate = operate.clone();
        let worker = move |connection: &mut Connection| operate(&mut actor, connection);
        Ok(Box::new(worker) as Box<dyn Worker>)
    })?;
    Ok(vec![row])
}

pub(super) fn create_one(actor: &mut Actor, connection: &mut Connection) -> Result<()> {
    let creator = actor.identity();
    let world = actor.world.clone();
    let key = user_key(creator);
    world.templates.group_body.fill(&mut actor.body, |_, _| &key);
    actor.call(connection, "POST", "group", creator)?;
    actor.body.clear();
    Ok(())
}

pub(super) fn fetch_one(actor: &mut Actor, connection: &mut Connection) -> Result<()> {
    let group = actor.pick(actor.world.sizes.groups);
    actor.call(connection, "GET", &group_path(&ids::group(group), ""), group % IDENTITIES)?;
    Ok(())
}

pub(super) fn check_for_update(actor: &mut Actor, connection: &mut Connection) -> Result<()> {
    let group = actor.pick(actor.world.sizes.groups);
    actor.call(connection, "GET", &group_path(&ids::group(group), "/update_check"), group % IDENTITIES)?;
    Ok(())
}

/// A page from anywhere in the list.
pub(super) fn page_one(actor: &mut Actor, connection: &mut Connection, wanted: u32) -> Result<()> {
    let (group, members) = actor.world.sizes.listed(wanted);
    let after = actor.pick(members.saturating_sub(50));
    // As the rows were made: member `n` joined at 2000 + n.
    let rest = format!("/member/{}/{}", 2_000 + after, ids::user(after));
    let reader = actor.pick(members.min(IDENTITIES));
    actor.call(connection, "GET", &group_path(&ids::member_group(group), &rest), reader)?;
    Ok(())
}

/// An invitation of a user who is not invited yet, with one key or with many.
pub(super) fn invite_one(actor: &mut Actor, connection: &mut Connection, many: bool) -> Result<()> {
    // One number for all connections: the group changes with each, so that they do not wait for each other's row.
    let number = actor.unique();
    let groups = if many { WITH_MANY_KEYS } else { INVITING };
    let group = number % groups;
    let owner = group;
    // Past the owners, around the rest of the users.
    let guests = actor.world.sizes.all_users.saturating_sub(groups).max(1);
    let guest = groups + (number / groups) % guests;
    let guest_key = user_key(guest);
    let world = actor.world.clone();
    let path = if many {
        let keys: Vec<String> = (0..MANY_KEYS).map(|key| ids::many_key(group * MANY_KEYS + key)).collect();
        let value = |value: usize, occurrence: usize| match value {
            0 => keys.get(occurrence).map_or("", String::as_str),
            _ => guest_key.as_str(),
        };
        world.templates.invite_many_body.fill(&mut actor.body, value);
        group_path(&ids::many_group(group), &format!("/invite/{}", ids::user(guest)))
    } else {
        let key = ids::inviting_key(group);
        world
            .templates
            .invite_body
            .fill(&mut actor.body, |value, _| if value == 0 { &key } else { &guest_key });
        group_path(&ids::inviting_group(group), &format!("/invite/{}", ids::user(guest)))
    };
    actor.call(connection, "PUT", &path, owner)?;
    actor.body.clear();
    Ok(())
}
