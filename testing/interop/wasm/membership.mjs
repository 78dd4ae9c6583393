// How the user, or a fetched group on whose behalf the user acts (`member`), becomes a member of other groups.

import { request, result } from "./client.mjs";
import { inside } from "./group.mjs";

export async function list({ session, member }) {
  return ids(await as(session, member, "GET", "/all/0/none"));
}

export async function invitations({ session, member }) {
  return ids(await as(session, member, "GET", "/invite/0/none"));
}

export async function accept_invitation({ session, member, group }) {
  result(await as(session, member, "PATCH", `/${group}/invite`));
}

export async function reject_invitation({ session, member, group }) {
  result(await as(session, member, "DELETE", `/${group}/invite`));
}

export async function request_to_join({ session, member, group }) {
  result(await as(session, member, "PATCH", member === null ? `/${group}/join_req` : `/join_req/${group}`));
}

export async function join_requests({ session, member }) {
  return ids(await as(session, member, "GET", "/joins/0/none"));
}

export async function withdraw_join_request({ session, member, group }) {
  result(await as(session, member, "DELETE", `/joins/${group}`));
}

function ids(answer) {
  return result(answer).map(({ group_id }) => group_id);
}

async function as(session, member, method, path) {
  return member === null ? request(method, `/group${path}`, session) : inside(session, member, method, path);
}
