// What a member does in a fetched group: with the other members, and with those who want to become some.

import { appToken, baseUrl, client, groupPublicKey, publicKey, result } from "./client.mjs";
import { inside } from "./group.mjs";
import { fetched } from "./session.mjs";

export async function members({ session, group }) {
  const members = result(await inside(session, group, "GET", "/member/0/none"));
  return members.map(({ user_id, rank, user_type }) => ({ user_id, rank, user_type }));
}

export async function update_rank({ session, group, member, rank }) {
  const body = client.group_prepare_update_rank(member, rank, fetched(session, group).rank);
  result(await inside(session, group, "PUT", "/change_rank", body));
}

export async function kick({ session, group, member }) {
  result(await inside(session, group, "DELETE", `/kick/${member}`));
}

export async function leave({ session, group }) {
  result(await inside(session, group, "DELETE", "/leave"));
}

export async function toggle_invitations({ session, group }) {
  result(await inside(session, group, "PATCH", "/change_invite"));
}

export async function invite({ session, group: id, principal, way, rank }) {
  const { group, key } = await keyOf(principal);
  const { rank: ownRank, keys, via } = fetched(session, id);
  await client.group_invite_user(
    baseUrl,
    appToken,
    session.jwt,
    id,
    principal.user ?? principal.group,
    keys.length,
    rank ?? undefined,
    ownRank,
    way === "auto",
    group,
    way === "again",
    key,
    texts(keys),
    via,
  );
}

export async function candidates({ session, group }) {
  const requests = result(await inside(session, group, "GET", "/join_req/0/none"));
  return requests.map(({ user_id, user_type }) => ({ user_id, user_type }));
}

export async function accept_candidate({ session, group: id, principal, rank }) {
  const { key } = await keyOf(principal);
  const { rank: ownRank, keys, via } = fetched(session, id);
  await client.group_accept_join_req(
    baseUrl,
    appToken,
    session.jwt,
    id,
    principal.user ?? principal.group,
    keys.length,
    rank ?? undefined,
    ownRank,
    key,
    texts(keys),
    via,
  );
}

export async function reject_candidate({ session, group, principal }) {
  result(await inside(session, group, "DELETE", `/join_req/${principal.user ?? principal.group}`));
}

async function keyOf({ user, group }) {
  return user === undefined
    ? { group: true, key: await groupPublicKey(group) }
    : { group: false, key: await publicKey(user) };
}

// The keys are JSON texts already.
function texts(keys) {
  return `[${keys.map(({ key }) => key).join()}]`;
}
