// Files of users and of groups.

import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { appToken, baseUrl, client, publicKey, request, result, verifyKey } from "./client.mjs";
import { fetched } from "./session.mjs";

const PART_BYTES = 4 * 1024 * 1024;
const PARTS_PAGE = 500;

// Part by part, as this client's caller has to. Each part is encrypted with the key that the one before it carried.
export async function upload({ session, group, recipient, path, sign }) {
  const [key, sealed, masterKey, owner, kind] = await newKey(session, group, recipient);
  const file = await client.file_register_file(
    baseUrl,
    appToken,
    session.jwt,
    masterKey,
    key,
    sealed,
    owner,
    kind,
    basename(path),
    group ?? undefined,
    group === null ? undefined : fetched(session, group).via,
  );
  const content = await readFile(path);
  const parts = Math.ceil(content.length / PART_BYTES);
  const signKey = sign ? session.keys[0].sign_key : undefined;
  let partKey = key;
  for (let part = 0; part < parts; part += 1) {
    const send = part === 0 ? client.file_upload_part_start : client.file_upload_part;
    const [bytes, last] = [content.subarray(part * PART_BYTES, (part + 1) * PART_BYTES), part + 1 === parts];
    const session_id = file.get_session_id();
    partKey = await send(baseUrl, undefined, appToken, session.jwt, session_id, last, part + 1, partKey, signKey, bytes);
  }
  return file.get_file_id();
}

export async function download({ session, group, file, folder, signer }) {
  const meta = await fetchMeta(session, group, file);
  const key = openKey(session, group, meta);
  const parts = meta.part_list;
  for (let page = parts; page.length >= PARTS_PAGE; ) {
    page = result(await request("GET", `/file/${file}/part_fetch/${parts.at(-1).sequence}`));
    parts.push(...page);
  }
  const verify = signer === null ? undefined : await newestVerifyKey(signer, session);
  const pieces = [];
  let partKey = key;
  for (const [index, { part_id }] of parts.entries()) {
    const receive =
      index === 0 ? client.file_download_and_decrypt_file_part_start : client.file_download_and_decrypt_file_part;
    const part = await receive(baseUrl, undefined, appToken, part_id, partKey, verify);
    partKey = part.get_next_file_key();
    pieces.push(part.get_file());
  }
  const path = join(folder, "downloaded");
  await writeFile(path, Buffer.concat(pieces));
  return { name: client.decrypt_string_symmetric(key, meta.encrypted_file_name, undefined), path };
}

export async function rename({ session, group, file, name }) {
  const key = openKey(session, group, await fetchMeta(session, group, file));
  const body = client.file_prepare_file_name_update(key, name);
  result(await request("PUT", `/file/${file}`, { ...session, body }));
}

export async function remove({ session, group, file }) {
  result(await request("DELETE", pathOf(group, file), { ...session, via: viaOf(session, group) }));
}

async function newKey(session, group, recipient) {
  if (group !== null) {
    const [newest] = fetched(session, group).keys;
    const made = client.generate_non_register_sym_key(newest.key);
    return [made.get_key(), made.get_encrypted_key(), newest.id, group, '"Group"'];
  }
  const reader = recipient ?? session.userId;
  const key = await publicKey(reader);
  const made = client.generate_non_register_sym_key_by_public_key(key);
  const { master_key_id } = JSON.parse(made.get_encrypted_key());
  return [made.get_key(), made.get_encrypted_key(), master_key_id, reader, '"User"'];
}

async function fetchMeta(session, group, file) {
  return result(await request("GET", pathOf(group, file), { ...session, via: viaOf(session, group) }));
}

function openKey(session, group, { encrypted_key, master_key_id }) {
  if (group !== null) {
    const { key } = fetched(session, group).keys.find(({ id }) => id === master_key_id);
    return client.done_fetch_sym_key(key, encrypted_key, true);
  }
  const { private_key } = session.keys.find(({ group_key_id }) => group_key_id === master_key_id);
  return client.done_fetch_sym_key_by_private_key(private_key, encrypted_key, true);
}

// The parts do not name the key of their signatures in a form that this client shows.
async function newestVerifyKey(signer, session) {
  const { public_key_id } = result(await request("GET", `/user/${signer}/public_key`, session));
  return verifyKey(signer, public_key_id);
}

function pathOf(group, file) {
  return group === null ? `/file/${file}` : `/group/${group}/file/${file}`;
}

function viaOf(session, group) {
  return group === null ? undefined : fetched(session, group).via;
}
