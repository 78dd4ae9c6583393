// What users and groups encrypt, search and sort.

import { client, publicKey, verifyKey } from "./client.mjs";
import { fetched } from "./session.mjs";

export async function encrypt_in_group({ session, group, text, sign }) {
  const [newest] = fetched(session, group).keys;
  return client.encrypt_string_symmetric(newest.key, text, sign ? session.keys[0].sign_key : undefined);
}

export async function decrypt_in_group({ session, group, envelope, signer }) {
  const { id } = client.split_head_and_encrypted_string(envelope);
  const key = fetched(session, group).keys.find((candidate) => candidate.id === id);
  if (key === undefined) {
    throw new Error(`the group has no key ${id}`);
  }
  return client.decrypt_string_symmetric(key.key, envelope, await verifyKeyOf(envelope, signer));
}

export async function encrypt_for_user({ session, user_id, text, sign }) {
  const signKey = sign ? session.keys[0].sign_key : undefined;
  return client.encrypt_string_asymmetric(await publicKey(user_id), text, signKey);
}

export async function decrypt_for_me({ session, envelope, signer }) {
  const { id } = client.split_head_and_encrypted_string(envelope);
  const key = session.keys.find(({ group_key_id }) => group_key_id === id);
  if (key === undefined) {
    throw new Error(`the user has no key ${id}`);
  }
  return client.decrypt_string_asymmetric(key.private_key, envelope, await verifyKeyOf(envelope, signer));
}

export async function searchable_hashes({ session, group, text, full, limit }) {
  return client.create_searchable_raw(fetched(session, group).searchKey, text, full, limit ?? undefined);
}

export async function search_hash({ session, group, text }) {
  return client.search(fetched(session, group).searchKey, text);
}

export async function sortable_number({ session, group, number }) {
  return Number(client.sortable_encrypt_raw_number(fetched(session, group).sortKey, BigInt(number)));
}

export async function sortable_text({ session, group, text }) {
  return Number(client.sortable_encrypt_raw_string(fetched(session, group).sortKey, text));
}

// The verify key that the head of an envelope names, as published by `signer`.
async function verifyKeyOf(envelope, signer) {
  if (signer === null || signer === undefined) {
    return undefined;
  }
  const { sign } = client.split_head_and_encrypted_string(envelope);
  if (!sign) {
    throw new Error("the envelope carries no signature");
  }
  return verifyKey(signer, sign.id);
}
