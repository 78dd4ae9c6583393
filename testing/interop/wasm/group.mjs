// Groups and their keys.

import { appToken, baseUrl, client, request, result, verifyKey } from "./client.mjs";
import { fetched } from "./session.mjs";

export async function create({ session, sign }) {
  return client.group_create_group(
    baseUrl,
    appToken,
    session.jwt,
    session.keys[0].public_key,
    undefined,
    sign ? session.keys[0].sign_key : undefined,
    session.userId,
  );
}

export async function create_child({ session, group, sign }) {
  const parent = fetched(session, group);
  return client.group_create_child_group(
    baseUrl,
    appToken,
    session.jwt,
    parent.keys[0].publicKey,
    group,
    parent.rank,
    parent.via,
    sign ? session.keys[0].sign_key : undefined,
    session.userId,
  );
}

export async function create_connected({ session, group, sign }) {
  const member = fetched(session, group);
  return client.group_create_connected_group(
    baseUrl,
    appToken,
    session.jwt,
    group,
    member.rank,
    member.keys[0].publicKey,
    member.via,
    sign ? session.keys[0].sign_key : undefined,
    session.userId,
  );
}

export async function fetch({ session, group: id, through }) {
  const holder = through === null ? undefined : fetched(session, through.parent ?? through.member);
  // What belongs to a connected group is reached through the same member group.
  const via = through?.member ?? holder?.via;
  const data = client.group_extract_group_data(await request("GET", `/group/${id}`, { ...session, via }));
  const group = { id, holder, via, rank: data.get_rank(), keys: [] };
  for (const key of data.get_keys()) {
    group.keys.push(await open(session, group, key));
  }
  if (group.keys.length === 0) {
    throw new Error("the group has no keys");
  }
  const keyOf = ({ group_key_id }) => group.keys.find((key) => key.id === group_key_id).key;
  const [hmacKey] = data.get_hmac_keys();
  group.searchKey = client.group_decrypt_hmac_key(keyOf(hmacKey), hmacKey.key_data);
  const [sortableKey] = data.get_sortable_keys();
  group.sortKey = client.group_decrypt_sortable_key(keyOf(sortableKey), sortableKey.key_data);
  session.groups.set(id, group);
  return {
    rank: group.rank,
    created_time: Number(data.get_created_time()),
    joined_time: Number(data.get_joined_time()),
    newest_key_id: group.keys[0].id,
    parent: data.get_parent_group_id() ?? null,
    is_connected: data.get_is_connected_group(),
    access_by_parent: data.get_access_by_parent_group() ?? null,
    access_by_member: data.get_access_by_group_as_member() ?? null,
    key_update: data.get_key_update(),
  };
}

export async function check_for_update({ session, group }) {
  const { rank, key_update } = result(await inside(session, group, "GET", "/update_check"));
  return { rank, key_update };
}

export async function children({ session, group }) {
  const children = result(await inside(session, group, "GET", "/children/0/none"));
  return children.map(({ group_id }) => group_id);
}

async function remove({ session, group }) {
  result(await inside(session, group, "DELETE", ""));
}

export async function rotate_keys({ session, group: id, sign }) {
  const group = fetched(session, id);
  const body = client.group_prepare_key_rotation(
    group.keys[0].key,
    ownKeys(session, group)[0].publicKey,
    sign ? session.keys[0].sign_key : undefined,
    session.userId,
  );
  const { key_id } = result(await inside(session, id, "POST", "/key_rotation", body));
  return takeOver(session, group, key_id);
}

export async function finish_key_rotation({ session, group: id }) {
  const group = fetched(session, id);
  const pending = await client.group_pre_done_key_rotation(baseUrl, appToken, session.jwt, id, group.via);
  for (const rotation of pending) {
    const previous = group.keys.find((key) => key.id === rotation.pre_group_key_id);
    const own = ownKeys(session, group).find((key) => key.id === rotation.encrypted_eph_key_key_id);
    if (previous === undefined || own === undefined) {
      throw new Error(`keys are missing: ${rotation.pre_group_key_id} or ${rotation.encrypted_eph_key_key_id}`);
    }
    await client.group_finish_key_rotation(
      baseUrl,
      appToken,
      session.jwt,
      id,
      rotation.server_output,
      previous.key,
      ownKeys(session, group)[0].publicKey,
      own.privateKey,
      group.via,
    );
    await takeOver(session, group, rotation.new_group_key_id);
  }
  return group.keys[0].id;
}

// A request to a path below a fetched group.
export async function inside(session, group, method, path, body) {
  return request(method, `/group/${group}${path}`, { jwt: session.jwt, via: fetched(session, group).via, body });
}

async function takeOver(session, group, id) {
  const key = client.group_extract_group_key(await inside(session, group.id, "GET", `/key/${id}`));
  group.keys.unshift(
    await open(session, group, {
      key_data: key.get_key_data(),
      private_key_id: key.get_private_key_id(),
      signed_by_user_id: key.get_signed_by_user_id(),
      signed_by_user_sign_key_id: key.get_signed_by_user_sign_key_id(),
    }),
  );
  return id;
}

// Opens a group key. One that is signed has to carry a valid signature.
async function open(session, group, key) {
  const own = ownKeys(session, group).find(({ id }) => id === key.private_key_id);
  if (own === undefined) {
    throw new Error(`keys are missing: ${key.private_key_id}`);
  }
  const signer = key.signed_by_user_id && (await verifyKey(key.signed_by_user_id, key.signed_by_user_sign_key_id));
  const opened = client.group_decrypt_key(own.privateKey, key.key_data, signer);
  return {
    id: opened.get_group_key_id(),
    key: opened.get_group_key(),
    privateKey: opened.get_private_group_key(),
    publicKey: opened.get_public_group_key(),
  };
}

// The keys to which those of the group are encrypted, newest first: of the user, or of the group that gives access.
function ownKeys(session, { holder }) {
  return (
    holder?.keys ??
    session.keys.map(({ group_key_id, private_key, public_key }) => ({
      id: group_key_id,
      privateKey: private_key,
      publicKey: public_key,
    }))
  );
}

export { remove as delete };
