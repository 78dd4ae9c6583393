// The published WebAssembly client as a process: the requests of the family `online`, answered like the program in
// ../partner answers them. `node partner.mjs BASE_URL APP_TOKEN`.
//
// This client leaves plain fetches (groups, members, public keys) to its caller, so they are made here.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The client looks for the page it runs in. Node has the same `fetch`, only no page around it.
globalThis.window = globalThis;
globalThis.Window = class {
  static [Symbol.hasInstance](value) {
    return value === globalThis;
  }
};

const require = createRequire(import.meta.url);
const client = require("sentc_wasm");
client.initSync(readFileSync(require.resolve("sentc_wasm/sentc_wasm_bg.wasm")));

const [baseUrl, appToken] = process.argv.slice(2);
const sessions = [];

const operations = {
  async identifier_is_free({ identifier }) {
    const body = client.prepare_check_user_identifier_available(identifier);
    return client.done_check_user_identifier_available(await request("POST", "/exists", { body }));
  },

  async register({ identifier, password }) {
    return client.register(baseUrl, appToken, identifier, password);
  },

  async login({ identifier, password }) {
    const answer = await client.login(baseUrl, appToken, identifier, password);
    const [jwt, refreshToken, keys] = [answer.get_jwt(), answer.get_refresh_token(), answer.get_user_keys()];
    if (jwt === undefined) {
      throw new Error("a second factor is demanded");
    }
    const session = { userId: answer.get_id(), jwt, refreshToken, keys, groups: new Map() };
    sessions.push(session);
    return { session: sessions.length - 1, user_id: session.userId, device_id: answer.get_device_id() };
  },

  async refresh_jwt({ session }) {
    session.jwt = await client.refresh_jwt(baseUrl, appToken, session.jwt, session.refreshToken);
    return session.jwt;
  },

  async create_group({ session, sign }) {
    const { public_key, sign_key } = session.keys[0];
    const signKey = sign ? sign_key : undefined;
    return client.group_create_group(
      baseUrl,
      appToken,
      session.jwt,
      public_key,
      undefined,
      signKey,
      session.userId,
    );
  },

  async fetch_group({ session, group }) {
    const data = client.group_extract_group_data(await request("GET", `/group/${group}`, session));
    const keys = data.get_keys().map(({ key_data, private_key_id }) => {
      const own = session.keys.find(({ group_key_id }) => group_key_id === private_key_id);
      if (own === undefined) {
        throw new Error(`keys are missing: ${private_key_id}`);
      }
      const key = client.group_decrypt_key(own.private_key, key_data);
      return { id: key.get_group_key_id(), key: key.get_group_key() };
    });
    if (keys.length === 0) {
      throw new Error("the group has no keys");
    }
    session.groups.set(group, { rank: data.get_rank(), keys });
    return {
      rank: data.get_rank(),
      created_time: Number(data.get_created_time()),
      joined_time: Number(data.get_joined_time()),
      newest_key_id: keys[0].id,
    };
  },

  async invite_auto({ session, group, user_id, rank }) {
    const { rank: ownRank, keys } = fetched(session, group);
    await client.group_invite_user(
      baseUrl,
      appToken,
      session.jwt,
      group,
      user_id,
      keys.length,
      rank ?? undefined,
      ownRank,
      true,
      false,
      false,
      await publicKey(user_id),
      // The keys are JSON texts already.
      `[${keys.map(({ key }) => key).join()}]`,
    );
    return null;
  },

  async members({ session, group }) {
    const members = result(await request("GET", `/group/${group}/member/0/none`, session));
    return members.map(({ user_id, rank, user_type }) => ({ user_id, rank, user_type }));
  },

  async delete_group({ session, group }) {
    result(await request("DELETE", `/group/${group}`, session));
    return null;
  },

  async encrypt_in_group({ session, group, text, sign }) {
    const [newest] = fetched(session, group).keys;
    return client.encrypt_string_symmetric(newest.key, text, sign ? session.keys[0].sign_key : undefined);
  },

  async decrypt_in_group({ session, group, envelope, signer }) {
    const { id } = client.split_head_and_encrypted_string(envelope);
    const key = fetched(session, group).keys.find((candidate) => candidate.id === id);
    if (key === undefined) {
      throw new Error(`the group has no key ${id}`);
    }
    return client.decrypt_string_symmetric(key.key, envelope, await verifyKey(envelope, signer));
  },

  async encrypt_for_user({ session, user_id, text, sign }) {
    const signKey = sign ? session.keys[0].sign_key : undefined;
    return client.encrypt_string_asymmetric(await publicKey(user_id), text, signKey);
  },

  async decrypt_for_me({ session, envelope, signer }) {
    const { id } = client.split_head_and_encrypted_string(envelope);
    const key = session.keys.find(({ group_key_id }) => group_key_id === id);
    if (key === undefined) {
      throw new Error(`the user has no key ${id}`);
    }
    return client.decrypt_string_asymmetric(key.private_key, envelope, await verifyKey(envelope, signer));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}

async function answer(line) {
  try {
    const { online } = JSON.parse(line);
    const { op, session: number, ...rest } = online;
    const session = number === undefined ? undefined : sessions[number];
    return { ok: await operations[op]({ session, ...rest }) };
  } catch (error) {
    return { error: refusal(error) };
  }
}

// The client throws JSON texts with a `status` such as `server_112` or `client_14`.
function refusal(error) {
  try {
    const { status, error_message } = JSON.parse(error);
    const server = /^server_(\d+)$/.exec(status);
    return server
      ? { server_code: Number(server[1]), text: error_message }
      : { server_code: null, text: `${status}: ${error_message}` };
  } catch {
    return { server_code: null, text: String(error) };
  }
}

function fetched(session, group) {
  const found = session.groups.get(group);
  if (found === undefined) {
    throw new Error("the group was not fetched in this session");
  }
  return found;
}

async function publicKey(userId) {
  return client.user_extract_public_key_data(await request("GET", `/user/${userId}/public_key`)).get_public_key();
}

// The verify key that the head of an envelope names, as published by `signer`.
async function verifyKey(envelope, signer) {
  if (signer === null || signer === undefined) {
    return undefined;
  }
  const { sign } = client.split_head_and_encrypted_string(envelope);
  if (!sign) {
    throw new Error("the envelope carries no signature");
  }
  return client.user_extract_verify_key_data(await request("GET", `/user/${signer}/verify_key/${sign.id}`));
}

async function request(method, path, { jwt, body } = {}) {
  const headers = { "x-sentc-app-token": appToken };
  if (jwt !== undefined) {
    headers.Authorization = `Bearer ${jwt}`;
  }
  const response = await fetch(`${baseUrl}/api/v1${path}`, { method, headers, body });
  return response.text();
}

function result(text) {
  const { status, err_code, err_msg, result } = JSON.parse(text);
  if (!status) {
    throw JSON.stringify({ status: `server_${err_code}`, error_message: err_msg });
  }
  return result;
}
